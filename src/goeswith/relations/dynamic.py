"""The dynamic sampler: near the human labels it asks what the model doubts, far from them what the targets need.

KARL (arXiv 2509.05564) asks for a sampler that fits its diversity to in- or out-of-distribution data and builds none.
This one looks at the targets, the pairs that will have to be classified: their inputs, never their labels.

- A target is *far* if it lies farther from every human label than 9 of 10 human labels lie from those of other query
  items. In distribution 1 of 10 targets is far by this measure, so only the excess over that counts.
- That excess is the far share of a round: pairs close to far targets, by uncertainty × closeness. The rest goes by
  uncertainty alone, over the whole pool. Where nothing is far, this is the margin sampler.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goeswith.relations.samplers import CHUNK, Floats, Ints, View, budget, margin, nearest, top

QUANTILE = 0.9  # of the distances between human labels: what lies beyond is far
TARGETS = 5000  # far targets to look at; a larger set is thinned out at random


@dataclass(frozen=True)
class Region:
    """The far part of the targets, as one view shows it."""

    vectors: Floats  # (f, d) far targets
    share: float  # of a round's budget, 0 to 1
    scale: float  # squared distance at which closeness has fallen to 1/e


@dataclass(frozen=True)
class Dynamic:
    """Uncertainty near the human labels, uncertainty × closeness to far targets away from them."""

    name: str = "dynamic"
    quantile: float = QUANTILE

    def select(self, view: View, size: int, rng: np.random.Generator) -> Ints:
        size, region = budget(view, size), far_region(view, self.quantile)
        doubt = margin(view, view.open)
        order = rng.permutation(len(region.vectors))[:TARGETS]
        distance = nearest(view.vectors[view.open], region.vectors[np.sort(order)])
        far = top(view.open, np.log(np.maximum(doubt, 1e-9)) - distance / region.scale, round(size * region.share), rng)
        near = np.isin(view.open, far, invert=True)
        return np.concatenate([far, top(view.open[near], doubt[near], size - len(far), rng)])


def far_region(view: View, quantile: float = QUANTILE) -> Region:
    """The far targets and what they deserve; without human labels to compare, every target is far."""
    usual = spread(view.human_vectors, view.human_groups)
    distance = nearest(view.target_vectors, view.human_vectors)
    if not np.isfinite(usual).any():  # fewer than two query items: no distribution to be inside of
        usual = np.zeros(1)
    far = distance > np.quantile(usual, quantile)
    excess = (far.mean() - (1 - quantile)) / quantile if len(far) else 0.0
    scale = float(np.median(usual)) or 1.0
    return Region(view.target_vectors[far], float(np.clip(excess, 0, 1)), scale)


def spread(vectors: Floats, groups: Ints) -> Floats:
    """Squared distance of each human label (h, d) to the nearest one of another query item, inf without one; (h,)."""
    out = np.full(len(vectors), np.inf)
    squares = (vectors * vectors).sum(axis=1)
    for start in range(0, len(vectors), CHUNK):
        part = slice(start, start + CHUNK)
        table = squares[part, None] + squares - 2 * (vectors[part] @ vectors.T)
        table[groups[part, None] == groups] = np.inf
        out[part] = table.min(axis=1)
    return np.maximum(out, 0)
