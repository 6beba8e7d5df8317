"""Self-training (Yarowsky 1995): the classifier's own surest decisions on pairs that nobody answered are examples."""

from __future__ import annotations

import numpy as np

from goeswith.relations.classifier import Classifier
from goeswith.relations.ends import Ends, Ints
from goeswith.relations.examples import Examples

SURE = 0.95
WEIGHT = 0.25
"""Beside a person's label: what the classifier says it mostly knows already."""


def confident(model: Classifier, ends: Ends, a: Ints, b: Ints) -> Examples:
    """Those of the pairs whose coarse class is at least SURE, with the classifier's probabilities as their labels."""
    told = model.predict(ends, a, b)
    rows = np.flatnonzero(told.p_coarse.max(axis=1) >= SURE)
    return Examples(a[rows], b[rows], told.nine[rows], np.full(len(rows), WEIGHT), np.zeros(len(rows), bool))
