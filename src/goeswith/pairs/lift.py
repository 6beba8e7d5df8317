"""Shrunken lift: how much more often than by chance, without believing rare pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def shrunken_lift(
    together: ArrayLike, first: ArrayLike, second: ArrayLike, baskets: int, shrinkage: float
) -> NDArray[np.float64]:
    """(n_ab + s) / (n_a · n_b / N + s): 1 by chance; the pseudo-count s pulls pairs with few baskets to 1.

    `together`, `first`, `second` count baskets and broadcast; `baskets` is N.
    """
    expected = np.asarray(first, np.float64) * np.asarray(second, np.float64) / max(baskets, 1)
    return (np.asarray(together, np.float64) + shrinkage) / (expected + shrinkage)
