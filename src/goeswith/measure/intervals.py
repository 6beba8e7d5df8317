"""Bootstrap intervals, paired by query: every system is resampled with the same baskets; and Wilson's for a share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(values: Floats, repeats: int, seed: int) -> Floats:
    """Means of `repeats` resamples of each row; `values` has shape (systems, queries), the result (systems, repeats).

    All systems share the draws, so differences and ratios of two rows of the result are paired.
    """
    systems, queries = values.shape
    rng = np.random.default_rng(seed)
    out = np.empty((systems, repeats))
    for start in range(0, repeats, 100):
        stop = min(start + 100, repeats)
        weights = rng.multinomial(queries, np.full(queries, 1 / queries), size=stop - start)
        out[:, start:stop] = values @ weights.T / queries
    return out


def interval(value: float, draws: Floats) -> Interval:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")  # no mean with infinity
    return Interval(float(value), float(low), float(high))


def ratio(numerator: Floats, denominator: Floats, repeats: int, seed: int) -> Interval:
    """Ratio of two means over the same queries with its paired interval; x / 0 is infinite, 0 / 0 is 1."""
    draws = bootstrap(np.vstack([numerator, denominator]), repeats, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.append(draws[0] / draws[1], numerator.mean() / denominator.mean())
    ratios = np.nan_to_num(ratios, nan=1.0, posinf=np.inf)
    return interval(float(ratios[-1]), ratios[:-1])


def wilson(hits: int, count: int) -> Interval:
    """A share with Wilson's 95 % interval, which also holds near 0 and 1 and for small counts."""
    share, z = hits / max(count, 1), 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count) if count else 0.5
    half = z * (share * (1 - share) / count + z * z / (4 * count**2)) ** 0.5 / (1 + z * z / count) if count else 0.5
    return Interval(share, middle - half, middle + half)
