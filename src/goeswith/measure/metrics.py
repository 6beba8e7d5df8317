"""Ranking metrics for one held-out target a query.

`lists` has shape (queries, k): recommended items, best first, −1 where a list is short. `targets` has shape (queries,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def ranks(lists: Ints, targets: Ints) -> Ints:
    """0-based place of the target in its list, −1 where it is missing; shape (queries,)."""
    found = lists == targets[:, None]
    return np.where(found.any(axis=1), found.argmax(axis=1), -1)


def hit(lists: Ints, targets: Ints, k: int) -> Floats:
    """1 where the target is among the first k. With one target a query, recall@k is the same number."""
    place = ranks(lists, targets)
    return ((place >= 0) & (place < k)).astype(np.float64)


def ndcg(lists: Ints, targets: Ints, k: int) -> Floats:
    """1 / log2(place + 1) for a 1-based place within k, else 0: the ideal list has the target first."""
    place = ranks(lists, targets)
    return np.where((place >= 0) & (place < k), 1 / np.log2(np.maximum(place, 0) + 2), 0.0)


def coverage(lists: Ints, k: int, items: int) -> float:
    """Share of the catalogue that is recommended to anyone."""
    shown = np.unique(lists[:, :k])
    return float((shown >= 0).sum() / max(items, 1))


def leak(flags: NDArray[np.bool_], lists: Ints, k: int) -> Floats:
    """Share of each list's first k that is flagged (a substitute of the query); `flags` has the shape of `lists`."""
    shown = lists[:, :k] >= 0
    return np.asarray((flags[:, :k] & shown).sum(axis=1) / np.maximum(shown.sum(axis=1), 1))
