"""Tables and pictures, from cells whose decisions are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

import labelled_shop
from goeswith.evaluate.studies.karl import curves, finals
from goeswith.evaluate.studies.karl.prepare import write_report
from goeswith.evaluate.studies.karl.results import Results
from goeswith.evaluate.studies.karl.study import Cell, Plan, Study
from goeswith.evaluate.tables import Block

PLAN = Plan(seeds=2, reference_seeds=1, samplers=("random", "margin", "dynamic"), rounds=2, size=5)
SKILL = {"random": 0.6, "margin": 0.7, "dynamic": 0.9, "kernel": 0.8, "bagged": 0.5}
ACCEPTED = {"random": [0, 3, 6], "margin": [0, 5, 10], "dynamic": [0, 4, 9]}


@pytest.fixture(autouse=True)
def two_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (curves, finals):
        monkeypatch.setattr(module, "FOLDS", 2)


def cell_of(study: Study, cell: Cell) -> dict[str, Any]:
    """Decisions that are right as often as SKILL says; from the second round on, in curves."""
    trial: Any = list((finals.trials if cell.kind == "final" else curves.splits)(study.material, cell.name, cell.seed))[
        cell.fold
    ]
    truth = trial.labels.coarse[trial.test]
    rng = np.random.default_rng([cell.seed, cell.fold, len(cell.by), len(cell.name)])

    def decided(skill: float) -> list[int]:
        return np.where(rng.random(len(truth)) < skill, truth, rng.integers(0, 3, len(truth))).tolist()

    if cell.kind == "final":
        said = decided(SKILL[cell.by])
        return {"test": trial.test.tolist(), "decisions": said, "probabilities": np.eye(3)[said].tolist()}
    return {
        "test": trial.test.tolist(),
        "accepted": ACCEPTED[cell.by],
        "asked": [0, 5, 10],
        "decisions": [decided(0.5), *(decided(SKILL[cell.by]) for _ in range(2))],
        "diversity": [0.4, None],
    }


def results(folder: Path, outside: bool = True, plan: Plan = PLAN) -> tuple[Results, Study]:
    study = Study(labelled_shop.material(outside), labelled_shop.encoded(outside), plan, folder)
    for cell in study.cells():
        path = study._path(cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(cell_of(study, cell)))
    return Results(study, 200, 1, tokens=50.0), study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


def blocks(made: Results) -> dict[str, Block]:
    return {block.title: block for block in made.blocks()}


def rows(block: Block) -> dict[tuple[str, ...], dict[str, str]]:
    """By experiment and who decides, or by sampler."""
    keys = 2 if block.columns[0] == "experiment" else 1
    return {tuple(row[:keys]): dict(zip(block.columns, row, strict=True)) for row in block.rows}


def number(shown: str) -> float:
    return float(shown.split()[0].replace(",", ""))


def interval(shown: str) -> tuple[float, float, float]:
    value, low, high = shown.replace("[", "").replace("]", "").replace(",", "").split()
    return float(value), float(low), float(high)


def test_every_documented_row_is_there(folder):
    found = blocks(results(folder)[0])
    assert list(found) == [
        "In and out of distribution",
        "What the LLM's answers change",
        "Samplers, id",
        "Samplers, ood-a",
        "Samplers, ood-b",
    ]
    whole = rows(found["In and out of distribution"])
    wanted = {(name, kind) for name in finals.EXPERIMENTS for kind in ("kernel", "bagged")}
    wanted |= {("ood", "kernel, prior corrected"), ("id", "the LLM itself"), ("ood", "the LLM itself")}
    assert set(whole) == wanted
    assert [row[0] for row in found["What the LLM's answers change"].rows] == [
        "id-a − id",
        "ood-a − ood",
        "ood-b − ood",
    ]
    for setting in curves.SETTINGS:
        assert set(rows(found[f"Samplers, {setting}"])) == {(sampler,) for sampler in PLAN.samplers}


def test_without_a_reference_the_prior_correction_still_stands(folder):
    plan = Plan(seeds=1, reference_seeds=0, samplers=("random", "dynamic"), rounds=2, size=5)
    whole = rows(blocks(results(folder, plan=plan)[0])["In and out of distribution"])
    assert ("ood", "kernel, prior corrected") in whole
    assert not any(kind == "bagged" for _, kind in whole)


def test_without_labels_from_elsewhere_nothing_is_said_of_them(folder):
    found = blocks(results(folder, outside=False)[0])
    assert list(found) == ["In and out of distribution", "What the LLM's answers change", "Samplers, id"]
    assert {name for name, _ in rows(found["In and out of distribution"])} == {"id", "id-a"}


def test_figures_of_the_whole_classifier_are_sklearns(folder):
    made, study = results(folder)
    row = rows(blocks(made)["In and out of distribution"])["id", "kernel"]
    by_seed, classes, right = [], [], []
    for seed in range(2):
        outcomes = [study.outcome(Cell("final", "id", seed, fold, "kernel")) for fold in range(2)]
        said = np.concatenate([o["decisions"] for o in outcomes])
        truth = study.material.inside.coarse[np.concatenate([o["test"] for o in outcomes])]
        by_seed.append(f1_score(truth, said, average="macro"))
        classes.append(f1_score(truth, said, average=None))
        right.append((truth == said).mean())
    assert number(row["macro-F1"]) == pytest.approx(np.mean(by_seed), abs=5e-4)
    assert row["seeds"] == f"2: {min(by_seed):.3f} to {max(by_seed):.3f}"
    shown = [number(row[f"F1 {name}"]) for name in ("substitute", "complementary", "unrelated")]
    assert shown == pytest.approx(np.mean(classes, axis=0), abs=5e-4)
    assert number(row["accuracy"]) == pytest.approx(np.mean(right), abs=5e-4)
    constant = np.bincount(study.material.inside.coarse).max() / len(study.material.inside)
    assert number(row["constant class"]) == pytest.approx(constant, abs=5e-4)
    value, low, high = interval(row["macro-F1"])
    assert low < value < high


def test_the_llm_itself_is_judged_by_people(folder):
    """In this world it is wrong only where no person looked."""
    whole = rows(blocks(results(folder)[0])["In and out of distribution"])
    assert number(whole["id", "the LLM itself"]["macro-F1"]) == number(whole["ood", "the LLM itself"]["macro-F1"]) == 1


def test_an_llm_that_answered_no_labelled_pair_has_no_row(folder, monkeypatch):
    made, study = results(folder)
    people = {int(pair) for labels in (study.material.inside, study.material.outside) for pair in labels.pair}
    for pair in people & study.material.votes.keys():
        monkeypatch.delitem(study.material.votes, pair)
    assert not any(who == "the LLM itself" for _, who in rows(blocks(made)["In and out of distribution"]))


def test_gains_have_a_one_sided_bound_below_them(folder):
    found = blocks(results(folder)[0])
    whole = rows(found["In and out of distribution"])
    for name, difference, low in found["What the LLM's answers change"].rows:
        one, other = name.split(" − ")
        expected = number(whole[one, "kernel"]["macro-F1"]) - number(whole[other, "kernel"]["macro-F1"])
        assert number(difference) == pytest.approx(expected, abs=1.1e-3)
        assert interval(difference)[1] <= float(low) + 1e-3
        assert float(low) < number(difference)


def test_samplers_are_compared_at_equal_numbers_of_accepted_answers(folder):
    """Each curve counts up to the 6 answers that random got accepted."""
    made, study = results(folder)
    table = rows(blocks(made)["Samplers, ood-a"])
    for sampler in PLAN.samplers:
        heights = []
        for seed in range(2):
            outcome = study.outcome(Cell("curve", "ood-a", seed, 0, sampler))
            truth = study.material.outside.coarse[outcome["test"]]
            curve = [f1_score(truth, said, average="macro") for said in outcome["decisions"]]
            grid = np.linspace(0, 6, 601)
            heights.append(np.trapezoid(np.interp(grid, ACCEPTED[sampler], curve), grid) / 6)
        assert number(table[(sampler,)]["area under the curve"]) == pytest.approx(np.mean(heights), abs=4e-3)


def test_the_best_sampler_stands_first_beside_random_and_the_best_fixed_one(folder):
    block = blocks(results(folder)[0])["Samplers, ood-b"]
    assert block.columns[2:4] == ["− random", "− margin"]
    areas = [number(row[1]) for row in block.rows]
    assert areas == sorted(areas, reverse=True)
    by_sampler = {row[0]: row for row in block.rows}
    assert by_sampler["random"][2] == by_sampler["margin"][3] == ""
    difference = number(by_sampler["dynamic"][1]) - number(by_sampler["random"][1])
    value, low, high = interval(by_sampler["dynamic"][2])
    assert value == pytest.approx(difference, abs=1.1e-3)
    assert low < value < high


def test_answers_tokens_and_diversity_are_told(folder):
    row = rows(blocks(results(folder)[0])["Samplers, id"])[("dynamic",)]
    assert (row["accepted"], row["tokens"], row["diversity"]) == ("9 of 10", "500", "0.400")


def test_the_report_holds_the_tables_and_a_picture_a_setting(folder, tmp_path):
    made, study = results(folder)
    shown = write_report(made, study, tmp_path)
    assert [block.title for block in shown] == list(blocks(made))
    html = (tmp_path / "report.html").read_text()
    assert html.count("data:image/png;base64,") == len(curves.SETTINGS)
    assert all(block.title.replace("'", "&#39;") in html for block in shown)
    for setting in curves.SETTINGS:
        assert (tmp_path / f"{setting}.png").read_bytes().startswith(b"\x89PNG")
    assert "http" not in html.replace("http-equiv", ""), "it is readable offline"


def test_the_same_cells_give_the_same_files(folder, tmp_path):
    for name in ("first", "second"):
        write_report(*results(folder), tmp_path / name)
    files = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}
