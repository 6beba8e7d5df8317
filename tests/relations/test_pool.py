"""Where the pairs of the planted world lie."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from planted import DEVICES, World, world

from goeswith.relations.ends import End
from goeswith.relations.pool import CLUSTERS, Pool


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def pool(shop: World) -> Pool:
    return Pool.of(shop.ends.ends, shop.ends, shop.taught.a, shop.taught.b)


def made(ends: list[End], a: list[int], b: list[int]) -> Pool:
    shop = world()
    return Pool.of(ends, shop.language.encode(ends, shop.store), np.array(a, np.int64), np.array(b, np.int64))


def test_each_pair_has_a_place_and_two_categories(shop, pool):
    count = len(shop.taught)
    assert pool.vectors.shape[0] == len(pool.fine) == len(pool.large) == len(pool.pairs.a) == count
    assert pool.vectors.dtype == np.float32
    assert np.isfinite(pool.vectors).all()
    assert pool.fine.dtype == pool.large.dtype == np.int64


def test_the_fine_category_is_the_entity_of_the_first_end(shop, pool):
    terms = np.array([shop.ends.ends[row].entity for row in shop.taught.a])
    assert ((terms[:, None] == terms) == (pool.fine[:, None] == pool.fine)).all()


def test_large_categories_are_clusters_of_functions(shop, pool):
    """Things with one function are in one of them; they are fewer than the terms."""
    functions = np.array([shop.ends.ends[row].function for row in shop.taught.a])
    for function in set(functions):
        assert len(set(pool.large[functions == function].tolist())) == 1
    assert len(DEVICES) < len(set(pool.large.tolist())) <= CLUSTERS


def test_swapping_the_ends_of_a_pair_does_not_move_it(shop, pool):
    swapped = pool.places(shop.ends, shop.taught.b, shop.taught.a)
    np.testing.assert_allclose(swapped, pool.vectors, atol=1e-6)


def test_pairs_outside_the_pool_lie_on_its_scale(shop, pool):
    """Also where they are ends of another encoding, and where there are none."""
    np.testing.assert_allclose(pool.places(shop.ends, shop.taught.a, shop.taught.b), pool.vectors, atol=1e-6)
    rows = np.arange(7)
    fewer = shop.language.encode([shop.ends.ends[row] for row in shop.taught.a[rows]], shop.store)
    other = shop.language.encode([shop.ends.ends[row] for row in shop.taught.b[rows]], shop.store)
    placed = pool.places(fewer.join(other), rows, rows + 7)
    np.testing.assert_allclose(placed, pool.vectors[rows], atol=1e-6)
    assert pool.places(shop.ends, rows[:0], rows[:0]).shape == (0, pool.vectors.shape[1])


def test_pairs_of_one_device_lie_closer_than_pairs_of_two(shop, pool):
    device = np.array([shop.ends.ends[row].entity.split()[0] for row in shop.taught.a])
    other = np.array([shop.ends.ends[row].entity.split()[0] for row in shop.taught.b])
    same = np.flatnonzero(device == other)
    distance = ((pool.vectors[same, None] - pool.vectors[same]) ** 2).sum(axis=2)
    alike = device[same, None] == device[same]
    np.fill_diagonal(alike, False)
    assert distance[alike].mean() < distance[device[same, None] != device[same]].mean()


def test_the_same_pool_is_the_same_twice(shop, pool):
    again = Pool.of(shop.ends.ends, shop.ends, shop.taught.a, shop.taught.b)
    assert np.array_equal(again.vectors, pool.vectors)
    assert np.array_equal(again.large, pool.large)


@pytest.mark.parametrize("function", ["", "write notes"])
def test_a_pool_of_one_pair_and_one_of_equal_functions(function):
    pen, ink = End("Parker pen", "pen", function), End("Parker ink", "ink", function)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, many = made([pen, ink], [0], [1]), made([pen, ink] * 3, [0, 1, 2], [3, 4, 5])
    assert np.isfinite(one.vectors).all()
    assert len(set(many.fine.tolist())) == 2
