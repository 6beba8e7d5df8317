"""The learned weighing of the evidence: boosted trees under a softmax over a title's candidates and "none of them".

"None" has the fixed score 0, so the probabilities of a title's candidates sum to less than 1 and need no calibrator.
Where there is too little to learn from all candidates score 0 too: each is as likely as "none of them".
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


FEWEST, ENOUGH = 20, 300
"""Candidates: below the first nothing is learned, below the second leaves may be smaller."""


def fit_scorer(candidates: Candidates, right: NDArray[np.bool_]) -> lgb.Booster | None:
    """Train on candidates of which `right` are their title's answer, at most one a title; None if they are too few."""
    count = len(candidates.title)
    if count < FEWEST or not np.ptp(candidates.features, axis=0).any():
        return None
    small = {"min_data_in_leaf": max(1, count // 10), "feature_pre_filter": False} if count < ENOUGH else {}
    starts, group = _groups(candidates)

    def softmax_loss(scores: Doubles, data: Any) -> tuple[Doubles, Doubles]:
        probability = _softmax(scores, starts, group)
        return probability - right, CURVATURE * np.maximum(probability * (1 - probability), 1e-6)

    data = lgb.Dataset(candidates.features, right.astype(np.float64), feature_name=list(FEATURES), free_raw_data=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return lgb.train({**PARAMETERS, **small, "objective": softmax_loss}, data, TREES)


def probabilities(scorer: lgb.Booster | None, candidates: Candidates) -> Doubles:
    """Probability of each candidate to be its title's term, shape (candidates,)."""
    if len(candidates.title) == 0:
        return np.zeros(0)
    if scorer is None:
        return _softmax(np.zeros(len(candidates.title)), *_groups(candidates))
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
