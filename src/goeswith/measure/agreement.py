"""How well one judge of classes agrees with another, with bootstrap intervals over what they judged.

All follows from the confusion matrix: `tables` has shape (..., c, c), rows are the truth, columns what was given.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from goeswith.measure.intervals import Interval, interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Measure = Callable[[Floats], Floats]


def confusion(truth: Ints, given: Ints, classes: int) -> Floats:
    """Counts of (truth, given), shape (c, c)."""
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, given), 1)
    return table


def accuracy(tables: Floats) -> Floats:
    return np.asarray(np.trace(tables, axis1=-2, axis2=-1) / np.maximum(tables.sum(axis=(-2, -1)), 1))


def f1(tables: Floats) -> Floats:
    """F1 of each class, shape (..., c); 0 for a class that neither judge names."""
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    named = tables.sum(axis=-2) + tables.sum(axis=-1)
    return np.asarray(2 * hits / np.maximum(named, 1))


def macro_f1(tables: Floats) -> Floats:
    """Mean F1 of the classes that the truth or the other names."""
    named = (tables.sum(axis=-2) + tables.sum(axis=-1)) > 0
    return np.asarray(f1(tables).sum(axis=-1) / np.maximum(named.sum(axis=-1), 1))


def kappa(tables: Floats) -> Floats:
    """Cohen's kappa: agreement beyond what the two margins give by chance; 0 where chance alone explains all."""
    total = np.maximum(tables.sum(axis=(-2, -1)), 1)
    chance = (tables.sum(axis=-2) * tables.sum(axis=-1)).sum(axis=-1) / total**2
    return np.asarray(np.where(chance < 1, (accuracy(tables) - chance) / np.maximum(1 - chance, 1e-12), 0.0))


def with_interval(measure: Measure, truth: Ints, given: Ints, classes: int, repeats: int, seed: int) -> Interval:
    """A measure with its percentile interval over resamples of the judged things."""
    cells = truth * classes + given
    counts = np.bincount(cells, minlength=classes**2)
    draws = np.random.default_rng(seed).multinomial(len(cells), counts / max(len(cells), 1), size=repeats)
    tables = draws.reshape(repeats, classes, classes).astype(np.float64)
    return interval(float(measure(confusion(truth, given, classes))), measure(tables))
