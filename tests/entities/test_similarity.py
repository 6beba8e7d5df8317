from __future__ import annotations

import numpy as np
import pytest

from goeswith.entities.similarity import CATEGORY_WEIGHT, JITTER, RIDGE, Rows, Similarity, Texts, fit_ridge
from goeswith.text.encoders import Words

TITLES = [
    "red spot teapot",
    "blue stripe teapot",
    "teapot vintage rose",
    "red spot tea cup",
    "blue tea cup",
    "vintage rose candle",
    "candle red spot",
    "set of 4 candle",
]
CLASSES = np.array([0, 0, 0, 1, 1, 2, 2, 2])
ALL = np.arange(len(TITLES))


def texts(titles: list[str], categories: list[str]) -> Texts:
    encode = Words().encode
    known = np.array([bool(category) for category in categories])[:, None]
    return Texts(titles, encode(titles), categories, encode(categories) * known)


@pytest.fixture(params=[False, True], ids=["titles alone", "with categories"])
def space(request) -> tuple[Similarity, Rows]:
    categories = ["kitchen" if number < 5 and request.param else "" for number in range(len(TITLES))]
    listed = texts(TITLES, categories)
    similarity = Similarity(listed)
    return similarity, similarity.rows(listed)


def one_hot(classes: np.ndarray) -> np.ndarray:
    return np.eye(3)[classes]


def test_the_kernel_is_symmetric_and_largest_on_the_diagonal(space):
    similarity, rows = space
    kernel = similarity.between(rows, rows)
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-5)
    assert (kernel <= np.sqrt(np.outer(np.diag(kernel), np.diag(kernel))) + 1e-5).all()
    assert kernel[0, 0] == pytest.approx(3 + 2 * CATEGORY_WEIGHT * similarity.category(rows, rows)[0, 0], abs=1e-5)


def test_what_shares_words_is_nearer(space):
    similarity, rows = space
    kernel = similarity.between(rows, rows)
    assert kernel[0, 1] > kernel[0, 5]
    assert kernel[0, 3] > kernel[1, 5]


def test_with_all_rows_as_landmarks_the_ridge_is_exact(space):
    similarity, rows = space
    ridge = fit_ridge(similarity, rows, CLASSES, 3, ALL)
    kernel = similarity.between(rows, rows).astype(np.float64)
    exact = kernel @ np.linalg.solve(kernel + RIDGE * np.eye(len(TITLES)), one_hot(CLASSES))
    np.testing.assert_allclose(kernel @ ridge.weights, exact, atol=20 * JITTER)


def test_leaving_one_out_in_closed_form_is_refitting_without_it(space):
    similarity, rows = space
    left_out = fit_ridge(similarity, rows, CLASSES, 3, ALL).left_out
    kernel = similarity.between(rows, rows).astype(np.float64) + JITTER * np.eye(len(TITLES))
    for row in ALL:
        rest = np.delete(ALL, row)
        inner = kernel[np.ix_(rest, rest)] + RIDGE * np.eye(len(rest))
        refitted = kernel[row, rest] @ np.linalg.solve(inner, one_hot(CLASSES[rest]))
        np.testing.assert_allclose(left_out[row], refitted, atol=1e-4)


def test_with_few_landmarks_the_classes_are_still_told_apart(space):
    similarity, rows = space
    ridge = fit_ridge(similarity, rows, CLASSES, 3, np.array([0, 3, 4, 5, 7]))
    scores = similarity.between(rows, rows.take(ridge.landmarks)) @ ridge.weights
    assert ridge.weights.shape == (5, 3)
    assert (scores.argmax(axis=1) == CLASSES).mean() >= 7 / 8


def test_without_categories_nothing_is_near_by_category():
    listed = texts(TITLES, [""] * len(TITLES))
    similarity = Similarity(listed)
    rows = similarity.rows(listed)
    assert not similarity.category(rows, rows).any()


def test_a_missing_category_is_near_to_nothing():
    listed = texts(["cup", "mug", "pen"], ["kitchen", "kitchen", ""])
    similarity = Similarity(listed)
    rows = similarity.rows(listed)
    near = similarity.category(rows, rows)
    assert near[0, 1] == pytest.approx(1, abs=1e-5)
    assert not near[2].any()


def test_the_same_category_brings_titles_nearer():
    listed = texts(["bench", "bench", "bench"], ["garden", "garden", "dolls house"])
    similarity = Similarity(listed)
    rows = similarity.rows(listed)
    kernel = similarity.between(rows, rows)
    assert kernel[0, 1] > kernel[0, 2]
