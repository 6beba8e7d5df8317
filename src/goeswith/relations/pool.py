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

    @classmethod
    def of(cls, known: Sequence[End], ends: Ends, a: Ints, b: Ints) -> Pool:
        """Signs are standardised over the pool: that looks at inputs, never at labels."""
        raw = signs(ends, a, b)
        scaled = Scale.fit(raw)(raw)
        topic = unit(ends.use[a] + ends.use[b])
        terms = {end.entity: number for number, end in enumerate(known)}
        functions = MiniBatchKMeans(min(CLUSTERS, len(ends)), n_init=3, random_state=0).fit_predict(ends.function)
        return cls(
            Pairs(ends, a, b, scaled),
            np.hstack([topic, scaled / np.float32(np.sqrt(scaled.shape[1]))]).astype(np.float32),
            np.array([terms[known[row].entity] for row in a], np.int64),
            functions[a].astype(np.int64),
        )
