from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from goeswith.evaluate.baselines import BASELINES, Baselines
from goeswith.measure.splits import Bills
from goeswith.recommend.catalogue import Catalogue
from goeswith.text.encoders import unit

ITEMS = 7


def catalogue() -> Catalogue:
    names = [str(number) for number in range(ITEMS)]
    words = sp.csr_matrix(np.repeat(np.eye(4, dtype=np.float32), 2, axis=0)[:ITEMS])
    vectors = unit(np.random.default_rng(0).normal(size=(ITEMS, 3)))
    everything = np.ones(ITEMS, bool)
    numbers = np.arange(ITEMS)
    price = np.ones(ITEMS, np.float32)
    return Catalogue(names, names, names, numbers, numbers, price, everything, vectors, words, words)


def bills(seed: int) -> Bills:
    """Twenty-five baskets of items 0 to 5; item 6 is never sold."""
    rng = np.random.default_rng(seed)
    rows = [(b, i) for b in range(25) for i in range(6) if rng.random() < 0.4]
    basket, item = np.array(rows, np.int64).T
    return Bills(basket, basket, item, basket)


def naive(name: str, bills: Bills, context: list[int]) -> list[float]:
    """Scores by counting basket after basket."""
    baskets = [set(bills.item[bills.basket == b].tolist()) for b in np.unique(bills.basket)]
    alone = [sum(i in basket for basket in baskets) for i in range(ITEMS)]
    vectors, words = catalogue().vectors, catalogue().words.toarray()

    def pair(i: int, j: int) -> float:
        together = sum(i in basket and j in basket for basket in baskets)
        if name == "text":
            return ((words[i] @ words[j] + max(0, vectors[i] @ vectors[j])) / 2) ** 3 if i != j else 0.0
        if together == 0:
            return 0.0
        expected = alone[i] * alone[j]
        return together / np.sqrt(expected) if name == "cosine" else together * len(baskets) / expected

    if name == "popularity":
        return [float(count) for count in alone]
    return [sum(pair(i, j) for i in context) for j in range(ITEMS)]


@pytest.mark.parametrize("name", BASELINES)
@given(seed=st.integers(0, 30), context=st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True))
def test_a_baseline_ranks_as_counting_does(name, seed, context):
    mask = ~np.isin(np.arange(ITEMS), context)
    lists = Baselines(bills(seed), catalogue()).rank([np.array(context)], ITEMS, lambda query: mask)
    scores = np.where(mask, naive(name, bills(seed), context), 0)
    found = [item for item in lists[name][0].tolist() if item >= 0]
    assert set(found) == set(np.flatnonzero(scores > 1e-12))
    np.testing.assert_allclose(scores[found], np.sort(scores[scores > 1e-12])[::-1], rtol=1e-5)


def test_lists_are_cut_at_k_and_ties_go_to_the_first_item():
    basket = np.array([0, 0, 1, 1], np.int64)
    tied = Bills(basket, basket, np.array([2, 1, 2, 1]), basket)
    lists = Baselines(tied, catalogue()).rank([np.array([0])], 1, lambda query: np.ones(ITEMS, bool))
    assert lists["popularity"].tolist() == [[1]]


def test_every_query_has_its_own_mask():
    contexts = [np.array([0])] * 200  # more than one batch
    lists = Baselines(bills(1), catalogue()).rank(contexts, 3, lambda query: np.arange(ITEMS) == query % 6)
    assert [row[0] for row in lists["popularity"].tolist()] == [query % 6 for query in range(200)]


def test_a_never_sold_item_is_found_by_text_alone():
    lists = Baselines(bills(1), catalogue()).rank([np.arange(6)], ITEMS, lambda query: np.ones(ITEMS, bool))
    assert [name for name in BASELINES if 6 in lists[name]] == ["text"]
