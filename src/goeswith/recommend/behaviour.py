"""What the bills say: co-purchase of items and entities, popularity, seasons; everything as of one moment.

    behaviour = Behaviour.fit(bills, catalogue, now)

Only counts and closed forms, no training: fitting again on fresher bills keeps the ranker valid. Item-item matrices are
sparse, the strongest neighbours of each item.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from goeswith.measure.splits import DAY, Bills
from goeswith.recommend.catalogue import Catalogue
from goeswith.recommend.customers import remember
from goeswith.recommend.ease import strongest, text_ease

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
NEIGHBOURS = 300
BLOCK_CELLS = 30_000_000
WINDOWS = (7, 14, 30, 90)
ENTITY_SHRINKAGE = 2.0


@dataclass(frozen=True)
class Behaviour:
    """n items, e entities (one more row and column stands for "no entity")."""

    cosine: sp.csr_matrix
    """n_ij / √(n_i n_j), shape (n, n)."""
    lift: sp.csr_matrix
    """n_ij N / (n_i n_j), shape (n, n)."""
    ease: sp.csr_matrix
    """Text-augmented EASE, shape (n, n)."""
    entity_lift: sp.csr_matrix
    """log((n_ab + 2) / (n_a n_b / N + 2)), shape (e + 1, e + 1)."""
    entity_share: sp.csr_matrix
    """Share of the baskets with a that also hold b."""
    customers: sp.csr_matrix
    """What each named customer took, see `customers`; shape (customers, n)."""
    bought: Floats
    """Baskets with each item, shape (n,)."""
    recent: Floats
    """Baskets of the last 7, 14, 30 and 90 days, shape (4, n); NaN without times."""
    first: Floats
    last: Floats
    """Days since an item was first and last bought; NaN where never, or without times."""

    @classmethod
    def fit(cls, bills: Bills, counted: NDArray[np.bool_], catalogue: Catalogue, timed: bool) -> Behaviour:
        """`counted` masks the rows that take part in pair counts (the basket cap); all rows count for popularity."""
        items = len(catalogue)
        bought = np.bincount(bills.item, minlength=items).astype(np.float32)
        now = int(bills.time.max()) if len(bills) else 0
        kept = bills.rows(counted)
        baskets, ages = _baskets(kept, items, now, timed)
        cosine, lift = _co_purchase(baskets)
        return cls(
            cosine,
            lift,
            text_ease(baskets, ages, catalogue.words) if len(kept) else _empty(items),
            *_entities(baskets, catalogue),
            remember(bills, items),
            bought,
            *_seasons(bills, items, now, timed),
        )

    def save(self, path: Path) -> None:
        tensors: dict[str, NDArray[np.generic]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if sp.issparse(value):
                tensors |= {
                    f"{field.name}.data": value.data.astype(np.float32),
                    f"{field.name}.shape": np.array(value.shape),
                    f"{field.name}.indices": value.indices.astype(np.int32),
                    f"{field.name}.indptr": value.indptr.astype(np.int64),
                }
            else:
                tensors[field.name] = np.ascontiguousarray(value)
        save_file(tensors, str(path))

    @classmethod
    def load(cls, path: Path) -> Behaviour:
        tensors = load_file(str(path))

        def matrix(name: str) -> sp.csr_matrix:
            parts = tuple(tensors[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
            return sp.csr_matrix(parts, shape=tuple(tensors[f"{name}.shape"]))

        return cls(**{f.name: tensors[f.name] if f.name in tensors else matrix(f.name) for f in fields(cls)})


def _baskets(bills: Bills, items: int, now: int, timed: bool) -> tuple[sp.csr_matrix, Floats]:
    """Binary basket × item matrix and the age of each basket in days (0 without times)."""
    basket, row = np.unique(bills.basket, return_inverse=True)
    matrix = sp.csr_matrix((np.ones(len(bills), np.float32), (row, bills.item)), shape=(len(basket), items))
    ages = np.zeros(len(basket), np.float32)
    if timed and len(bills):
        opened = np.full(len(basket), np.iinfo(np.int64).max)
        np.minimum.at(opened, row, bills.time)
        ages = ((now - opened) / DAY).astype(np.float32)
    return matrix, ages


def _co_purchase(baskets: sp.csr_matrix) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Cosine and lift of the strongest neighbours of each item, computed in blocks of rows."""
    count, items = baskets.shape
    alone = np.asarray(baskets.sum(axis=0)).ravel()
    block = max(1, BLOCK_CELLS // max(items, 1))
    cosines, lifts = [], []
    transposed = baskets.T.tocsr()
    for start in range(0, items, block):
        together = (transposed[start : start + block] @ baskets).toarray()
        rows = np.arange(len(together))
        together[rows, start + rows] = 0
        expected = np.maximum(np.outer(alone[start : start + block], alone), 1e-9)
        cosines.append(strongest((together / np.sqrt(expected)).astype(np.float32), NEIGHBOURS))
        lifts.append(strongest((together * count / expected).astype(np.float32), NEIGHBOURS))
    if not cosines:
        return _empty(items), _empty(items)
    return sp.vstack(cosines).tocsr(), sp.vstack(lifts).tocsr()


def _entities(baskets: sp.csr_matrix, catalogue: Catalogue) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    count, items = baskets.shape
    size = len(catalogue.terms) + 1
    of = sp.csr_matrix((np.ones(items, np.float32), (np.arange(items), catalogue.entity % size)), shape=(items, size))
    per_basket = (baskets @ of).tocsr()
    twice = np.asarray((per_basket >= 2).sum(axis=0)).ravel()
    per_basket.data[:] = 1
    alone = np.asarray(per_basket.sum(axis=0)).ravel()
    together = (per_basket.T @ per_basket).tolil()
    together.setdiag(twice * 2)
    coo = together.tocoo()
    known = (coo.data > 0) & (coo.row < size - 1) & (coo.col < size - 1)
    row, column, pairs = coo.row[known], coo.col[known], coo.data[known]
    expected = alone[row] * alone[column] / max(count, 1)
    lift = np.log((pairs + ENTITY_SHRINKAGE) / (expected + ENTITY_SHRINKAGE)).astype(np.float32)
    share = (pairs / np.maximum(alone[row], 1)).astype(np.float32)
    return (
        sp.csr_matrix((lift, (row, column)), shape=(size, size)),
        sp.csr_matrix((share, (row, column)), shape=(size, size)),
    )


def _seasons(bills: Bills, items: int, now: int, timed: bool) -> tuple[Floats, Floats, Floats]:
    nothing = np.full(items, np.nan, np.float32)
    if not timed or not len(bills):
        return np.full((len(WINDOWS), items), np.nan, np.float32), nothing, nothing.copy()
    age = (now - bills.time) / DAY
    recent = [np.bincount(bills.item[age <= days], minlength=items) for days in WINDOWS]
    first, last = np.full(items, -np.inf), np.full(items, np.inf)
    np.maximum.at(first, bills.item, age)
    np.minimum.at(last, bills.item, age)
    never = np.isinf(last)
    first[never] = last[never] = np.nan
    return np.array(recent, np.float32), first.astype(np.float32), last.astype(np.float32)


def _empty(items: int) -> sp.csr_matrix:
    return sp.csr_matrix((items, items), dtype=np.float32)
