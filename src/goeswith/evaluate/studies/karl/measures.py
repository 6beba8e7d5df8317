"""Macro-F1 with intervals from decisions: query items are resampled, the same ones for all that is compared.

Labels of one query item stand or fall together, so resampling labels alone would give intervals that are too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from goeswith.evaluate.studies.karl.material import Labels
from goeswith.measure import agreement
from goeswith.measure.intervals import Interval, interval
from goeswith.relations.ends import Ints
from goeswith.relations.examples import COARSE, Floats64

GRID = 21
"""Points on the axis of accepted answers at which curves are compared."""


@dataclass(frozen=True)
class Resampled:
    """Draws of query items, shape (repeats, queries), after one row of ones: the sample itself."""

    weights: Floats64
    labels: Labels

    @classmethod
    def of(cls, labels: Labels, repeats: int, seed: int) -> Resampled:
        queries = int(labels.query.max()) + 1
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(queries, np.full(queries, 1 / queries), size=repeats)
        return cls(np.vstack([np.ones(queries), drawn]), labels)

    def tables(self, test: Ints, decisions: Ints) -> Floats64:
        """Confusion counts of each draw, shape (1 + repeats, c, c)."""
        classes = len(COARSE)
        by_query = np.zeros((self.weights.shape[1], classes, classes))
        np.add.at(by_query, (self.labels.query[test], self.labels.coarse[test], decisions), 1)
        return np.tensordot(self.weights, by_query, axes=1)


def told(values: Floats64) -> Interval:
    """The first value is the sample's own, the others are draws."""
    return interval(float(values[0]), values[1:])


def macro_f1(tables: Sequence[Floats64]) -> Floats64:
    """Mean over seeds, shape (1 + repeats,)."""
    return np.asarray(np.mean([agreement.macro_f1(table) for table in tables], axis=0))


def area(accepted: Sequence[float], curve: Floats64, until: float) -> Floats64:
    """Mean height of a curve between 0 and `until` accepted answers; `curve` has shape (..., rounds)."""
    grid = np.linspace(0, until, GRID)
    at = np.stack([np.interp(grid, accepted, unit) for unit in np.eye(len(accepted))], axis=1)
    return np.asarray(np.trapezoid(curve @ at.T, dx=1 / (GRID - 1), axis=-1))
