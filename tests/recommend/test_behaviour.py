from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import scipy.sparse as sp

from goeswith.measure.splits import DAY, Bills
from goeswith.recommend.behaviour import ENTITY_SHRINKAGE, Behaviour
from goeswith.recommend.catalogue import Catalogue

ITEMS = 6
ENTITY = np.array([0, 0, 1, 1, 2, -1])


@pytest.fixture
def catalogue() -> Catalogue:
    words = sp.csr_matrix(np.eye(ITEMS, dtype=np.float32))
    names = [str(number) for number in range(ITEMS)]
    everything = np.ones(ITEMS, bool)
    vectors = np.eye(ITEMS, dtype=np.float32)
    price = np.ones(ITEMS, np.float32)
    return Catalogue(names, names, ["a", "b", "c"], ENTITY, np.arange(ITEMS), price, everything, vectors, words, words)


@pytest.fixture
def bills() -> Bills:
    """Thirty baskets, one a day; item 4 is never sold."""
    rng = np.random.default_rng(5)
    rows = [(b, i) for b in range(30) for i in range(ITEMS) if i != 4 and rng.random() < 0.45]
    basket, item = np.array(rows, np.int64).T
    return Bills(basket, basket % 7, item, basket * DAY)


@pytest.fixture
def behaviour(bills, catalogue) -> Behaviour:
    return Behaviour.fit(bills, np.ones(len(bills), bool), catalogue, timed=True)


def baskets_of(bills: Bills) -> list[set[int]]:
    return [set(bills.item[bills.basket == basket].tolist()) for basket in np.unique(bills.basket)]


def test_cosine_and_lift_are_those_of_counting(bills, behaviour):
    baskets = baskets_of(bills)
    for i in range(ITEMS):
        for j in range(ITEMS):
            together = sum(i in basket and j in basket for basket in baskets) if i != j else 0
            alone = [sum(item in basket for basket in baskets) for item in (i, j)]
            product = max(alone[0] * alone[1], 1)
            expected = (together / np.sqrt(product), together * len(baskets) / product)
            assert (behaviour.cosine[i, j], behaviour.lift[i, j]) == pytest.approx(expected, rel=1e-5)


def test_lift_and_share_of_entities_are_those_of_counting(bills, behaviour):
    baskets = [[int(ENTITY[item]) for item in basket if ENTITY[item] >= 0] for basket in baskets_of(bills)]
    for a in range(3):
        for b in range(3):
            together = sum((a in basket and b in basket) if a != b else basket.count(a) > 1 for basket in baskets)
            count = [sum(entity in basket for basket in baskets) for entity in (a, b)]
            if a == b:
                together *= 2
            if together == 0:
                assert behaviour.entity_lift[a, b] == behaviour.entity_share[a, b] == 0
                continue
            expected = count[0] * count[1] / len(baskets)
            lift = np.log((together + ENTITY_SHRINKAGE) / (expected + ENTITY_SHRINKAGE))
            assert behaviour.entity_lift[a, b] == pytest.approx(lift, abs=1e-5)
            assert behaviour.entity_share[a, b] == pytest.approx(together / count[0], rel=1e-5)


def test_what_has_no_entity_has_no_entity_neighbours(behaviour):
    assert behaviour.entity_share.shape == (4, 4)
    assert behaviour.entity_share[3].nnz == behaviour.entity_share[:, [3]].nnz == 0


def test_popularity_and_seasons_count_back_from_the_last_bill(bills, behaviour):
    last = bills.time.max()
    for item in range(ITEMS):
        ages = (last - bills.time[bills.item == item]) / DAY
        assert behaviour.bought[item] == len(ages)
        assert behaviour.recent[:, item].tolist() == [(ages <= days).sum() for days in (7, 14, 30, 90)]
        if len(ages):
            assert (behaviour.first[item], behaviour.last[item]) == (ages.max(), ages.min())


def test_a_never_sold_item_has_no_first_and_last_day(behaviour):
    assert behaviour.bought[4] == 0
    assert np.isnan([behaviour.first[4], behaviour.last[4]]).all()


def test_without_times_there_are_no_seasons(bills, catalogue):
    untimed = Behaviour.fit(bills, np.ones(len(bills), bool), catalogue, timed=False)
    assert np.isnan(untimed.recent).all()
    assert np.isnan(untimed.first).all()
    assert np.isnan(untimed.last).all()
    assert not np.isnan(untimed.bought).any()


def test_rows_beyond_the_cap_count_for_popularity_alone(bills, behaviour, catalogue):
    counted = bills.item != 0
    capped = Behaviour.fit(bills, counted, catalogue, timed=True)
    assert capped.bought[0] == behaviour.bought[0] > 0
    assert capped.cosine[0].nnz == 0


def test_without_bills_everything_is_empty(catalogue, tmp_path):
    nothing = np.zeros(0, np.int64)
    behaviour = Behaviour.fit(Bills(nothing, nothing, nothing, nothing), np.zeros(0, bool), catalogue, timed=False)
    assert not behaviour.bought.any()
    assert behaviour.cosine.nnz == behaviour.ease.nnz == behaviour.entity_lift.nnz == 0
    behaviour.save(tmp_path / "b.safetensors")
    assert Behaviour.load(tmp_path / "b.safetensors").lift.shape == (ITEMS, ITEMS)


def test_saved_and_loaded_it_says_the_same(behaviour, tmp_path):
    behaviour.save(tmp_path / "b.safetensors")
    loaded = Behaviour.load(tmp_path / "b.safetensors")
    for field in fields(Behaviour):
        before, after = getattr(behaviour, field.name), getattr(loaded, field.name)
        if sp.issparse(before):
            assert before.shape == after.shape
            before, after = before.toarray(), after.toarray()
        np.testing.assert_array_equal(before, after)


def test_matrices_in_any_memory_order_are_saved_right(behaviour, tmp_path):
    turned = replace(behaviour, recent=np.asfortranarray(behaviour.recent))
    turned.save(tmp_path / "b.safetensors")
    np.testing.assert_array_equal(Behaviour.load(tmp_path / "b.safetensors").recent, behaviour.recent)
