from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goeswith.relations.bayes import expected_improvement, maximise

LOW, HIGH = [-3.0, -4.0], [0.0, -1.0]


def hill(peak: np.ndarray):
    return lambda point: float(-((point - peak) ** 2).sum())


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_the_top_of_a_hill(seed):
    peak = np.array([-0.7, -3.2])
    point, value = maximise(hill(peak), LOW, HIGH, evaluations=12, seed=seed)
    assert point == pytest.approx(peak, abs=0.35)
    assert value == hill(peak)(point)


def test_it_beats_points_drawn_by_chance():
    rng = np.random.default_rng(0)
    peaks = rng.uniform(LOW, HIGH, (12, 2))
    found = [maximise(hill(peak), LOW, HIGH, 12, seed)[1] for seed, peak in enumerate(peaks)]
    drawn = [max(map(hill(peak), rng.uniform(LOW, HIGH, (12, 2)))) for peak in peaks]
    assert np.mean(found) > np.mean(drawn) / 3, "the miss is a third of it"


@settings(max_examples=15)
@given(seed=st.integers(0, 99), evaluations=st.integers(1, 9), dimensions=st.integers(1, 3))
def test_points_lie_in_the_box_are_distinct_and_as_many_as_allowed(seed, evaluations, dimensions):
    tried: list[tuple[float, ...]] = []

    def objective(point: np.ndarray) -> float:
        tried.append(tuple(point))
        return float(np.sin(5 * point).sum())

    point, value = maximise(objective, [-1.0] * dimensions, [2.0] * dimensions, evaluations, seed)
    assert len(set(tried)) == len(tried) == evaluations
    assert all(-1 <= x <= 2 for each in tried for x in each)
    assert tuple(point) in tried
    assert value == max(float(np.sin(5 * np.array(each)).sum()) for each in tried)


def test_the_seed_alone_decides():
    runs = [maximise(hill(np.array([-1.0, -2.0])), LOW, HIGH, 8, seed)[0].tolist() for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]


def test_a_flat_world_is_no_trouble():
    assert maximise(lambda point: 1.0, [0.0], [1.0], 8, 7)[1] == 1.0


@given(st.floats(-3, 3), st.floats(0.01, 3), st.floats(-3, 3))
def test_expected_improvement_is_what_it_says(mean, spread, best):
    drawn = mean + spread * np.random.default_rng(0).standard_normal(100_000)
    expected = expected_improvement(np.array([mean]), np.array([spread]), best)[0]
    assert expected == pytest.approx(np.maximum(drawn - best, 0).mean(), abs=0.03)
