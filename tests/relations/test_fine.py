from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import World, examples, swapped, world

from goeswith.knowledge.relation import DIRECTED, Relation
from goeswith.relations.coarse import Batch
from goeswith.relations.examples import COARSE, COARSE_OF, SWAPPED, Examples, to_coarse
from goeswith.relations.fine import DOUBLE, GROUP_COARSE, GROUPS, Fine
from goeswith.relations.kernel import Pairs, even
from goeswith.relations.ridge import Solver
from goeswith.relations.signs import signs


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def landmarks(shop: World) -> Pairs:
    return pairs(shop, shop.taught)


@pytest.fixture(scope="module")
def fine(shop: World, landmarks: Pairs) -> Fine:
    return fitted(shop.taught, landmarks)


def pairs(shop: World, asked: Examples) -> Pairs:
    return Pairs(shop.ends, asked.a, asked.b, signs(shop.ends, asked.a, asked.b))


def fitted(taught: Examples, landmarks: Pairs) -> Fine:
    batch = Batch(landmarks, even(landmarks, landmarks))
    return Fine.fit(batch, Solver(batch.gram, np.arange(len(taught)), taught.weight, 0.5), taught, 100)


def told(shop: World, fine: Fine, landmarks: Pairs, asked: Examples, coarse: np.ndarray) -> np.ndarray:
    of = pairs(shop, asked)
    return fine.nine(Batch(of, even(of, landmarks)), coarse)


def test_groups_are_what_swapping_keeps_together():
    assert sorted(place for group in GROUPS for place in group) == list(range(9))
    assert {Relation(place + 1) for group in DOUBLE for place in group} == DIRECTED
    for group, coarse in zip(GROUPS, GROUP_COARSE, strict=True):
        assert {int(SWAPPED[place]) for place in group} == set(group)
        assert {int(COARSE_OF[place]) for place in group} == {int(coarse)}


@settings(max_examples=10)
@given(seed=st.integers(0, 999))
def test_the_nine_add_up_to_their_coarse_classes(shop, fine, landmarks, seed):
    coarse = np.random.default_rng(seed).dirichlet(np.ones(3), len(shop.held_out))
    nine = told(shop, fine, landmarks, shop.held_out, coarse)
    assert to_coarse(nine) == pytest.approx(coarse)
    assert nine.min() >= 0


def test_swapping_the_ends_swaps_the_directed_relations(shop, fine, landmarks):
    coarse = np.tile([0.2, 0.7, 0.1], (len(shop.held_out), 1))
    forth = told(shop, fine, landmarks, shop.held_out, coarse)
    back = told(shop, fine, landmarks, swapped(shop.held_out), coarse)
    assert back[:, SWAPPED] == pytest.approx(forth, abs=1e-5)


def test_within_its_coarse_class_the_true_relation_is_found(shop, fine, landmarks):
    asked = shop.held_out
    nine = told(shop, fine, landmarks, asked, asked.coarse)
    complementary = asked.coarse[:, COARSE.index("complementary")] == 1
    assert (nine.argmax(axis=1) == asked.nine.argmax(axis=1))[complementary].mean() > 0.8


def test_without_directed_examples_no_direction_is_claimed(shop):
    taught = examples([(0, 1), (2, 3), (4, 5), (6, 7)], [1, 7, 8, 1])
    landmarks = pairs(shop, taught)
    nine = told(
        shop, fitted(taught, landmarks), landmarks, shop.held_out, np.tile([0.0, 1, 0], (len(shop.held_out), 1))
    )
    for first, second in DOUBLE:
        assert np.array_equal(nine[:, first], nine[:, second])
