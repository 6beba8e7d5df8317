"""Weighted kernel ridge regression on landmarks, with leave-group-out predictions in closed form.

f(x) = Σ_l α_l k(x, l) minimises Σ_i w_i |y_i − f(x_i)|² + λ |f|² over the span of the landmarks (subset of regressors;
Rasmussen & Williams 2006, section 8.3.1); with every example a landmark it is exact. The cost grows linearly with the
examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from goeswith.relations.ends import Floats, Ints

JITTER = 1e-3


@dataclass(frozen=True)
class Ridge:
    coefficients: Floats
    """Shape (landmarks, targets)."""
    offset: Floats
    """Shape (targets,): the weighted mean of the targets, which a prediction falls back on far from all examples."""
    left_out: Floats
    """What each example would get from a model that saw nothing of its group, shape (examples, targets)."""

    def __call__(self, gram: Floats) -> Floats:
        """Predictions for the rows of k(x, landmarks)."""
        return np.asarray(gram @ self.coefficients + self.offset)


class Solver:
    """The part of the work that does not depend on the targets; several sets of targets can be fitted with it."""

    def __init__(
        self, gram: Floats, landmarks: Ints, weights: NDArray[np.floating], penalty: float, groups: Ints | None = None
    ) -> None:
        """`gram` is k(examples, landmarks); `landmarks` are their rows among the examples; examples of one of `groups`,
        shape (examples,), are left out together."""
        self._weights = np.asarray(weights, np.float32)
        self._weight = (self._weights / np.float32(penalty))[:, None]
        own = gram[landmarks]
        own[np.diag_indices(len(landmarks))] += np.float32(JITTER)
        self._root = cholesky(own, lower=True, overwrite_a=True, check_finite=False)
        # in these features |f|² is the squared length of its coefficients, which keeps the system well conditioned
        self._features = solve_triangular(self._root, gram.T, lower=True, check_finite=False)
        normal = (self._features * self._weight[:, 0]) @ self._features.T
        normal[np.diag_indices(len(landmarks))] += 1
        self._factor = cholesky(normal, lower=True, overwrite_a=True, check_finite=False)
        self._spread = solve_triangular(self._factor, self._features, lower=True, check_finite=False)
        self._leverage = np.einsum("ln,ln->n", self._spread, self._spread) * self._weight[:, 0]
        self._groups = np.arange(len(gram)) if groups is None else groups

    def fit(self, targets: NDArray[np.floating]) -> Ridge:
        """`targets` has shape (examples, targets)."""
        offset = np.average(targets, axis=0, weights=self._weights).astype(np.float32)
        centred = np.asarray(targets, np.float32) - offset
        solved = cho_solve((self._factor, True), self._features @ (centred * self._weight), check_finite=False)
        left_out = centred - self._missed(centred - self._features.T @ solved)
        coefficients = solve_triangular(self._root, solved, lower=True, trans="T", check_finite=False)
        return Ridge(np.asarray(coefficients, np.float32), offset, np.asarray(left_out + offset, np.float32))

    def _missed(self, residuals: Floats) -> Floats:
        """By how much each example is missed without its group: (I − H_GG)⁻¹ (y_G − f_G), H the hat matrix."""
        missed: Floats = residuals / np.maximum(1 - self._leverage, 1e-3)[:, None]
        order = np.argsort(self._groups, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(self._groups[order])) + 1):
            if len(rows) > 1:
                hat = self._spread[:, rows].T @ (self._spread[:, rows] * self._weight[rows, 0])
                missed[rows] = np.linalg.solve(np.eye(len(rows)) * (1 + JITTER) - hat, residuals[rows])
        return missed
