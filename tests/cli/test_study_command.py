"""goeswith study llm and karl on a workspace with labels."""

from __future__ import annotations

import csv
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import labelled_shop
import tiny_shop
from goeswith.evaluate.studies.karl import curves, finals
from goeswith.evaluate.studies.karl.study import Plan
from goeswith.pipeline import build
from goeswith.relations import network
from goeswith.workspace import Workspace


def label(folder) -> None:
    rows = [(row["a"], row["b"], row["label"], f"p{n}") for row in tiny_shop.relation_answers() for n in range(3)]
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("entity_a", "entity_b", "relation", "annotator"), *rows])


def test_the_llm_beside_people(run, unbuilt, tmp_path):
    label(unbuilt)
    before = sorted(unbuilt.rglob("*"))
    ran = run("study", "llm", unbuilt, "--set", "data.labels=labels.csv", "--out", tmp_path / "figures.csv")
    assert ran.code == 0, ran.err
    assert "people among themselves" in ran.out
    with (tmp_path / "figures.csv").open() as file:
        figures = {(row["measure"], row["group"]): row for row in csv.DictReader(file)}
    assert float(figures["macro-F1", "all"]["value"]) == 1.0
    assert sorted(unbuilt.rglob("*")) == before, "a study changes nothing in the workspace"


def test_without_labels_it_says_what_is_missing(run, unbuilt):
    ran = run("study", "llm", unbuilt)
    assert ran.code == 2
    assert "0 labelled pairs" in ran.err
    assert "name labels under" in ran.err


def test_fbl_as_published(run, shared, tmp_path):
    ran = run(
        "study",
        "llm",
        Path(__file__).parents[2] / "examples" / "fbl",
        "--out",
        tmp_path / "figures.csv",
        "--set",
        f"data.folder={shared}",
    )
    assert ran.code == 0, ran.err
    with (tmp_path / "figures.csv").open() as file:
        figures = {(row["measure"], row["group"]): float(row["value"]) for row in csv.DictReader(file)}
    assert 0.94 < figures["accuracy", "all"] < 0.955
    assert figures["macro-F1", "all"] > 0.93


@pytest.fixture(scope="module")
def entities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labelled shop, built as far as the study needs it; not to be changed."""
    folder = labelled_shop.write(tmp_path_factory.mktemp("karl") / "shop")
    build(Workspace(folder), "entities")
    return folder


@pytest.fixture
def karl(run: Callable[..., Any], entities: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command with a plan of seconds: one seed, two folds, two rounds of five answers, networks hardly trained."""
    tiny = Plan(seeds=1, reference_seeds=0, samplers=("random", "dynamic"), rounds=2, size=5)
    monkeypatch.setattr(Plan, "quick", classmethod(lambda cls: tiny))
    monkeypatch.setattr(network, "EPOCHS", 2)
    for module in (curves, finals):
        monkeypatch.setattr(module, "FOLDS", 2)
    return lambda *more, folder=entities: run("study", "karl", folder, "--quick", *more)


def study_files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in (folder / "studies").rglob("*") if p.is_file()}


