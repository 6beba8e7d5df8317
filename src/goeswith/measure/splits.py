"""What is learned from and what is asked: splits in time, or by what the data allows.

| bills have | test queries |
|---|---|
| baskets and times | baskets of the last days with three items or more; one item of each is the target |
| baskets, no common time | a seeded tenth of the baskets, likewise |
| histories and times | customers with purchases before and new ones in the last days; the first new one is the target |
| histories, order only | a seeded sample of customers with three items or more; the last item is the target |

Nothing of a test basket, and no target of a history, is among the training rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
DAY = 86_400_000_000
MINIMUM_BASKET = 3
HELD_OUT_SHARE = 0.1


@dataclass(frozen=True)
class Bills:
    """Columns of bills.parquet as arrays of one length."""

    basket: Ints
    user: Ints
    item: Ints
    time: Ints

    def __len__(self) -> int:
        return len(self.basket)

    def rows(self, chosen: NDArray[np.bool_] | Ints) -> Bills:
        return Bills(self.basket[chosen], self.user[chosen], self.item[chosen], self.time[chosen])


@dataclass(frozen=True)
class Queries:
    """Contexts and their targets: `items[start[q]:start[q + 1]]` is the context of query q, in the order bought."""

    items: Ints
    start: Ints
    target: Ints
    basket: Ints
    time: Ints
    """When each query is asked; everything learned must be older."""

    def __len__(self) -> int:
        return len(self.target)

    def context(self, query: int) -> Ints:
        return self.items[self.start[query] : self.start[query + 1]]

    def take(self, chosen: Ints) -> Queries:
        """A selection of queries, in the given order."""
        sizes = (self.start[1:] - self.start[:-1])[chosen]
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        within = np.arange(start[-1]) - np.repeat(start[:-1], sizes)
        items = self.items[np.repeat(self.start[:-1][chosen], sizes) + within]
        return Queries(items, start, self.target[chosen], self.basket[chosen], self.time[chosen])


@dataclass(frozen=True)
class Split:
    train: NDArray[np.bool_]
    """Mask over the bills."""
    queries: Queries


def split(bills: Bills, context: str, clock: str, days: int, most: int, seed: int) -> Split:
    """Hold out the last `days` (or a share, where there is no common time) and make at most `most` queries of it."""
    rng = np.random.default_rng(seed)
    if context == "basket":
        held = _late_baskets(bills, days) if clock == "time" else _some_baskets(bills, rng)
        train = ~held
        queries = hold_out(bills, np.flatnonzero(held), rng)
    elif clock == "time":
        cut = int(bills.time.max()) - days * DAY
        train = bills.time < cut
        queries = _next_purchases(bills, train)
    else:
        train, queries = _last_purchases(bills, most, rng)
    return Split(train, sample(queries, most, rng))


def hold_out(bills: Bills, rows: Ints, rng: np.random.Generator) -> Queries:
    """One random item of each basket among `rows` with three items or more; the others are its context."""
    rows = rows[np.lexsort((bills.item[rows], bills.time[rows], bills.basket[rows]))]
    basket, first, size = np.unique(bills.basket[rows], return_index=True, return_counts=True)
    enough = size >= MINIMUM_BASKET
    basket, first, size = basket[enough], first[enough], size[enough]
    target = first + (rng.random(len(size)) * size).astype(np.int64)
    return _without_targets(bills, rows, basket, first, size, target)


def hold_out_items(bills: Bills, rows: Ints, targets: Ints, rng: np.random.Generator) -> Queries:
    """Each of `targets` once: one random basket among `rows` that holds it and at least two other items."""
    rows = rows[np.lexsort((bills.item[rows], bills.time[rows], bills.basket[rows]))]
    basket, first, inverse, size = np.unique(
        bills.basket[rows], return_index=True, return_inverse=True, return_counts=True
    )
    candidates = np.flatnonzero(np.isin(bills.item[rows], targets) & (size[inverse] >= MINIMUM_BASKET))
    shuffled = rng.permutation(candidates)
    _, one = np.unique(bills.item[rows][shuffled], return_index=True)
    target = np.sort(shuffled[one])
    place = inverse[target]
    return _without_targets(bills, rows, basket[place], first[place], size[place], target)


def sample(queries: Queries, most: int, rng: np.random.Generator) -> Queries:
    if len(queries) <= most:
        return queries
    return queries.take(np.sort(rng.choice(len(queries), most, replace=False)))


def _without_targets(bills: Bills, rows: Ints, basket: Ints, first: Ints, size: Ints, target: Ints) -> Queries:
    start = np.concatenate([[0], np.cumsum(size - 1)]).astype(np.int64)
    within = np.arange(start[-1]) - np.repeat(start[:-1], size - 1)
    place = np.repeat(first, size - 1) + within
    place += place >= np.repeat(target, size - 1)
    return Queries(bills.item[rows[place]], start, bills.item[rows[target]], basket, bills.time[rows[first]])


def _late_baskets(bills: Bills, days: int) -> NDArray[np.bool_]:
    opened = np.full(int(bills.basket.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(opened, bills.basket, bills.time)
    late = opened >= int(bills.time.max()) - days * DAY
    return np.asarray(late[bills.basket])


def _some_baskets(bills: Bills, rng: np.random.Generator) -> NDArray[np.bool_]:
    baskets = np.unique(bills.basket)
    chosen = rng.choice(baskets, max(1, round(len(baskets) * HELD_OUT_SHARE)), replace=False)
    return np.isin(bills.basket, chosen)


def _next_purchases(bills: Bills, train: NDArray[np.bool_]) -> Queries:
    """Context: a customer's rows before the cut; target: the first later item (rows are distinct per customer)."""
    order = np.lexsort((bills.item, bills.time, bills.basket))
    basket, first, size = np.unique(bills.basket[order], return_index=True, return_counts=True)
    before = np.add.reduceat(train[order].astype(np.int64), first)
    usable = (before >= MINIMUM_BASKET - 1) & (before < size)
    basket, first, before = basket[usable], first[usable], before[usable]
    return _prefixes(bills, order, basket, first, before)


def _last_purchases(bills: Bills, most: int, rng: np.random.Generator) -> tuple[NDArray[np.bool_], Queries]:
    order = np.lexsort((bills.item, bills.time, bills.basket))
    basket, first, size = np.unique(bills.basket[order], return_index=True, return_counts=True)
    usable = np.flatnonzero(size >= MINIMUM_BASKET)
    share = max(1, round(len(usable) * HELD_OUT_SHARE * 2))
    chosen = np.sort(rng.choice(usable, min(most, share, len(usable)), replace=False))
    queries = _prefixes(bills, order, basket[chosen], first[chosen], size[chosen] - 1)
    train = np.ones(len(bills), bool)
    train[order[first[chosen] + size[chosen] - 1]] = False
    return train, queries


def _prefixes(bills: Bills, order: Ints, basket: Ints, first: Ints, length: Ints) -> Queries:
    """The first `length` rows of each basket are the context, the next one is the target."""
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    within = np.arange(start[-1]) - np.repeat(start[:-1], length)
    place = order[np.repeat(first, length) + within]
    target = order[first + length]
    return Queries(bills.item[place], start, bills.item[target], basket, bills.time[target])
