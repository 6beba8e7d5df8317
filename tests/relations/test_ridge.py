from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.relations.ridge import Solver

PENALTY = 0.5


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A Gaussian kernel of points with weights and two targets."""
    rng, count = np.random.default_rng(draw(st.integers(0, 9999))), draw(st.integers(3, 25))
    points = rng.normal(size=(count, 3))
    gram = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2))
    return gram.astype(np.float32), rng.uniform(0.2, 2, count), rng.normal(size=(count, 2))


def exact(gram: np.ndarray, weights: np.ndarray, targets: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """(K + λ W⁻¹)⁻¹ (y − offset)."""
    return np.linalg.solve(gram + PENALTY * np.diag(1 / weights), targets - offset)


@given(problems())
def test_with_every_example_a_landmark_it_is_exact_kernel_ridge(problem):
    gram, weights, targets = problem
    ridge = Solver(gram, np.arange(len(gram)), weights, PENALTY).fit(targets)
    offset = np.average(targets, axis=0, weights=weights)
    assert ridge.offset == pytest.approx(offset, abs=1e-5)
    assert ridge(gram) == pytest.approx(gram @ exact(gram, weights, targets, offset) + offset, abs=0.01)


@given(problems())
def test_left_out_is_what_fits_without_each_example_say(problem):
    gram, weights, targets = problem
    found = Solver(gram, np.arange(len(gram)), weights, PENALTY).fit(targets)
    for row in range(len(gram)):
        rest = np.arange(len(gram)) != row
        without = exact(gram[np.ix_(rest, rest)], weights[rest], targets[rest], found.offset)
        assert found.left_out[row] == pytest.approx(gram[row, rest] @ without + found.offset, abs=0.02)


@given(problems(), st.data())
def test_with_fewer_landmarks_it_minimises_over_their_span(problem, data):
    gram, weights, targets = problem
    rows = np.sort(np.array(sorted(data.draw(st.sets(st.integers(0, len(gram) - 1), min_size=1)))))
    ridge = Solver(gram[:, rows], rows, weights, PENALTY).fit(targets)

    def loss(coefficients: np.ndarray) -> float:
        missed = targets - ridge.offset - gram[:, rows] @ coefficients
        length = (coefficients * (gram[np.ix_(rows, rows)] @ coefficients)).sum()
        return float((weights[:, None] * missed**2).sum() + PENALTY * length)

    least = loss(ridge.coefficients)
    rng = np.random.default_rng(0)
    for _ in range(5):
        assert loss(ridge.coefficients + 0.05 * rng.normal(size=ridge.coefficients.shape)) > least - 1e-3


@given(problems())
def test_a_doubled_weight_is_a_repeated_example(problem):
    gram, weights, targets = problem
    rows = np.arange(len(gram))
    twice = np.concatenate([rows, rows[:1]])
    doubled = np.where(rows == 0, 2 * weights, weights)
    heavy = Solver(gram, rows, doubled, PENALTY).fit(targets)
    repeated = Solver(gram[twice], rows, weights[twice], PENALTY).fit(targets[twice])
    assert repeated(gram) == pytest.approx(heavy(gram), abs=0.005)


def test_far_from_all_examples_it_falls_back_on_their_mean():
    ridge = Solver(np.eye(3, dtype=np.float32), np.arange(3), np.ones(3), PENALTY).fit(np.array([[1.0], [2.0], [6.0]]))
    assert ridge(np.zeros((1, 3), np.float32))[0] == pytest.approx([3.0])


def test_one_solver_serves_several_targets_as_each_alone():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 2))
    gram = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2)).astype(np.float32)
    solver, targets = Solver(gram, np.arange(30), np.ones(30), PENALTY), rng.normal(size=(30, 3))
    alone = [solver.fit(targets[:, [column]])(gram)[:, 0] for column in range(3)]
    assert solver.fit(targets)(gram) == pytest.approx(np.stack(alone, axis=1), abs=1e-5)


def test_copies_among_the_landmarks_are_no_trouble():
    gram = np.ones((4, 4), np.float32)
    assert np.isfinite(Solver(gram, np.arange(4), np.ones(4), PENALTY).fit(np.arange(4.0)[:, None]).left_out).all()
