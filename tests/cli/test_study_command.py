"""goeswith study llm on a workspace with labels."""

from __future__ import annotations

import csv
from pathlib import Path

import tiny_shop


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
