"""A pool of pairs as samplers see it: where each pair lies, and which categories it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from goeswith.relations.ends import End, Ends, Floats, Ints
from goeswith.relations.kernel import Pairs, Scale
from goeswith.relations.signs import signs
from goeswith.text.encoders import unit

CLUSTERS = 40
"""Large categories: clusters of functions (KARL, arXiv 2509.05564, section 4.1)."""


@dataclass(frozen=True)
class Pool:
    pairs: Pairs
    vectors: Floats
    """What a pair is about, and how its ends compare; shape (n, d)."""
    fine: Ints
    """Entity of the first end."""
    large: Ints
    scale: Scale

    @classmethod
    def of(cls, known: Sequence[End], ends: Ends, a: Ints, b: Ints) -> Pool:
        """Signs are standardised over the pool: that looks at inputs, never at labels."""
        raw = signs(ends, a, b)
        scale = Scale.fit(raw)
        pairs = Pairs(ends, a, b, scale(raw))
        terms = {end.entity: number for number, end in enumerate(known)}
        functions = MiniBatchKMeans(min(CLUSTERS, len(ends)), n_init=3, random_state=0).fit_predict(ends.function)
        return cls(
            pairs,
            _places(pairs),
            np.array([terms[known[row].entity] for row in a], np.int64),
            functions[a].astype(np.int64),
            scale,
        )

    def places(self, ends: Ends, a: Ints, b: Ints) -> Floats:
        """Where pairs outside the pool lie, on the pool's scale."""
        return _places(Pairs(ends, a, b, self.scale(signs(ends, a, b))))


def _places(pairs: Pairs) -> Floats:
    topic = unit(pairs.ends.use[pairs.a] + pairs.ends.use[pairs.b])
    return np.hstack([topic, pairs.signs / np.float32(np.sqrt(pairs.signs.shape[1]))]).astype(np.float32)
