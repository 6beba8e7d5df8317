"""What a user would pick instead, each exact and treated like the product: same bills, same queries, same exclusions.

| baseline | score of item j for a context |
|---|---|
| popularity | baskets with j |
| cosine | Σ n_ij / √(n_i n_j) over the context's items i |
| lift | Σ n_ij N / (n_i n_j) |
| text | Σ ((cos words + cos meaning) / 2)³ of the titles |
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from goeswith.measure.splits import Bills
from goeswith.recommend.catalogue import Catalogue, likeness

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
BASELINES = ("popularity", "cosine", "lift", "text")
LARGEST_BATCH = 128
BATCH_CELLS = 2_000_000


class Baselines:
    def __init__(self, bills: Bills, catalogue: Catalogue) -> None:
        items = len(catalogue)
        baskets, row = np.unique(bills.basket, return_inverse=True)
        self._baskets = sp.csr_matrix((np.ones(len(bills)), (row, bills.item)), shape=(len(baskets), items))
        self._bought = np.bincount(bills.item, minlength=items).astype(np.float64)
        self._catalogue = catalogue

    def rank(self, contexts: list[Ints], k: int, allowed: Callable[[int], Mask]) -> dict[str, Ints]:
        """Name -> the best k items of each context, −1 where nothing scores above 0; shape (contexts, k)."""
        out = {name: np.full((len(contexts), k), -1, np.int64) for name in BASELINES}
        batch = max(8, min(LARGEST_BATCH, BATCH_CELLS // len(self._bought)))
        for start in range(0, len(contexts), batch):
            chosen = contexts[start : start + batch]
            scores = self._scores(chosen)
            for place in range(len(chosen)):
                mask = allowed(start + place)
                for name in BASELINES:
                    best = _best(np.where(mask, scores[name][place], 0), k)
                    out[name][start + place, : len(best)] = best
        return out

    def _scores(self, contexts: list[Ints]) -> dict[str, NDArray[np.float64]]:
        row = np.repeat(np.arange(len(contexts)), [len(context) for context in contexts])
        asked = sp.csr_matrix(
            (np.ones(len(row)), (row, np.concatenate(contexts))), shape=(len(contexts), len(self._bought))
        )
        per_item = np.maximum(self._bought, 1)
        items = np.unique(asked.indices)
        return {
            "popularity": np.broadcast_to(self._bought, (len(contexts), len(self._bought))),
            "cosine": self._together(asked, per_item**-0.5),
            "lift": self._together(asked, 1 / per_item) * self._baskets.shape[0],
            "text": asked[:, items] @ likeness(self._catalogue, items),
        }

    def _together(self, asked: sp.csr_matrix, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Σ_i w_i n_ij w_j without ever forming the item × item matrix."""
        seen = (asked @ sp.diags(weight)) @ self._baskets.T
        return np.asarray((seen @ self._baskets).toarray() * weight)


def _best(scores: NDArray[np.float64], k: int) -> Ints:
    """Best first; ties by item number."""
    some = np.argpartition(-scores, min(k, len(scores) - 1))[:k]
    floor = scores[some].min() if len(some) else 0.0
    candidates = np.flatnonzero((scores >= floor) & (scores > 0))
    return candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
