"""Cells are computed once and kept; a study goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labelled_shop
from goeswith.evaluate.studies.karl import curves, finals
from goeswith.evaluate.studies.karl.material import Material
from goeswith.evaluate.studies.karl.study import Cell, Plan, Study

PLAN = Plan(seeds=2, reference_seeds=0, samplers=("random", "dynamic"), rounds=2, size=5)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Two folds, and instead of the classifier a coin: what is proven here is who computes what, and when."""

    def toss(material: Material, ends: Any, trial: finals.Trial, config: Any) -> dict[str, Any]:
        rng = np.random.default_rng(config.seed)
        probabilities = rng.dirichlet(np.ones(3), len(trial.test))
        decisions = probabilities.argmax(axis=1).tolist()
        return {"test": trial.test.tolist(), "decisions": decisions, "probabilities": probabilities.tolist()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "FOLDS", 2)
        patch.setattr(finals, "FOLDS", 2)
        patch.setattr(finals, "run", toss)
        yield


def study(folder: Path, plan: Plan = PLAN, **changes: Any) -> Study:
    return Study(replace(labelled_shop.material(), **changes), labelled_shop.encoded(), plan, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study; not to be changed."""
    path = tmp_path_factory.mktemp("study")
    study(path).run(lambda what: None)
    return path


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Study], list[str]]:
    """Run a study; what it computed."""

    def run(made: Study) -> list[str]:
        told: list[str] = []
        made.run(told.append)
        return told

    return run


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_every_cell_is_a_file_and_nothing_else_is_left(folder):
    cells = list(study(folder).cells())
    assert len(cells) == len(set(cells)) == 2 * (2 + 2 + 1 + 1 + 2 + 2 * (2 + 1 + 2))
    files = contents(folder)
    assert len(files) == len(cells)
    assert all(name.endswith(".json") for name in files)


def test_a_second_run_computes_nothing(folder, computed):
    before = contents(folder)
    assert computed(study(folder)) == []
    assert contents(folder) == before


def test_what_is_missing_is_computed_again_and_nothing_else(folder, computed):
    before = contents(folder)
    gone = next(path for path in folder.rglob("curve-ood-b-dynamic-1-1.json"))
    gone.unlink()
    (told,) = computed(study(folder))
    assert "curve ood-b, seed 1, fold 1, dynamic" in told
    assert contents(folder) == before, "and comes out the same"


def test_a_study_that_is_killed_goes_on(tmp_path, folder, computed):
    class Killed(Exception):
        pass

    def die(what: str) -> None:
        if what.startswith("12/"):
            raise Killed

    with pytest.raises(Killed):
        study(tmp_path).run(die)
    assert len(contents(tmp_path)) == 11
    told = computed(study(tmp_path))
    assert told[0].startswith("12/")
    assert contents(tmp_path) == contents(folder)


def test_a_half_written_cell_is_none(folder, tmp_path, computed):
    cells = next(folder.iterdir())
    (tmp_path / cells.name).mkdir()
    (tmp_path / cells.name / "final-id-kernel-0-0.partial").write_text('{"test": [')
    assert len(computed(study(tmp_path))) == len(list(study(tmp_path).cells()))


def test_more_seeds_and_samplers_only_add_cells(folder, computed):
    more = replace(PLAN, seeds=3, samplers=("random", "dynamic", "margin"))
    told = [cell for cell in study(folder, more).cells() if not study(folder)._path(cell).is_file()]
    assert {(cell.seed, cell.by) for cell in told if cell.kind == "curve" and cell.seed < 2} == {
        (0, "margin"),
        (1, "margin"),
    }
    assert study(folder, more)._folder == study(folder)._folder


def test_the_reference_classifier_gets_its_own_seeds(tmp_path):
    cells = list(study(tmp_path, replace(PLAN, reference_seeds=1)).cells())
    assert {cell.seed for cell in cells if cell.by == "bagged"} == {0}
    assert {cell.seed for cell in cells if cell.by == "kernel"} == {0, 1}


def test_without_labels_from_elsewhere_there_is_one_setting(tmp_path):
    inside = Study(labelled_shop.material(outside=False), labelled_shop.encoded(outside=False), PLAN, tmp_path)
    assert {cell.name for cell in inside.cells()} == {"id", "id-a"}


def turned(made: Material) -> Material:
    """The first label told from its other end."""
    labels = made.inside
    a, b = labels.a.copy(), labels.b.copy()
    a[0], b[0] = labels.b[0], labels.a[0]
    return replace(made, inside=replace(labels, a=a, b=b))


@pytest.mark.parametrize(
    "changed",
    [
        lambda made: replace(made, pool=made.pool[1:]),
        lambda made: replace(made, votes={pair: votes for pair, votes in made.votes.items() if pair != made.pool[0]}),
        lambda made: replace(made, inside=replace(made.inside, query=made.inside.query[::-1].copy())),
        lambda made: replace(made, outside=replace(made.outside, relation=made.outside.relation[::-1])),
        turned,
    ],
    ids=["pool", "votes", "queries", "labels elsewhere", "direction"],
)
def test_other_data_are_another_study(tmp_path, changed):
    made = labelled_shop.material()
    first, second = (Study(m, labelled_shop.encoded(), PLAN, tmp_path) for m in (made, changed(made)))
    assert first._folder != second._folder


def test_another_encoder_is_another_study(tmp_path):
    ends = labelled_shop.encoded()
    first, second = (
        Study(labelled_shop.material(), e, PLAN, tmp_path) for e in (ends, replace(ends, entity=ends.entity[:, 1:]))
    )
    assert first._folder != second._folder


@pytest.mark.parametrize("changed", [{"rounds": 3}, {"size": 6}])
def test_other_rounds_are_another_study(tmp_path, changed):
    assert study(tmp_path, replace(PLAN, **changed))._folder != study(tmp_path)._folder


def test_the_quick_plan_is_a_part_of_the_full_one_in_samplers():
    quick, full = Plan.quick(), Plan()
    assert set(quick.samplers) < set(full.samplers) <= set(curves.EVERY)
    assert full.seeds >= 5
    assert {"random", "dynamic"} <= set(quick.samplers)


def test_an_outcome_is_what_was_computed(folder):
    made = study(folder)
    cell = Cell("curve", "id", 0, 1, "random")
    split = list(curves.splits(made.material, "id", 0))[1]
    assert made.outcome(cell) == json.loads(
        json.dumps(curves.curve(made.material, made.arena, split, "random", PLAN.rounds, PLAN.size, 0))
    )
