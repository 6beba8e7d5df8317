"""When something is due again: the usual days between two purchases of one entity by one customer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

import goeswith.recommend
from goeswith.engine import Engine
from goeswith.engine.duck import sql
from goeswith.measure.splits import DAY

ARTIFACT = "replenishment.parquet"
Ints = NDArray[np.int64]


def write_intervals(engine: Engine, folder: Path, minimum_customers: int, timed: bool) -> int:
    """entity, days (median gap), customers: for entities that enough customers bought again; returns how many."""
    engine.view("entity_bills", folder / "entity_bills.parquet")
    minimum = minimum_customers if timed else 2**62
    engine.write(sql(goeswith.recommend, "replenishment.sql"), folder / ARTIFACT, minimum=minimum, day=DAY)
    return int(pq.read_metadata(folder / ARTIFACT).num_rows)


class Replenishment:
    def __init__(self, days: dict[int, int]) -> None:
        self._days = days

    @classmethod
    def load(cls, folder: Path) -> Replenishment:
        table = pq.read_table(folder / ARTIFACT)
        return cls(dict(zip(table["entity"].to_pylist(), table["days"].to_pylist(), strict=True)))

    def days(self, entity: int) -> int:
        """The usual interval of an entity that has one."""
        return self._days[entity]

    def due(self, entities: Ints, times: Ints, now: int) -> Ints:
        """Entities last bought at least their usual interval before `now` (µs); those without an interval never."""
        last: dict[int, int] = {}
        for entity, time in zip(entities.tolist(), times.tolist(), strict=True):
            last[entity] = max(time, last.get(entity, time))
        found = [e for e, time in last.items() if e in self._days and (now - time) / DAY >= self._days[e]]
        return np.array(sorted(found), np.int64)
