from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.measure.splits import DAY, Bills, Split, hold_out_items, sample, split

KINDS = [("basket", "time"), ("basket", "none"), ("history", "time"), ("history", "seq")]


@st.composite
def shops(draw: st.DrawFn) -> Bills:
    """Up to 12 baskets (or histories) of distinct items over 90 days, each with at least one row."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=3, max_size=12))
    seed = draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    basket = np.repeat(np.arange(len(sizes)), sizes)
    item = np.concatenate([rng.permutation(10)[:size] for size in sizes])
    time = rng.integers(0, 90, len(basket)) * DAY
    order = np.lexsort((item, basket, time))
    return Bills(basket[order], basket[order], item[order], time[order])


def made(bills: Bills, kind: tuple[str, str], seed: int = 1, most: int = 1000) -> Split:
    return split(bills, *kind, days=30, most=most, seed=seed)


def rows_of(bills: Bills) -> set[tuple[int, int]]:
    return set(zip(bills.basket.tolist(), bills.item.tolist(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
@given(bills=shops())
def test_no_target_is_among_the_training_rows(kind, bills):
    found = made(bills, kind)
    targets = set(zip(found.queries.basket.tolist(), found.queries.target.tolist(), strict=True))
    assert targets <= rows_of(bills)
    assert not targets & rows_of(bills.rows(found.train))


@pytest.mark.parametrize("kind", KINDS)
@given(bills=shops())
def test_no_target_is_in_its_own_context(kind, bills):
    queries = made(bills, kind).queries
    assert not any(queries.target[query] in queries.context(query) for query in range(len(queries)))


@pytest.mark.parametrize("kind", KINDS[:2])
@given(bills=shops())
def test_no_row_of_a_test_basket_is_among_the_training_rows(kind, bills):
    found = made(bills, kind)
    assert not set(found.queries.basket.tolist()) & set(bills.basket[found.train].tolist())


@pytest.mark.parametrize("kind", KINDS[:2])
@given(bills=shops())
def test_context_and_target_are_the_whole_basket(kind, bills):
    queries = made(bills, kind).queries
    for query in range(len(queries)):
        whole = bills.item[bills.basket == queries.basket[query]]
        assert sorted([*queries.context(query), queries.target[query]]) == sorted(whole)


@given(bills=shops())
def test_a_history_is_asked_for_its_next_item_in_time(bills):
    queries = made(bills, ("history", "time")).queries
    for query in range(len(queries)):
        own = bills.basket == queries.basket[query]
        last_known = bills.time[own & np.isin(bills.item, queries.context(query))].max()
        assert last_known < queries.time[query]


@pytest.mark.parametrize("kind", KINDS)
@given(bills=shops())
def test_every_query_knows_two_items_or_more(kind, bills):
    queries = made(bills, kind).queries
    assert (np.diff(queries.start) >= 2).all()


@pytest.mark.parametrize("kind", KINDS)
@given(bills=shops())
def test_the_same_seed_makes_the_same_split(kind, bills):
    first, second = made(bills, kind), made(bills, kind)
    assert np.array_equal(first.train, second.train)
    assert np.array_equal(first.queries.target, second.queries.target)


def many_baskets(count: int = 200) -> Bills:
    basket = np.repeat(np.arange(count), 4)
    return Bills(basket, basket, np.tile(np.arange(4), count), np.repeat(np.arange(count) % 60, 4) * DAY)


@pytest.mark.parametrize("kind", [("basket", "time"), ("basket", "none"), ("history", "seq")])
def test_another_seed_makes_another_split(kind):
    first, second = made(many_baskets(), kind, seed=1).queries, made(many_baskets(), kind, seed=2).queries
    assert (first.basket.tolist(), first.target.tolist()) != (second.basket.tolist(), second.target.tolist())


def test_training_baskets_are_older_than_every_query():
    bills = many_baskets()
    found = made(bills, ("basket", "time"))
    assert bills.time[found.train].max() < found.queries.time.min()


def test_a_tenth_of_baskets_without_times_is_held_out():
    assert len(made(many_baskets(), ("basket", "none")).queries) == 20


@pytest.mark.parametrize("kind", [("basket", "time"), ("history", "seq")])
def test_at_most_so_many_queries_are_made(kind):
    assert len(made(many_baskets(), kind, most=7).queries) == 7


def test_a_sample_keeps_context_and_target_together():
    queries = made(many_baskets(), ("basket", "time")).queries
    some = sample(queries, 5, np.random.default_rng(1))
    assert len(some) == 5
    for query in range(5):
        place = int(np.flatnonzero(queries.basket == some.basket[query])[0])
        assert some.target[query] == queries.target[place]
        assert some.context(query).tolist() == queries.context(place).tolist()


def test_a_shop_without_baskets_of_three_has_no_queries():
    bills = Bills(np.array([0, 0, 1]), np.array([0, 0, 1]), np.array([1, 2, 1]), np.array([0, 0, DAY]))
    assert [len(made(bills, kind).queries) for kind in KINDS] == [0, 0, 0, 0]


def test_each_wanted_item_is_held_out_once():
    bills = many_baskets()
    queries = hold_out_items(bills, np.arange(len(bills)), np.array([1, 3]), np.random.default_rng(1))
    assert sorted(queries.target.tolist()) == [1, 3]
    assert all(sorted([*queries.context(q), queries.target[q]]) == [0, 1, 2, 3] for q in range(2))
