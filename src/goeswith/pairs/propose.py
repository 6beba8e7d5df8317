"""Candidate pairs, segment by segment, each within its budget.

- head: every pair of head entities (the more popular the pair, the earlier);
- torso: each with what it is bought with (shrunken lift above 1) and with what means something near;
- tail: each with its nearest by meaning and with the few heads it is bought with, or means something near.

Within torso and tail the entities take turns: every one's best pair comes before anyone's second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goeswith.pairs.lift import shrunken_lift
from goeswith.pairs.segments import SEGMENTS, Segment, segments
from goeswith.settings import Pairs
from goeswith.text.encoders import Vectors

HEADS_OF_TAIL = 3


@dataclass(frozen=True)
class CoPurchase:
    """Entity pairs (a < b) with the baskets and distinct customers that hold both; arrays of one length."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    baskets: NDArray[np.int64]
    customers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidate:
    a: int
    b: int
    segment: str
    route: str
    """`exhaustive`, `co-purchase`, `meaning` or `heads`."""


@dataclass(frozen=True)
class Proposal:
    candidates: list[Candidate]
    cut: dict[str, int]
    """Segment -> pairs that its budget left out."""
    segment: NDArray[np.int8]


def propose(
    popularity: NDArray[np.int64], together: CoPurchase, vectors: Vectors, baskets: int, settings: Pairs
) -> Proposal:
    """Pairs of entities 0 … n−1. `vectors` has shape (n, d), unit rows; `baskets` is the number of all baskets."""
    segment = segments(popularity, settings.head_share, settings.torso_share)
    lift = shrunken_lift(
        together.baskets, popularity[together.a], popularity[together.b], baskets, settings.lift_shrinkage
    )
    partners = _partners(together, lift, len(popularity))
    nearest = _nearest(vectors, settings.nearest)
    proposals: dict[Segment, Iterable[tuple[int, int, str]]] = {
        "head": _head(segment, popularity),
        "torso": _in_turns(np.flatnonzero(segment == 1), popularity, lambda e: _torso(e, partners, nearest, segment)),
        "tail": _in_turns(
            np.flatnonzero(segment == 2), popularity, lambda e: _tail(e, partners, nearest, segment, vectors)
        ),
    }
    budgets = dict(zip(SEGMENTS, (settings.head_budget, settings.torso_budget, settings.tail_budget), strict=True))
    seen: set[tuple[int, int]] = set()
    chosen: list[Candidate] = []
    cut: dict[str, int] = {}
    for name, proposed in proposals.items():
        fresh = []
        for first, second, route in proposed:
            pair = (min(first, second), max(first, second))
            if pair not in seen:
                seen.add(pair)
                fresh.append(Candidate(*pair, name, route))
        chosen += fresh[: budgets[name]]
        cut[name] = max(0, len(fresh) - budgets[name])
    return Proposal(chosen, cut, segment)


def _head(segment: NDArray[np.int8], popularity: NDArray[np.int64]) -> Iterator[tuple[int, int, str]]:
    heads = sorted(np.flatnonzero(segment == 0), key=lambda entity: (-popularity[entity], entity))
    ranks = sorted((i + j, i, j) for j in range(len(heads)) for i in range(j))
    return ((int(heads[i]), int(heads[j]), "exhaustive") for _, i, j in ranks)


def _partners(together: CoPurchase, lift: NDArray[np.float64], entities: int) -> list[list[int]]:
    """For each entity what it is bought with more often than by chance, strongest first."""
    partners: list[list[tuple[float, int]]] = [[] for _ in range(entities)]
    for a, b, value in zip(together.a.tolist(), together.b.tolist(), lift.tolist(), strict=True):
        if value > 1:
            partners[a].append((-value, b))
            partners[b].append((-value, a))
    return [[other for _, other in sorted(found)] for found in partners]


def _nearest(vectors: Vectors, count: int) -> NDArray[np.int64]:
    """The nearest other entities by meaning, shape (n, count), nearest first; ties by number."""
    count = min(count, max(len(vectors) - 1, 0))
    out = np.zeros((len(vectors), count), np.int64)
    for start in range(0, len(vectors), 1024):
        block = np.round(vectors[start : start + 1024] @ vectors.T, 6)
        rows = np.arange(len(block))
        block[rows, start + rows] = -np.inf
        out[start : start + len(block)] = np.argsort(-block, axis=1, kind="stable")[:, :count]
    return out


def _torso(
    entity: int, partners: list[list[int]], nearest: NDArray[np.int64], segment: NDArray[np.int8]
) -> list[tuple[int, str]]:
    bought = [(other, "co-purchase") for other in partners[entity] if segment[other] < 2]
    near = [(int(other), "meaning") for other in nearest[entity] if segment[other] < 2]
    return _alternate(bought[: nearest.shape[1]], near)


def _tail(
    entity: int, partners: list[list[int]], nearest: NDArray[np.int64], segment: NDArray[np.int8], vectors: Vectors
) -> list[tuple[int, str]]:
    heads = [other for other in partners[entity] if segment[other] == 0]
    if not heads:
        all_heads = np.flatnonzero(segment == 0)
        closeness = np.round(vectors[all_heads] @ vectors[entity], 6)
        heads = [int(head) for head in all_heads[np.argsort(-closeness, kind="stable")]]
    near = [(int(other), "meaning") for other in nearest[entity]]
    return _alternate(near, [(other, "heads") for other in heads[:HEADS_OF_TAIL]])


def _alternate(first: list[tuple[int, str]], second: list[tuple[int, str]]) -> list[tuple[int, str]]:
    out: list[tuple[int, str]] = []
    for place in range(max(len(first), len(second))):
        out += first[place : place + 1] + second[place : place + 1]
    return out


def _in_turns(
    entities: NDArray[np.int64], popularity: NDArray[np.int64], proposals: Callable[[int], list[tuple[int, str]]]
) -> list[tuple[int, int, str]]:
    """Every entity's first proposal, the popular entities first, then every one's second, …"""
    turns = [
        (place, -int(popularity[entity]), int(entity), other, route)
        for entity in entities
        for place, (other, route) in enumerate(proposals(int(entity)))
    ]
    return [(entity, other, route) for _, _, entity, other, route in sorted(turns)]
