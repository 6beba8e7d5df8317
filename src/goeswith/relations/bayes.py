"""Bayesian optimisation: the best of few points in a box, where each costs a training.

    point, value = maximise(lambda x: -((x - 0.3) ** 2).sum(), low=[0.0], high=[1.0], evaluations=12, seed=7)

A Gaussian process is fitted to the values seen so far; the next point is where it expects the greatest improvement over
the best of them (Jones et al. 1998): EI(x) = (μ − best) Φ(z) + σ φ(z), z = (μ − best) / σ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from goeswith.relations.examples import Floats64

FIRST = 4
"""Points that are spread over the box before the process is asked."""
CANDIDATES = 512
LENGTH = 0.3
"""Share of the box over which values go together."""
NOISE = 0.01
"""Variance of the noise of a value, beside the variance of the values."""


def maximise(
    objective: Callable[[Floats64], float], low: Sequence[float], high: Sequence[float], evaluations: int, seed: int
) -> tuple[Floats64, float]:
    """The best point that was tried and its value; no point is tried twice."""
    box = qmc.Sobol(len(low), rng=np.random.default_rng(seed)).random(CANDIDATES)
    tried: list[int] = []
    values: list[float] = []
    while len(tried) < min(evaluations, CANDIDATES):
        place = len(tried) if len(tried) < FIRST else _most_promising(box, tried, values)
        tried.append(place)
        values.append(objective(_scaled(box[place], low, high)))
    best = int(np.argmax(values))
    return _scaled(box[tried[best]], low, high), values[best]


def _most_promising(box: Floats64, tried: list[int], values: list[float]) -> int:
    seen = np.array(values)
    seen = (seen - seen.mean()) / max(float(seen.std()), 1e-9)
    process = GaussianProcessRegressor(Matern(LENGTH, nu=2.5), alpha=NOISE, optimizer=None).fit(box[tried], seen)
    mean, spread = process.predict(box, return_std=True)
    improvement = expected_improvement(mean, spread, float(seen.max()))
    improvement[tried] = -1
    return int(improvement.argmax())


def expected_improvement(mean: Floats64, spread: Floats64, best: float) -> NDArray[np.float64]:
    """Over `best`, of normally distributed values; shape (n,)."""
    gain, spread = mean - best, np.maximum(spread, 1e-9)
    return np.asarray(gain * norm.cdf(gain / spread) + spread * norm.pdf(gain / spread))


def _scaled(point: Floats64, low: Sequence[float], high: Sequence[float]) -> Floats64:
    return np.asarray(low + point * np.subtract(high, low))
