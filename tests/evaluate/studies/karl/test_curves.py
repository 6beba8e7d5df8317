"""Learning curves and trials: who teaches, who is asked, who is tested, and that these never meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import labelled_shop
from goeswith.evaluate.studies.karl import curves, finals
from goeswith.evaluate.studies.karl.arena import Arena
from goeswith.evaluate.studies.karl.material import Labels, Material
from goeswith.relations.classifier import Config
from goeswith.relations.samplers import View


def overlapping() -> Material:
    """The tiny world, where some pairs were labelled in both years, one of them the other way round."""
    made = labelled_shop.material()
    again, back = made.inside, made.outside
    rows = np.arange(0, 12, 3)
    copies = Labels(
        np.concatenate([back.pair, again.pair[rows]]),
        np.concatenate([back.a, again.b[rows]]),
        np.concatenate([back.b, again.a[rows]]),
        back.relation + [again.relation[row] for row in rows],
        np.concatenate([back.query, back.query.max() + 1 + np.arange(len(rows))]),
    )
    return replace(made, outside=copies)


def everything(material: Material) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """(name, pairs people teach, pairs the LLM may be asked, pairs tested) of every experiment."""
    for seed in range(3):
        for setting in curves.SETTINGS:
            for split in curves.splits(material, setting, seed):
                yield setting, material.inside.pair[split.train], split.pool, split.labels.pair[split.test]
        for name in finals.EXPERIMENTS:
            for trial in finals.trials(material, name, seed):
                yield name, material.inside.pair[trial.train], trial.asked, trial.labels.pair[trial.test]


@pytest.mark.parametrize("material", [labelled_shop.material(), overlapping()], ids=["apart", "overlapping"])
def test_a_test_pair_teaches_nothing_neither_its_label_nor_its_answer_nor_a_reversed_copy(material):
    """Pairs of the universe have no direction, so a reversed copy is the same pair."""
    names = set()
    for name, taught, asked, tested in everything(material):
        assert len(taught), name
        assert len(tested), name
        assert not set(taught) & set(tested), name
        assert not set(asked) & set(tested), name
        names.add(name)
    assert names == {"id", "id-a", "ood", "ood-a", "ood-b"}


def test_every_label_is_tested_once():
    material = labelled_shop.material()
    for name in finals.EXPERIMENTS:
        tested = np.concatenate([trial.test for trial in finals.trials(material, name, 1)])
        labels = material.inside if name.startswith("id") else material.outside
        assert sorted(tested) == list(range(len(labels))), name


def test_who_may_be_asked():
    material = labelled_shop.material()
    asked = {name: next(iter(finals.trials(material, name, 0))).asked for name in finals.EXPERIMENTS}
    assert len(asked["id"]) == len(asked["ood"]) == 0
    assert set(asked["id-a"]) == set(asked["ood-a"]) == set(material.pool)
    near = set(asked["ood-b"]) - set(material.pool)
    assert near
    assert near < set(material.outside.pair)
    assert all(int(pair) in material.votes for pair in asked["ood-b"])


def test_seeds_draw_different_pools():
    material = labelled_shop.material()
    first, second = (next(curves.splits(material, "id", seed)).pool for seed in (0, 1))
    assert set(first) < set(material.pool)
    assert set(first) != set(second)
    assert len(first) == round(curves.SHARE * len(material.pool))


@pytest.fixture(scope="module")
def arena() -> Arena:
    return Arena(labelled_shop.material(), labelled_shop.encoded())


@pytest.mark.parametrize("sampler", ["random", "dynamic"])
def test_a_curve_tells_its_rounds(arena, sampler):
    material = labelled_shop.material()
    split = next(curves.splits(material, "ood-b", 0))
    found = curves.curve(material, arena, split, sampler, rounds=3, size=5, seed=0)
    assert found["test"] == split.test.tolist()
    assert found["asked"] == [0, 5, 10, 15]
    assert found["accepted"][0] == 0
    assert (np.diff(found["accepted"]) <= 5).all()
    assert 0 < found["accepted"][-1] <= 15
    assert [len(decided) for decided in found["decisions"]] == [len(split.test)] * 4
    assert len(found["diversity"]) == 3
    assert found == curves.curve(material, arena, split, sampler, rounds=3, size=5, seed=0)


def test_an_answer_that_cannot_be_believed_is_asked_and_not_accepted(arena):
    material = labelled_shop.material()
    split = next(curves.splits(material, "id", 0))
    found = curves.curve(material, arena, split, "random", rounds=50, size=10, seed=0)
    quality = material.quality(split.train)
    good = quality.reliability(material.judged(split.pool)) >= curves.ACCEPTED
    assert 0 < good.sum() < len(good)
    assert (found["asked"][-1], found["accepted"][-1]) == (len(split.pool), good.sum())


def test_all_start_from_people_alone(arena):
    material = labelled_shop.material()
    split = next(curves.splits(material, "id", 0))
    starts = [curves.curve(material, arena, split, s, 1, 5, 0)["decisions"][0] for s in ("random", "margin")]
    assert starts[0] == starts[1]


def test_a_sampler_sees_where_test_pairs_lie_and_not_what_they_are(arena, monkeypatch):
    material = labelled_shop.material()
    split = next(curves.splits(material, "id", 0))
    seen: list[View] = []

    class Watching:
        name = "random"

        def select(self, view: View, count: int, rng: np.random.Generator) -> np.ndarray:
            seen.append(view)
            return view.open[:count]

    monkeypatch.setitem(curves.EVERY, "random", Watching())
    curves.curve(material, arena, split, "random", rounds=2, size=4, seed=0)
    target = arena.pool.vectors[split.labels.pair[split.test]]
    for view in seen:
        assert np.array_equal(view.target_vectors, target)
        assert len(view.probabilities) == len(split.pool)
        assert len(view.human_vectors) == len(split.train)
    assert set(seen[1].open) == set(range(4, len(split.pool)))


def test_the_whole_classifier_on_a_trial():
    material = labelled_shop.material()
    trial = list(finals.trials(material, "ood-b", 0))[1]
    found = finals.run(material, labelled_shop.encoded(), trial, Config(seed=0))
    assert found["test"] == trial.test.tolist()
    assert np.sum(found["probabilities"], axis=1) == pytest.approx(np.ones(len(trial.test)), abs=1e-5)
    right = np.array(found["decisions"]) == material.outside.coarse[trial.test]
    assert right.mean() > 0.6
    quality = material.quality(trial.train)
    assert found["answers"] == (quality.reliability(material.judged(trial.asked)) >= curves.ACCEPTED).sum()


class TestPriorCorrection:
    def test_probabilities_under_the_right_prior_stay(self):
        rng = np.random.default_rng(0)
        p = rng.dirichlet(np.ones(3), 4000)
        assert finals.corrected(p, p.mean(axis=0)) == pytest.approx(p, abs=1e-3)

    def test_another_prior_is_found(self):
        """Two overlapping classes, learned half and half, of which the second now makes nine in ten."""
        rng = np.random.default_rng(1)
        truth = rng.random(5000) < 0.9
        x = rng.normal(np.where(truth, 1.0, -1.0))
        p = 1 / (1 + np.exp(-2 * x))
        found = finals.corrected(np.stack([1 - p, p], axis=1), np.array([0.5, 0.5]))
        assert found[:, 1].mean() == pytest.approx(0.9, abs=0.02)
        assert (found.argmax(axis=1) == truth).mean() > ((p > 0.5) == truth).mean()
        assert found.sum(axis=1) == pytest.approx(np.ones(5000))
