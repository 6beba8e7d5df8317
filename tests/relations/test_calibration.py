from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goeswith.relations.calibration import Calibration
from goeswith.relations.coarse import softmax

PRIOR = np.array([0.1, 0.2, 0.7])


def overconfident(seed: int, count: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are five times as sure as they may be, of balanced classes, with labels at other frequencies."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(3, count, p=PRIOR)
    honest = 1.5 * np.eye(3)[classes] + rng.normal(size=(count, 3))
    return (5 * honest).astype(np.float32), np.eye(3)[classes]


def log_loss(probabilities: np.ndarray, targets: np.ndarray) -> float:
    return float(-(targets * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean())


@settings(max_examples=10)
@given(st.integers(0, 999))
def test_it_lowers_the_log_loss_of_new_scores(seed):
    scores, targets = overconfident(seed)
    new, truth = overconfident(seed + 1000)
    told = Calibration.fit(scores, targets, np.ones(len(scores)))(new)
    assert log_loss(told, truth) < log_loss(softmax(new), truth) - 0.3
    assert log_loss(told, truth) < log_loss(np.tile(PRIOR, (len(new), 1)), truth), "and it knows more than the prior"


def test_it_learns_how_frequent_the_classes_are():
    scores, targets = overconfident(3)
    told = Calibration.fit(scores, targets, np.ones(len(scores)))(scores)
    assert told.mean(axis=0) == pytest.approx(targets.mean(axis=0), abs=0.01)


@given(st.integers(0, 999))
def test_rows_sum_to_1(seed):
    rng = np.random.default_rng(seed)
    made = Calibration(rng.normal(size=(3, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32))
    told = made(rng.normal(size=(20, 3)).astype(np.float32) * 50)
    assert told.sum(axis=1) == pytest.approx(np.ones(20))
    assert (told >= 0).all()


def test_soft_labels_count_in_parts():
    """Half an example of each of two classes is two examples of half the weight."""
    scores, targets = overconfident(5, 100)
    soft = 0.5 * targets + 0.5 * np.roll(targets, 1, axis=1)
    parts = Calibration.fit(
        np.vstack([scores, scores]), np.vstack([targets, np.roll(targets, 1, axis=1)]), np.full(200, 0.5)
    )
    assert Calibration.fit(scores, soft, np.ones(100)).slopes == pytest.approx(parts.slopes, abs=1e-3)


def test_examples_without_weight_do_not_count():
    scores, targets = overconfident(5, 200)
    weights = np.where(np.arange(200) < 100, 1.0, 0.0)
    lies = np.where(weights[:, None] > 0, targets, np.roll(targets, 1, axis=1))
    mixed, alone = (
        Calibration.fit(scores, lies, weights),
        Calibration.fit(scores[:100], targets[:100], np.ones(100)),
    )
    assert mixed(scores) == pytest.approx(alone(scores), abs=1e-3)
