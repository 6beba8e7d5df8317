"""Which pairs a person should be asked about first: those the classifier is least sure of and most customers meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from goeswith.relations.examples import COARSE


def worth(predicted: Sequence[Mapping[str, Any]], matters: Mapping[str, int]) -> list[float]:
    """Of each pair, between 0 and 1: entropy of its coarse probabilities × log popularity of its rarer end, divided by
    how often its ends stand in pairs that are worth more, so that the first dozen are not all about one entity.

    `matters` counts the baskets (or items) of each entity.
    """
    p = np.array([[row[f"p_{coarse}"] for coarse in COARSE] for row in predicted]).reshape(-1, len(COARSE))
    doubt = -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1) / np.log(len(COARSE))
    weight = np.log1p([min(matters.get(row["a"], 0), matters.get(row["b"], 0)) for row in predicted])
    raw = doubt * (1 + weight) / (1 + weight.max(initial=0))
    met: Counter[str] = Counter()
    out = [0.0] * len(predicted)
    for place in np.argsort(-raw, kind="stable"):
        a, b = predicted[place]["a"], predicted[place]["b"]
        out[place] = float(raw[place] / (1 + met[a] + met[b]))
        met.update((a, b))
    return out