class TestKarl:
    def test_tables_pictures_and_a_report_in_and_out_of_distribution(self, karl, entities):
        live = (entities / "current").resolve()
        ran = karl("--ood", "elsewhere.sql")
        assert ran.code == 0, ran.err
        for title in ("In and out of distribution", "What the LLM's answers change", "Samplers, ood-b"):
            assert title in ran.out
        folder = entities / "studies/karl"
        assert str(folder / "report.html") in ran.out.replace("\n", "")
        assert {path.name for path in folder.glob("*.png")} == {"id.png", "ood-a.png", "ood-b.png"}
        report = html.unescape((folder / "report.html").read_text())
        for row in ("id-a", "ood-b", "kernel, prior corrected", "the LLM itself", "ood-a − ood", "constant class"):
            assert row in report
        assert (entities / "current").resolve() == live

        before = study_files(entities)
        started = {path: path.stat().st_mtime_ns for path in folder.rglob("cells-*/*.json")}
        assert karl("--ood", "elsewhere.sql").code == 0
        assert study_files(entities) == before, "the same again"
        assert {path: path.stat().st_mtime_ns for path in started} == started, "and nothing was computed for it"

        gone = next(path for path in started if path.name == "final-ood-b-kernel-0-1.json")
        gone.unlink()
        assert karl("--ood", "elsewhere.sql").code == 0
        changed = {path for path, when in started.items() if path.stat().st_mtime_ns != when}
        assert changed == {gone}
        assert study_files(entities) == before

    def test_a_study_puts_nothing_on_record(self, karl, entities, monkeypatch):
        monkeypatch.setattr(finals, "run", lambda *given: pytest.fail("nothing to compute in this test"))
        before = (entities / "knowledge.sqlite").read_bytes()
        assert karl("--ood", "nope.sql").code == 2
        assert (entities / "knowledge.sqlite").read_bytes() == before

    def test_an_unknown_rule_for_ties_is_refused(self, karl):
        for more in (("--ood", "elsewhere.sql"), ()):
            refused(karl(*more, "--ood-tie", "coin"), "labels.tie", "'coin'", "'drop' or 'first'")

    def test_labels_from_elsewhere_that_are_not_there(self, karl):
        refused(karl("--ood", "nope.sql"), "no such SQL file", "nope.sql")

    def test_labels_from_elsewhere_on_things_that_are_not_here(self, karl, entities, tmp_path):
        sql = tmp_path / 'o\'clock "one".sql'
        sql.write_text("SELECT '0' AS item_a, '1' AS item_b, 'together' AS relation")
        refused(karl("--ood", str(sql)), "no pair that people labelled elsewhere", "o'clock", "items of the catalogue")

    def test_no_labels(self, karl):
        refused(karl("--set", "data.labels=none.csv"), "no such file", "none.csv")

    def test_a_workspace_without_labels(self, karl, tmp_path):
        folder = tiny_shop.write(tmp_path / "shop")
        build(Workspace(folder), "entities")
        refused(karl(folder=folder), "no pair that people labelled", "name labels")

    def test_fewer_labels_than_folds(self, karl, entities, tmp_path):
        few = tmp_path / "few.csv"
        lines = (entities / "labels.csv").read_text().splitlines()
        few.write_text("\n".join(lines[:3]) + "\n")
        refused(
            karl("--set", f"data.labels={few}"), "fewer labels than folds", "1 query items for 5 folds", "label more"
        )
        assert not list((entities / "studies").rglob(f"cells-*/final-*-{few.stem}*"))

    def test_fewer_labels_from_elsewhere_than_folds_is_said_before_anything_is_computed(
        self, karl, monkeypatch, tmp_path
    ):
        monkeypatch.setattr(finals, "run", lambda *given: pytest.fail("hours were spent"))
        few = tmp_path / "few.sql"
        few.write_text("SELECT * FROM 'elsewhere.csv' LIMIT 2")
        refused(karl("--ood", str(few)), "fewer labels than folds", "label more")

    def test_an_llm_that_answered_nothing_beside_the_labels(self, karl, tmp_path):
        folder = labelled_shop.write(tmp_path / "shop")
        (folder / "answers/items.csv").unlink()
        (folder / "answers/relations.parquet").unlink()
        build(Workspace(folder), "entities")
        refused(karl(folder=folder), "the pool is empty", "no person labelled", "llm.recorded")

    def test_a_workspace_without_a_build(self, karl, tmp_path):
        refused(karl(folder=labelled_shop.write(tmp_path / "shop")), "nothing is built here")


def refused(ran: Any, *parts: str) -> None:
    assert ran.code == 2, ran.out + ran.err
    lines = ran.err.strip().splitlines()
    assert len(lines) <= 2, ran.err
    assert lines[0].startswith("error: ")
    for part in parts:
        assert part in ran.err
