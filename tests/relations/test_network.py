from __future__ import annotations

import numpy as np
import pytest
from planted import World, world

from goeswith.relations.kernel import Pairs
from goeswith.relations.network import MAIN, Committee, Directions
from goeswith.relations.signs import NAMES, signs

FOLDS = 3


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


def pairs(shop: World, turn: bool = False) -> Pairs:
    a, b = (shop.taught.b, shop.taught.a) if turn else (shop.taught.a, shop.taught.b)
    return Pairs(shop.ends, a, b, signs(shop.ends, a, b))


def trained(shop: World, seed: int = 7, **changed: np.ndarray) -> tuple[np.ndarray, np.ndarray, Committee]:
    directions = Directions.fit(shop.ends)
    inputs, folds = directions.inputs(pairs(shop)), shop.taught.folds(FOLDS, 1)
    targets, weights = changed.get("targets", shop.taught.coarse), shop.taught.weight
    return inputs, folds, Committee.fit(inputs, targets, weights, folds, directions, seed)


def test_inputs_do_not_change_when_the_ends_are_swapped(shop):
    directions = Directions.fit(shop.ends)
    forth = directions.inputs(pairs(shop))
    assert np.array_equal(forth, directions.inputs(pairs(shop, turn=True)))
    assert forth.shape[1] <= len(NAMES) + 6 * MAIN
    assert forth.dtype == np.float32


def test_main_directions_are_orthogonal_and_the_widest_come_first(shop):
    directions = Directions.fit(shop.ends)
    for axes, mean, space in zip(
        directions.axes, directions.means, (shop.ends.entity, shop.ends.use, shop.ends.title), strict=True
    ):
        assert axes.T @ axes == pytest.approx(np.eye(axes.shape[1]), abs=1e-4)
        spread = ((space - mean) @ axes).var(axis=0)
        assert (np.diff(spread) < 1e-5).all()


def test_each_member_gives_log_probabilities_and_the_committee_their_mean(shop):
    inputs, _, committee = trained(shop)
    each = committee.each(inputs)
    assert len(each) == FOLDS
    for member in each:
        assert np.exp(member).sum(axis=1) == pytest.approx(np.ones(len(inputs)), abs=1e-5)
    assert committee(inputs) == pytest.approx(np.mean(each, axis=0), abs=1e-5)


def test_left_out_comes_from_the_member_that_did_not_see_the_fold(shop):
    inputs, folds, committee = trained(shop)
    each = committee.each(inputs)
    for fold in range(FOLDS):
        assert committee.left_out[folds == fold] == pytest.approx(each[fold][folds == fold], abs=1e-5)


def test_labels_of_a_fold_do_not_reach_the_member_that_leaves_it_out(shop):
    _, folds, committee = trained(shop)
    targets = shop.taught.coarse.copy()
    targets[folds == 0] = np.roll(targets[folds == 0], 1, axis=1)
    other = trained(shop, targets=targets)[2]
    assert np.array_equal(other.left_out[folds == 0], committee.left_out[folds == 0])
    assert not np.array_equal(other.left_out, committee.left_out)


def test_it_learns_and_the_seed_alone_decides(shop):
    _, _, committee = trained(shop)
    assert (committee.left_out.argmax(axis=1) == shop.taught.coarse.argmax(axis=1)).mean() > 0.8
    assert np.array_equal(trained(shop)[2].left_out, committee.left_out)
    assert not np.array_equal(trained(shop, seed=8)[2].left_out, committee.left_out)
