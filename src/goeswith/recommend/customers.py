"""Customers most like a context, and what else they take: a memory that no item-item matrix keeps.

    similarity(c) = Σ over shared items of idf(i) · log(1 + bills of c with i) / √(items of c + 5)

The 20 most similar customers vote for what they took, by the square of their similarity. One or two items do not tell
who is alike: for such contexts nobody votes.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from goeswith.measure.splits import Bills

Floats = NDArray[np.float32]
MOST_CUSTOMERS = 50_000
"""Beyond it the latest customers are remembered."""
NEAREST = 20
SMOOTHING = 5.0
FEWEST_ITEMS = 3


def remember(bills: Bills, items: int) -> sp.csr_matrix:
    """log(1 + bills with the item) of each named customer, shape (customers, items)."""
    named = np.flatnonzero(bills.user >= 0)
    users, row = np.unique(bills.user[named], return_inverse=True)
    counts = sp.csr_matrix((np.ones(len(named), np.float32), (row, bills.item[named])), shape=(len(users), items))
    if len(users) > MOST_CUSTOMERS:
        last = np.zeros(len(users), np.int64)
        np.maximum.at(last, row, bills.time[named])
        counts = counts[np.sort(np.lexsort((np.arange(len(users)), -last))[:MOST_CUSTOMERS])]
    counts.data = np.log1p(counts.data)
    return counts


def vote(asked: sp.csr_matrix, customers: sp.csr_matrix, weight: Floats) -> Floats:
    """Scores of all items for each context; `asked` is (contexts, items), `weight` the idf of each item."""
    if customers.shape[0] == 0:
        return np.zeros(asked.shape, np.float32)
    length = np.sqrt(np.diff(customers.indptr) + SMOOTHING)
    telling = np.diff(asked.indptr) >= FEWEST_ITEMS
    alike = ((asked @ sp.diags(weight)) @ customers.T).toarray() / length * telling[:, None]
    count = min(NEAREST, alike.shape[1])
    nearest = np.sort(np.argpartition(-alike, count - 1, axis=1)[:, :count], axis=1)
    strength = np.take_along_axis(alike, nearest, 1) ** 2
    rows = np.repeat(np.arange(len(alike)), count)
    voters = sp.csr_matrix((strength.ravel(), (rows, nearest.ravel())), shape=alike.shape)
    return np.asarray((voters @ customers).toarray(), np.float32)
