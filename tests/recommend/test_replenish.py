from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from goeswith.engine import Engine
from goeswith.measure.splits import DAY
from goeswith.recommend.replenish import Replenishment, write_intervals

MILK, LAMP = 0, 1


@pytest.fixture
def intervals(engine: Engine, parquet: Callable[..., Path], tmp_path: Path) -> Callable[..., Replenishment]:
    """From {(user, entity): days of purchase} to the intervals that are kept."""

    def fit(days: dict[tuple[int, int], list[float]], minimum: int = 2, timed: bool = True) -> Replenishment:
        rows = [
            {"basket": n, "user": user, "entity": entity, "time": int(day * DAY)}
            for n, (user, entity, day) in enumerate((u, e, d) for (u, e), found in days.items() for d in found)
        ]
        parquet("entity_bills.parquet", rows)
        write_intervals(engine, tmp_path, minimum, timed)
        return Replenishment.load(tmp_path)

    return fit


def due(replenishment: Replenishment, bought: dict[int, float], now: float) -> list[int]:
    entities = np.array(list(bought), np.int64)
    times = np.array([int(day * DAY) for day in bought.values()], np.int64)
    return replenishment.due(entities, times, int(now * DAY)).tolist()


def test_the_interval_is_the_median_gap_of_all_customers(intervals):
    found = intervals({(0, MILK): [0, 5, 11], (1, MILK): [3, 10]})  # gaps 5, 6, 7
    assert due(found, {MILK: 100}, 105.9) == []
    assert due(found, {MILK: 100}, 106) == [MILK]


def test_of_two_middle_gaps_the_shorter_counts(intervals):
    found = intervals({(0, MILK): [0, 4], (1, MILK): [0, 8]})
    assert due(found, {MILK: 0}, 4) == [MILK]


def test_two_purchases_of_one_day_are_one_visit(intervals):
    found = intervals({(0, MILK): [0, 0.4, 10], (1, MILK): [0, 10]})
    assert due(found, {MILK: 0}, 9) == []
    assert due(found, {MILK: 0}, 10) == [MILK]


def test_too_few_customers_tell_no_interval(intervals):
    gaps = {(0, MILK): [0, 5, 10, 15], (1, MILK): [2]}
    assert due(intervals(gaps), {MILK: 0}, 1000) == []
    assert due(intervals(gaps, minimum=1), {MILK: 0}, 1000) == [MILK]


def test_anonymous_bills_tell_no_interval(intervals):
    assert due(intervals({(-1, MILK): [0, 5], (-2, MILK): [1, 6]}), {MILK: 0}, 1000) == []


def test_without_times_nothing_is_ever_due(intervals):
    gaps = {(user, MILK): [0, 5] for user in range(9)}
    assert due(intervals(gaps, timed=False), {MILK: 0}, 1000) == []


def test_the_last_purchase_counts_and_others_are_never_due(intervals):
    found = intervals({(0, MILK): [0, 5], (1, MILK): [0, 5], (0, LAMP): [0]})
    bought = np.array([MILK, MILK, LAMP]), np.array([0, 8 * DAY, 0])
    assert found.due(*bought, 12 * DAY).tolist() == []
    assert found.due(*bought, 13 * DAY).tolist() == [MILK]


def test_who_bought_nothing_has_nothing_due(intervals):
    assert due(intervals({(0, MILK): [0, 5], (1, MILK): [0, 5]}), {}, 1000) == []
