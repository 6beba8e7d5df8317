"""The learned weighing of the evidence: boosted trees under a softmax over a title's candidates and "none of them".

"None" has the fixed score 0, so the probabilities of a title's candidates sum to less than 1 and need no calibrator.
"""

from __future__ import annotations

import warnings
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from goeswith.entities.evidence import FEATURES, RISING, Candidates

Doubles = NDArray[np.float64]
TREES = 150
CURVATURE = 2.0  # of the softmax's diagonal Hessian; the bound that keeps Newton steps from overshooting
PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.06,
    "num_leaves": 12,
    "min_data_in_leaf": 30,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "monotone_constraints": [int(name in RISING) for name in FEATURES],
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 0,
    "verbose": -1,
}


def fit_scorer(candidates: Candidates, right: NDArray[np.bool_]) -> lgb.Booster:
    """Train on candidates of which `right` are their title's answer; at most one a title."""
    starts, group = _groups(candidates)

    def softmax_loss(scores: Doubles, data: Any) -> tuple[Doubles, Doubles]:
        probability = _softmax(scores, starts, group)
        return probability - right, CURVATURE * np.maximum(probability * (1 - probability), 1e-6)

    data = lgb.Dataset(candidates.features, right.astype(np.float64), feature_name=list(FEATURES), free_raw_data=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return lgb.train({**PARAMETERS, "objective": softmax_loss}, data, TREES)


def probabilities(scorer: lgb.Booster, candidates: Candidates) -> Doubles:
    """Probability of each candidate to be its title's term, shape (candidates,)."""
    if len(candidates.title) == 0:
        return np.zeros(0)
    scores = np.asarray(scorer.predict(candidates.features, num_threads=1, raw_score=True))
    return _softmax(scores, *_groups(candidates))


def _groups(candidates: Candidates) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    change = np.r_[True, candidates.title[1:] != candidates.title[:-1]]
    return np.flatnonzero(change), np.cumsum(change) - 1


def _softmax(scores: Doubles, starts: NDArray[np.int64], group: NDArray[np.int64]) -> Doubles:
    highest = np.maximum(np.maximum.reduceat(scores, starts), 0)
    powers = np.exp(scores - highest[group])
    total = np.add.reduceat(powers, starts) + np.exp(-highest)
    return np.asarray(powers / total[group])
