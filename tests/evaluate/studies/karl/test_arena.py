"""The fast stand-in for the classifier: it learns, and sees no more than it may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import labelled_shop
from goeswith.evaluate.studies.karl.arena import MEMBERS, Arena, Learned


@pytest.fixture(scope="module")
def arena() -> Arena:
    return Arena(labelled_shop.material(), labelled_shop.encoded())


def learned(arena: Arena, rows: np.ndarray, accepted: int = 0, committee: bool = False) -> Learned:
    """People's labels at these rows, and the first answers of the pool."""
    made = labelled_shop.material()
    quality = made.quality(rows)
    people, answers = made.inside.examples(rows), made.answered(made.pool[:accepted], quality, 0.5)
    return Learned(
        arena,
        np.concatenate([made.inside.pair[rows], made.pool[:accepted]]),
        len(rows),
        np.vstack([people.coarse, answers.coarse]),
        np.concatenate([people.weight, answers.weight]),
        made.inside.query[rows],
        made.pool,
        made.outside.pair,
        committee,
        1,
    )


def test_it_learns_labels_and_decides_on_others(arena):
    made = labelled_shop.material()
    right = learned(arena, np.arange(len(made.inside))).decide(made.outside.pair) == made.outside.coarse
    assert right.mean() > 0.8


def test_a_pair_that_was_labelled_both_ways_is_learned_from_twice(arena):
    """The system stays solvable, and twice the same label is one label of twice the weight."""
    once = learned(arena, np.arange(60))
    twice = replace(
        once,
        train=np.concatenate([once.train] * 2),
        people=120,
        targets=np.vstack([once.targets] * 2),
        weight=np.concatenate([once.weight] * 2),
        groups=np.concatenate([once.groups] * 2),
    )
    heavy = replace(once, weight=2 * once.weight)
    every = np.arange(len(labelled_shop.material().a))
    assert twice._model.scores(every) == pytest.approx(heavy._model.scores(every), abs=1e-3)


def test_it_gives_each_class_equal_say(arena):
    """However frequent: with labels that tell nothing apart, no class is preferred."""
    pairs = np.repeat(labelled_shop.material().pool[:1], 12)
    targets = np.eye(3)[[0] * 9 + [1] * 2 + [2]]
    fitted = arena.fit(pairs, targets, np.ones(12))
    assert fitted.scores(pairs[:1])[0] == pytest.approx([1 / 3] * 3, abs=1e-3)


def test_a_view_shows_the_pool_and_where_labels_and_targets_lie(arena):
    made = labelled_shop.material()
    rows = np.arange(40)
    view = learned(arena, rows, accepted=7).view(np.arange(7, 20))
    assert view.open.tolist() == list(range(7, 20))
    assert view.probabilities.shape == (len(made.pool), 3)
    assert view.probabilities.sum(axis=1) == pytest.approx(np.ones(len(made.pool)), abs=1e-5)
    shapes = [len(v) for v in (view.vectors, view.labelled_vectors, view.human_vectors, view.target_vectors)]
    assert shapes == [len(made.pool), 47, 40, len(made.outside)]
    assert view.human_groups.tolist() == made.inside.query[rows].tolist()
    assert len(view.committee) == 0, "nobody asked for one"


def test_a_committee_has_members_that_differ(arena):
    view = learned(arena, np.arange(60), committee=True).view(np.arange(5))
    assert view.committee.shape == (MEMBERS, len(labelled_shop.material().pool), 3)
    assert view.committee.std(axis=0).max() > 0.01


def test_the_same_seed_learns_the_same(arena):
    first, second = (learned(arena, np.arange(60), 20, committee=True) for _ in range(2))
    assert np.array_equal(first.view(np.arange(5)).committee, second.view(np.arange(5)).committee)
    assert np.array_equal(first.decide(first.target), second.decide(second.target))
