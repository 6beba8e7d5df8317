"""The fast stand-in for the classifier: it learns, and sees no more than it may."""

from __future__ import annotations

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


def test_its_quality_is_by_models_that_did_not_see_the_label(arena):
    """Labels drawn by chance cannot be foretold, though a model that saw them would."""
    made = labelled_shop.material()
    honest = learned(arena, np.arange(len(made.inside)))
    shuffled = np.random.default_rng(0).permutation(honest.targets)
    random = Learned(**{**vars(honest), "targets": shuffled})
    assert honest.quality > 0.8
    assert random.quality < 0.5


def test_a_reversed_copy_does_not_give_its_label_away(arena):
    """A pair that was labelled both ways is one question: every label here is there twice, and drawn by chance."""
    made = labelled_shop.material()
    once = learned(arena, np.arange(60))
    chance = np.eye(3)[np.random.default_rng(0).integers(3, size=60)]
    twice = Learned(
        **{
            **vars(once),
            "train": np.concatenate([made.inside.pair[:60]] * 2),
            "people": 120,
            "targets": np.vstack([chance, chance]),
            "weight": np.ones(120),
            "groups": np.concatenate([once.groups] * 2),
        }
    )
    assert twice.quality < 0.6


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
    assert first.quality == second.quality
