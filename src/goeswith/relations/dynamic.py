"""The dynamic sampler: it asks what the model doubts close to the pairs that it will have to classify.

KARL (arXiv 2509.05564) asks for a sampler that adapts to in- or out-of-distribution data and builds none. This one
looks at the targets, the pairs to be classified: at their inputs, never at their labels.

- A target is *far* if it lies farther from every human label than 9 of 10 human labels lie from those of other query
  items. In distribution 1 of 10 targets is far by this measure, so only the excess over that counts.
- That excess is the share of a round that goes to far targets; the near ones have the rest. Within each part the score
  is uncertainty × closeness to the nearest target of the part. Without targets this is the margin sampler.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goeswith.relations.samplers import CHUNK, SAMPLERS, Floats, Ints, Sampler, View, budget, margin, nearest, top

QUANTILE = 0.9  # of the distances between human labels: what lies beyond is far
WIDTH = 3.0  # times their median: the squared distance at which closeness has fallen to 1/e
TARGETS = 5000  # of each part to look at; a larger part is thinned out at random


@dataclass(frozen=True)
class Novelty:
    """What the human labels say about the targets of a view."""

    far: NDArray[np.bool_]  # (t,)
    share: float  # of a round's budget for the far ones, 0 to 1
    scale: float  # squared distance at which closeness has fallen to 1/e


@dataclass(frozen=True)
class Dynamic:
    name: str = "dynamic"
    quantile: float = QUANTILE
    width: float = WIDTH

    def select(self, view: View, size: int, rng: np.random.Generator) -> Ints:
        size, seen = budget(view, size), novelty(view, self.quantile, self.width)
        parts = [(seen.far, round(size * seen.share)), (~seen.far, size)]
        chosen = np.zeros(0, np.int64)
        for targets, until in parts:
            rows = np.setdiff1d(view.open, chosen)
            score = wanted(view, rows, view.target_vectors[targets], seen.scale, rng)
            chosen = np.concatenate([chosen, top(rows, score, until - len(chosen), rng)])
        return chosen


def wanted(view: View, rows: Ints, targets: Floats, scale: float, rng: np.random.Generator) -> Floats:
    """log(uncertainty × closeness) of rows (m,), closeness = exp(−d² / scale) to the nearest of targets (f, d)."""
    doubt: Floats = np.log(np.maximum(margin(view, rows), 1e-9))
    if not len(targets):
        return doubt
    thinned = np.sort(rng.permutation(len(targets))[:TARGETS])
    doubt -= nearest(view.vectors[rows], targets[thinned]) / scale
    return doubt


def novelty(view: View, quantile: float = QUANTILE, width: float = WIDTH) -> Novelty:
    """Which targets are far; all of them where people labelled fewer than two query items."""
    usual = spread(view.human_vectors, view.human_groups)
    usual = usual[np.isfinite(usual)] if np.isfinite(usual).any() else np.zeros(1)
    far = nearest(view.target_vectors, view.human_vectors) > np.quantile(usual, quantile)
    excess = (far.mean() - (1 - quantile)) / quantile if len(far) else 0.0
    return Novelty(far, float(np.clip(excess, 0, 1)), width * float(np.median(usual)) or 1.0)


def spread(vectors: Floats, groups: Ints) -> Floats:
    """Squared distance of each human label (h, d) to the nearest one of another query item, inf without one; (h,)."""
    out = np.full(len(vectors), np.inf)
    squares = (vectors * vectors).sum(axis=1)
    for start in range(0, len(vectors), CHUNK):
        part = slice(start, start + CHUNK)
        table = squares[part, None] + squares - 2 * (vectors[part] @ vectors.T)
        table[groups[part, None] == groups] = np.inf
        out[part] = table.min(axis=1)
    np.maximum(out, 0, out=out)  # rounding can fall below
    return out


EVERY: dict[str, Sampler] = {**SAMPLERS, "dynamic": Dynamic()}
