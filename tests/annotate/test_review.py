"""Suspicious labels: planted errors are found, clean labels are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from goeswith.annotate.review import Suspect, confident_joint, suspicious, thresholds
from goeswith.errors import DataError

BASE_RATE = 0.08


def clouds(apart: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points of three classes, `apart` from each other in units of their spread."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, 900, p=[0.6, 0.25, 0.15])
    centres = apart * np.array([[0, 0], [1, 0], [0, 1]])
    return centres[truth] + rng.normal(size=(900, 2)), truth


def out_of_fold(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return cross_val_predict(LogisticRegression(), points, labels, cv=5, method="predict_proba")


def with_errors(truth: np.ndarray, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which some were moved to another class, and which."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < BASE_RATE
    return np.where(wrong, (truth + rng.integers(1, 3, len(truth))) % 3, truth), wrong


def test_planted_errors_are_found():
    points, truth = clouds(apart=4)
    labels, wrong = with_errors(truth)
    found = suspicious(labels, out_of_fold(points, labels))
    caught = [wrong[suspect.index] for suspect in found]
    assert np.mean(caught) > 8 * BASE_RATE
    assert sum(caught) > 0.6 * wrong.sum()
    assert np.mean(caught[:20]) > 0.95


def test_what_it_suggests_is_the_truth():
    points, truth = clouds(apart=4)
    labels, wrong = with_errors(truth)
    caught = [suspect for suspect in suspicious(labels, out_of_fold(points, labels)) if wrong[suspect.index]]
    assert np.mean([truth[suspect.index] == suspect.suggested for suspect in caught]) > 0.95


def test_nothing_is_found_where_classes_are_clear_and_labels_right():
    points, truth = clouds(apart=12)
    assert suspicious(truth, out_of_fold(points, truth)) == []


def test_a_rare_class_has_its_own_bar():
    """The model is unsure of class 1 even where people are right: half is sure, for that class."""
    p = np.array([[0.95, 0.05], [0.9, 0.1], [0.45, 0.55], [0.55, 0.45], [0.48, 0.52]])
    labels = [0, 0, 1, 1, 0]
    assert thresholds(labels, p) == pytest.approx([(0.95 + 0.9 + 0.48) / 3, 0.5])
    assert suspicious(labels, p) == [Suspect(4, 0, 1, pytest.approx(0.04))]


def test_the_confident_joint_counts_given_labels_against_confident_classes():
    p = [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.95, 0.05]]
    assert confident_joint([0, 0, 1, 1, 1], p).tolist() == [[1, 0], [1, 2]]


def test_the_most_suspicious_stands_first_and_ties_by_row():
    p = [[0.9, 0.1]] * 4 + [[0.2, 0.8], [0.01, 0.99], [0.2, 0.8]]
    found = suspicious([0, 0, 0, 0, 0, 0, 0] + [1] * 3, [*p, [0.3, 0.7], [0.3, 0.7], [0.3, 0.7]])
    assert [suspect.index for suspect in found] == [5, 4, 6]
    assert [suspect.index for suspect in suspicious([0] * 7 + [1] * 3, [*p, *[[0.3, 0.7]] * 3], most=2)] == [5, 4]


def test_pairs_without_label_are_left_out():
    p = np.array([[0.9, 0.1], [0.1, 0.9], [0.05, 0.95]])
    assert confident_joint([0, 1, -1], p).sum() == 2
    assert suspicious([0, 1, -1], p) == []


def test_a_class_that_nobody_gave_is_never_suggested():
    assert suspicious([0, 0, 1], [[0.1, 0.1, 0.8], [0.6, 0.2, 0.2], [0.2, 0.6, 0.2]]) == []


def test_no_labels_no_suspects():
    assert suspicious([], np.zeros((0, 3))) == []
    assert confident_joint([], np.zeros((0, 3))).tolist() == [[0, 0, 0]] * 3


@pytest.mark.parametrize(("labels", "p"), [([0, 1], [[0.5, 0.5]]), ([0], [0.5]), ([2], [[0.5, 0.5]])])
def test_what_does_not_fit_together_is_told(labels, p):
    with pytest.raises(DataError):
        suspicious(labels, p)


judged = st.integers(1, 25).flatmap(
    lambda n: st.tuples(
        arrays(np.int64, n, elements=st.integers(-1, 2)),
        arrays(np.float64, (n, 3), elements=st.floats(0.01, 1)).map(lambda p: p / p.sum(axis=1, keepdims=True)),
    )
)


@given(judged)
def test_suspects_lie_off_the_diagonal_and_are_ranked(pairs):
    labels, p = pairs
    found = suspicious(labels, p)
    joint = confident_joint(labels, p)
    assert len(found) <= joint.sum() - np.trace(joint)
    assert [suspect.margin for suspect in found] == sorted((suspect.margin for suspect in found), reverse=True)
    for suspect in found:
        assert suspect.given == labels[suspect.index] != suspect.suggested
        assert suspect.margin == pytest.approx(p[suspect.index, suspect.suggested] - p[suspect.index, suspect.given])
        assert 0 < suspect.margin <= 1


@given(judged, st.permutations(range(3)))
def test_other_numbers_for_the_classes_find_the_same_pairs(pairs, classes):
    labels, p = pairs
    numbers = np.array([*classes, -1])
    renamed, moved = numbers[labels], np.empty_like(p)
    moved[:, classes] = p
    joint = confident_joint(renamed, moved)
    if len(np.unique(p)) == p.size:  # a tie goes to the lower number
        assert np.array_equal(joint[np.ix_(classes, classes)], confident_joint(labels, p))
