from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from goeswith.recommend.ease import HALF_LIFE_DAYS, RIDGE, TITLES, strongest, text_ease

NEVER_SOLD, SAME_WORD, OTHER = 4, 0, 1


@pytest.fixture
def shop() -> tuple[sp.csr_matrix, np.ndarray, sp.csr_matrix]:
    """Forty baskets of five items and the words of their titles; item 4, never sold, shares a word with item 0."""
    rng = np.random.default_rng(3)
    baskets = (rng.random((40, 5)) < 0.5).astype(np.float32)
    baskets[:, NEVER_SOLD] = 0
    baskets[:, 2] = baskets[:, 0]  # always bought with item 0
    words = np.array([[1, 0, 0], [0, 1, 0], [0, 0.6, 0.8], [0, 0, 1], [1, 0, 0]], np.float32)
    return sp.csr_matrix(baskets), rng.uniform(0, 400, 40).astype(np.float32), sp.csr_matrix(words)


def test_it_is_the_closed_form_of_its_docstring(shop):
    baskets, ages, words = shop
    x, t = baskets.toarray().astype(np.float64), words.toarray().astype(np.float64)
    w = 0.5 ** (ages / HALF_LIFE_DAYS) / np.sqrt(np.maximum(x.sum(axis=1), 1))
    gram = x.T @ np.diag(w) @ x + TITLES * w.mean() * t @ t.T + RIDGE * w.mean() * np.eye(5)
    p = np.linalg.inv(gram)
    expected = -p / np.diag(p)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(text_ease(baskets, ages, words).toarray(), expected, atol=1e-5)


def test_it_solves_the_regression_of_each_item_on_the_others(shop):
    """Column j of B is the ridge regression of item j on all others: the gradient is 0 outside the diagonal."""
    baskets, _, words = shop
    ages = np.zeros(40, np.float32)
    model = text_ease(baskets, ages, words).toarray().astype(np.float64)
    x, t = baskets.toarray(), words.toarray()
    w = 1 / np.sqrt(np.maximum(x.sum(axis=1), 1))
    gram = x.T @ np.diag(w) @ x + TITLES * w.mean() * t @ t.T
    gradient = gram @ model - gram + RIDGE * w.mean() * model
    np.fill_diagonal(gradient, 0)
    np.testing.assert_allclose(gradient, 0, atol=1e-3)


def test_a_never_sold_item_is_reached_by_a_word_of_its_title(shop):
    model = text_ease(*shop)
    assert model[SAME_WORD, NEVER_SOLD] > 0
    assert model[NEVER_SOLD, SAME_WORD] > 0
    assert model[SAME_WORD, NEVER_SOLD] > abs(model[OTHER, NEVER_SOLD])


def test_what_is_always_bought_together_calls_for_each_other(shop):
    model = text_ease(*shop).toarray()
    assert model[0, 2] > 2 * np.abs(model[0, [1, 3]]).max()


def test_old_baskets_count_less(shop):
    baskets, _, words = shop
    ages = np.zeros(40, np.float32)
    fresh = text_ease(baskets, ages, words)[0, 2]
    ages[baskets[:, 0].toarray().ravel() > 0] = 10 * HALF_LIFE_DAYS
    assert text_ease(baskets, ages, words)[0, 2] < fresh


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 10), st.integers(0, 99))
def test_the_strongest_entries_of_each_row_are_kept(rows, columns, count, seed):
    matrix = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    kept = strongest(matrix, count).toarray()
    for row, found in zip(matrix, kept, strict=True):
        best = np.argsort(-np.abs(row))[:count]
        assert set(np.flatnonzero(found)) == set(best)
        np.testing.assert_array_equal(found[best], row[best])
