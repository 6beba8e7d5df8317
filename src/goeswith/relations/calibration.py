"""From balanced scores to probabilities at the frequencies of the labels: multinomial logistic regression.

It is trained on the scores of examples by models that never saw them, so that it learns how sure the classifier may be
of new pairs. (Platt 1999, for several classes and soft labels.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from goeswith.relations.ends import Floats

STRENGTH = 10.0


@dataclass(frozen=True)
class Calibration:
    slopes: Floats
    """Shape (classes, classes)."""
    offsets: Floats

    @classmethod
    def fit(cls, scores: Floats, targets: NDArray[np.floating], weights: NDArray[np.floating]) -> Calibration:
        """`scores` and `targets` have shape (n, classes); soft targets count in parts."""
        classes = targets.shape[1]
        model = LogisticRegression(C=STRENGTH, max_iter=1000)
        model.fit(
            np.tile(scores.astype(np.float64), (classes, 1)),
            np.repeat(np.arange(classes), len(scores)),
            sample_weight=np.concatenate([targets[:, klass] * weights for klass in range(classes)]),
        )
        return cls(model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))

    def __call__(self, scores: Floats) -> NDArray[np.float64]:
        """Probabilities, shape (n, classes); rows sum to 1."""
        return np.asarray(softmax((scores @ self.slopes + self.offsets).astype(np.float64), axis=1), np.float64)
