"""Labels worth a second look: people err too.

    suspicious(labels, probabilities)        # the most suspicious first

Confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"): a
model that never saw a label says how likely each class is. A pair counts as of class j where its probability of j is at
least what the model gives on average to pairs that are labelled j. The table of (given label, class it counts as) is
the confident joint; what lies off its diagonal is suspicious, ranked by the margin between the two classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from goeswith.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNLABELLED = -1


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that the model contradicts."""

    index: int
    """Row of the labels."""
    given: int
    suggested: int
    margin: float
    """P(suggested) − P(given), above 0 and at most 1."""


def suspicious(labels: ArrayLike, probabilities: ArrayLike, most: int | None = None) -> list[Suspect]:
    """Labels that the model confidently contradicts, largest margin first, at most `most`.

    `labels` has shape (n,), −1 where there is none; `probabilities` has shape (n, k) and must be out of fold: a model
    that learned a label believes it.
    """
    given, p = _checked(labels, probabilities)
    counted = _confident_class(given, p)
    rows = np.flatnonzero((counted >= 0) & (counted != given))
    margin = p[rows, counted[rows]] - p[rows, given[rows]]
    order = np.lexsort((rows, -margin))
    found = [Suspect(int(rows[n]), int(given[rows[n]]), int(counted[rows[n]]), float(margin[n])) for n in order]
    # Thresholds differ by class: a class may be confident and yet not above the given one. That is no contradiction.
    return [suspect for suspect in found if suspect.margin > 0][:most]


def confident_joint(labels: ArrayLike, probabilities: ArrayLike) -> Ints:
    """Counts of (given label, class that the pair confidently is), shape (k, k). A pair without one is not counted."""
    given, p = _checked(labels, probabilities)
    counted = _confident_class(given, p)
    joint = np.zeros((p.shape[1], p.shape[1]), np.int64)
    sure = counted >= 0
    np.add.at(joint, (given[sure], counted[sure]), 1)
    return joint


def thresholds(labels: ArrayLike, probabilities: ArrayLike) -> Floats:
    """Mean probability of class j over the pairs labelled j, shape (k,); infinite for a class that nobody gave."""
    given, p = _checked(labels, probabilities)
    return _thresholds(given, p)


def _thresholds(given: Ints, p: Floats) -> Floats:
    members = np.eye(p.shape[1])[given] * (given >= 0)[:, None]
    count = members.sum(axis=0)
    return np.where(count > 0, (members * p).sum(axis=0) / np.maximum(count, 1), np.inf)


def _confident_class(given: Ints, p: Floats) -> Ints:
    """The likeliest class at or above its threshold, −1 where none is or there is no label; shape (n,)."""
    bar = _thresholds(given, p) - 1e-12  # a mean of equal numbers may round above them
    held = np.where(p >= bar, p, -1.0)
    best = held.argmax(axis=1)
    return np.where((held.max(axis=1) >= 0) & (given >= 0), best, UNLABELLED)


def _checked(labels: ArrayLike, probabilities: ArrayLike) -> tuple[Ints, Floats]:
    given, p = np.asarray(labels, np.int64), np.asarray(probabilities, np.float64)
    if p.ndim != 2 or given.shape != p.shape[:1]:
        raise DataError(
            "labels and probabilities do not fit together",
            found=f"shapes {given.shape} and {p.shape}",
            remedy="give one label and one row of probabilities a pair",
        )
    if len(given) and not (given.min() >= UNLABELLED and given.max() < p.shape[1]):
        raise DataError(
            "a label out of range",
            found=f"{given.min()} to {given.max()}",
            remedy=f"labels are 0 to {p.shape[1] - 1}, or -1 for none",
        )
    return given, p
