"""Recall routes and the coarse union: from a context to a few hundred candidates.

Each route scores every item, mostly as a sum over the context's items, and hands on its best; some hand on their best
among cold items besides, which else would never win against sold ones.

| route | score of item j for context item i |
|---|---|
| ease | text-augmented EASE weight |
| cosine, lift | co-purchase of i and j |
| text | ((cos words + cos meaning) / 2)³ |
| graph | probability that their entities go together × popularity of j |
| customers | votes of the customers most like the context |
| entity | share of the baskets with i's entity that hold j's × share of j in its entity |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from goeswith.recommend.behaviour import Behaviour
from goeswith.recommend.catalogue import Catalogue, likeness
from goeswith.recommend.complements import Complements
from goeswith.recommend.customers import vote

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

ROUTES = {"ease": 120, "cosine": 50, "lift": 40, "text": 60, "graph": 30, "entity": 20, "customers": 30}
COLD_ROUTES = {"ease": 30, "lift": 30, "text": 50}
COLD = 20
"""An item in fewer baskets is cold."""
LONGEST_CONTEXT = 100
"""Of a longer context the last items are scored; all of it is kept from the results."""
BATCH_CELLS = 30_000_000
LARGEST_BATCH = 256
SMOOTHING = 5.0


@dataclass(frozen=True)
class Candidates:
    """Of one query: items, their score and 0-based rank by each route (columns as ROUTES)."""

    items: Ints
    sums: Floats
    ranks: Floats


@dataclass(frozen=True)
class Batch:
    """Some queries together: their distinct context items and dense rows of the item-item scores for those."""

    queries: list[int]
    items: Ints
    """Distinct context items u, sorted."""
    blocks: dict[str, Floats]
    """ease, cosine, lift, text: shape (u, items)."""
    sums: dict[str, Floats]
    """Every route: shape (queries, items)."""

    def rows(self, context: Ints) -> Ints:
        """Places of context items among `items`."""
        return np.searchsorted(self.items, context)


class Recall:
    def __init__(self, catalogue: Catalogue, behaviour: Behaviour, complements: Complements) -> None:
        self.catalogue, self.behaviour, self.complements = catalogue, behaviour, complements
        self.entity = catalogue.entity % (len(catalogue.terms) + 1)
        self.cold = behaviour.bought < COLD
        pulse = np.where(np.isnan(behaviour.recent[2]), behaviour.bought, behaviour.recent[2] + behaviour.recent[3] / 4)
        of_entity = np.bincount(self.entity, weights=pulse, minlength=len(catalogue.terms) + 1)
        per_entity = np.bincount(self.entity, minlength=len(catalogue.terms) + 1)
        self._pulse = (1 + np.log1p(pulse)).astype(np.float32)
        self._share = (pulse / np.maximum(of_entity[self.entity], 1)).astype(np.float32)
        self._rarity = np.log(max(behaviour.bought.max(initial=1), 1) + 1) - np.log(behaviour.bought + 1)
        mass = complements.complementary @ per_entity + SMOOTHING
        self._goes_with = (sp.diags(1 / mass) @ complements.complementary).tocsr()

    def batches(self, contexts: list[Ints]) -> Iterator[Batch]:
        """Queries in order, in batches whose dense blocks stay small."""
        most = max(1, BATCH_CELLS // max(len(self.catalogue), 1))
        start = 0
        while start < len(contexts):
            seen: set[int] = set()
            stop = start
            while stop < len(contexts) and stop - start < LARGEST_BATCH:
                grown = seen | set(contexts[stop].tolist())
                if len(grown) > most and stop > start:
                    break
                seen, stop = grown, stop + 1
            yield self._batch(list(range(start, stop)), contexts[start:stop], np.array(sorted(seen), np.int64))
            start = stop

    def _batch(self, queries: list[int], contexts: list[Ints], items: Ints) -> Batch:
        b, c = self.behaviour, self.catalogue
        blocks = {
            name: matrix[items].toarray() for name, matrix in (("ease", b.ease), ("cosine", b.cosine), ("lift", b.lift))
        }
        blocks["text"] = likeness(c, items)
        row = np.repeat(np.arange(len(contexts)), [len(context) for context in contexts])
        column = np.searchsorted(items, np.concatenate(contexts)) if len(items) else np.zeros(0, np.int64)
        asked = sp.csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=(len(contexts), len(items)))
        sums = {name: np.asarray(asked @ block, np.float32) for name, block in blocks.items()}
        of_entity = asked @ sp.csr_matrix(
            (np.ones(len(items), np.float32), (np.arange(len(items)), self.entity[items])),
            shape=(len(items), len(c.terms) + 1),
        )
        sums["graph"] = (of_entity @ self._goes_with).toarray()[:, self.entity] * self._pulse
        sums["customers"] = vote(self._in_catalogue(asked, items), b.customers, self._rarity)
        sums["entity"] = (of_entity @ b.entity_share).toarray()[:, self.entity] * self._share
        return Batch(queries, items, blocks, {name: sums[name].astype(np.float32) for name in ROUTES})

    def _in_catalogue(self, asked: sp.csr_matrix, items: Ints) -> sp.csr_matrix:
        """Columns among `items` spread to columns of the catalogue."""
        return sp.csr_matrix((asked.data, items[asked.indices], asked.indptr), shape=(asked.shape[0], len(self.entity)))

    def candidates(self, batch: Batch, place: int, allowed: Mask) -> Candidates:
        """The union of what the routes hand on for the batch's query at `place`; only `allowed` items."""
        chosen = np.zeros(len(allowed), bool)
        cold = allowed & self.cold
        for name, count in ROUTES.items():
            scores = batch.sums[name][place]
            chosen[_best(scores, allowed, count)] = True
            if name in COLD_ROUTES:
                chosen[_best(scores, cold, COLD_ROUTES[name])] = True
        items = np.flatnonzero(chosen)
        sums = np.stack([batch.sums[name][place, items] for name in ROUTES], axis=1)
        order = np.argsort(-sums, axis=0, kind="stable")
        ranks = np.empty_like(sums)
        np.put_along_axis(ranks, order, np.arange(len(items), dtype=np.float32)[:, None], axis=0)
        return Candidates(items, sums, ranks)

    def held(self, context: Ints) -> Mask:
        """Entities that do the job of something in the context (its own among them), shape (entities + 1,)."""
        entities = np.unique(self.entity[context])
        flags = np.asarray(self.complements.substitute[entities].sum(axis=0)).ravel() > 0
        flags[-1] = False
        return np.asarray(flags)

    def allowed(self, context: Ints, hold: bool, due: Ints | None = None) -> Mask:
        """Items that may be shown (promise 8): offered, not in the context nor a variant of it, no held substitute.

        `due` are entities whose replenishment is due: their items may be shown again, those of the context included.
        """
        catalogue = self.catalogue
        mask = catalogue.offered & ~np.isin(catalogue.parent, catalogue.parent[context])
        if hold:
            mask &= ~self.held(context)[self.entity]
        if due is not None and len(due):
            mask |= catalogue.offered & np.isin(catalogue.entity, due)
        return np.asarray(mask)


def _best(scores: Floats, allowed: Mask, count: int) -> Ints:
    """The best-scored allowed items with a score above 0."""
    open_ = np.flatnonzero(allowed & (scores > 0))
    if len(open_) <= count:
        return open_
    return open_[np.argpartition(-scores[open_], count - 1)[:count]]
