from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.measure.intervals import Interval, bootstrap, interval, ratio


def noisy(seed: int, queries: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).random(queries)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_a_system_against_itself_is_exactly_one(values):
    found = ratio(np.array(values), np.array(values), repeats=100, seed=1)
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_a_system_twice_as_good_is_exactly_two():
    found = ratio(2 * noisy(1), noisy(1), repeats=100, seed=1)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


def test_against_nothing_the_ratio_is_infinite():
    found = ratio(np.ones(5), np.zeros(5), repeats=100, seed=1)
    assert (found.value, found.low, found.high) == (math.inf, math.inf, math.inf)


def test_pairing_gives_a_narrower_interval():
    base = noisy(1)
    better = base + 0.1 + 0.01 * noisy(2)
    paired = bootstrap(np.vstack([better, base]), 500, seed=1)
    unpaired = bootstrap(base[None], 500, seed=2)
    width = {
        name: interval(0, paired[0] - other).high - interval(0, paired[0] - other).low
        for name, other in (("paired", paired[1]), ("unpaired", unpaired[0]))
    }
    assert width["paired"] < width["unpaired"] / 5


def test_the_same_seed_draws_the_same():
    values = noisy(1)[None]
    assert np.array_equal(bootstrap(values, 250, seed=3), bootstrap(values, 250, seed=3))
    assert not np.array_equal(bootstrap(values, 250, seed=3), bootstrap(values, 250, seed=4))


def test_every_repeat_is_drawn():
    draws = bootstrap(noisy(1)[None], 250, seed=1)
    assert draws.shape == (1, 250)
    assert len(np.unique(draws)) > 200


def test_the_interval_holds_the_mean_and_has_the_right_width():
    values = noisy(1, queries=2000)
    found = interval(values.mean(), bootstrap(values[None], 1000, seed=1)[0])
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(2000), rel=0.1)


def test_an_interval_is_written_with_its_ends():
    assert str(Interval(0.12345, 0.1, 0.2)) == "0.123 [0.100, 0.200]"
