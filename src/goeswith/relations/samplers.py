"""Samplers: which pairs of the pool are worth an answer. They are given arrays and indices, and return indices.

    >>> view = View(probabilities=p, committee=c, vectors=v, fine=terms, large=clusters, open=indices, …)
    >>> chosen = SAMPLERS["margin"].select(view, 100, np.random.default_rng(0))

Sources: margin and QBC and the stratified pool are KARL's (arXiv 2509.05564); entropy and greedy k-centre (Sener and
Savarese 2018) are the usual yardsticks. `dynamic`, which the paper asks for and leaves open, is in `dynamic.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from goeswith.errors import DataError

Ints = NDArray[np.int64]
Floats = NDArray[np.floating]
CHUNK = 4096  # rows of a distance table in memory at once


@dataclass(frozen=True)
class View:
    """What a sampler sees in one round. Rows are the pairs of the pool; nothing in it is a label of a target.

    An array that does not apply has no rows: shape (0, d), or (0, n, 3) for the committee.
    """

    probabilities: Floats  # (n, 3) the classifier's
    committee: Floats  # (members, n, 3)
    vectors: Floats  # (n, d) a pair's place, for Euclidean distances
    fine: Ints  # (n,) fine category: the entity term of the query end
    large: Ints  # (n,) large category: cluster of functions
    open: Ints  # (m,) rows that may be asked: never labelled, never asked
    labelled_vectors: Floats  # (k, d) all labelled pairs, by people or by an accepted answer
    human_vectors: Floats  # (h, d) the pairs that people labelled
    human_groups: Ints  # (h,) the query item of each of them
    target_vectors: Floats  # (t, d) the pairs that will have to be classified: inputs, never labels

    def __post_init__(self) -> None:
        rows, width = self.vectors.shape
        wanted = {
            "probabilities": (rows, 3),
            "committee": (self.committee.shape[0], rows, 3),
            "fine": (rows,),
            "large": (rows,),
            "labelled_vectors": (len(self.labelled_vectors), width),
            "human_vectors": (len(self.human_vectors), width),
            "human_groups": (len(self.human_vectors),),
            "target_vectors": (len(self.target_vectors), width),
        }
        for name, shape in wanted.items():
            got = getattr(self, name).shape
            if got != shape:
                raise DataError(f"{name} does not fit the pool", found=f"shape {got}, expected {shape}")
        if len(self.open) and (self.open.min() < 0 or self.open.max() >= rows):
            raise DataError("open names rows outside the pool", found=f"{self.open.max()} with {rows} rows")
        if len(np.unique(self.open)) != len(self.open):
            raise DataError("open names a row twice", found=f"{len(self.open)} entries")


class Sampler(Protocol):
    @property
    def name(self) -> str: ...

    def select(self, view: View, size: int, rng: np.random.Generator) -> Ints:
        """At most `size` distinct rows, all from `view.open`, the most wanted first."""
        ...


def budget(view: View, size: int) -> int:
    """Rows to return: `size`, or all that are open where they are fewer."""
    if size < 1:
        raise DataError("a round asks at least one pair", found=f"size {size}", remedy="raise the budget of answers")
    if not len(view.open):
        found = f"0 of {len(view.vectors)} open"
        raise DataError("the pool has no pair left to ask", found=found, remedy="propose more pairs, or stop here")
    return min(size, len(view.open))


def top(rows: Ints, scores: Floats, size: int, rng: np.random.Generator) -> Ints:
    """The `size` rows of the highest score; rng breaks ties, else the order of the file would."""
    return rows[np.lexsort((rng.random(len(rows)), -scores))[:size]]


def margin(view: View, rows: Ints) -> Floats:
    """1 − (p of the best class − p of the second)."""
    ranked = np.sort(view.probabilities[rows], axis=1)
    doubt: Floats = 1 - (ranked[:, -1] - ranked[:, -2])
    return doubt


def entropy(view: View, rows: Ints) -> Floats:
    p = np.clip(view.probabilities[rows], 1e-12, 1)
    spread: Floats = -(p * np.log(p)).sum(axis=1)
    return spread


def disagreement(view: View, rows: Ints) -> Floats:
    """Query by committee as KARL measures it: variance over the members, mean over the classes."""
    if len(view.committee) < 2:
        found = f"{len(view.committee)} members"
        raise DataError("query by committee needs 2 members", found=found, remedy="use margin, or more members")
    variance: Floats = view.committee[:, rows].var(axis=0).mean(axis=1)
    return variance


def chance(view: View, rows: Ints) -> Floats:
    return np.zeros(len(rows))


@dataclass(frozen=True)
class Ranked:
    """The rows of the highest score: random (all scores tie), margin, entropy, qbc."""

    name: str
    score: Callable[[View, Ints], Floats]

    def select(self, view: View, size: int, rng: np.random.Generator) -> Ints:
        size = budget(view, size)
        return top(view.open, self.score(view, view.open), size, rng)


@dataclass(frozen=True)
class Stratified:
    """KARL's: the most uncertain pair of each fine category, category after category.

    A category that was asked less often goes first, also where a round is too small for all of them; within one turn
    the large categories alternate.
    """

    name: str
    score: Callable[[View, Ints], Floats]

    def select(self, view: View, size: int, rng: np.random.Generator) -> Ints:
        size = budget(view, size)
        rows, score = view.open, self.score(view, view.open)
        asked = np.ones(len(view.fine), bool)
        asked[rows] = False
        terms, fine = np.unique(view.fine, return_inverse=True)
        tie = rng.random(len(rows))
        turn = np.bincount(fine[asked], minlength=len(terms))[fine[rows]] + place(fine[rows], score, tie)
        both = np.unique(np.stack([turn, view.large[rows]]), axis=1, return_inverse=True)[1].ravel()
        return rows[np.lexsort((tie, -score, place(both, score, tie), turn))[:size]]


def place(groups: Ints, score: Floats, tie: Floats) -> Ints:
    """Rank of each row within its group, 0 for the highest score; all (n,)."""
    order = np.lexsort((tie, -score, groups))
    first = np.flatnonzero(np.diff(groups[order], prepend=-1))
    out = np.empty(len(groups), np.int64)
    out[order] = np.arange(len(groups)) - np.repeat(first, np.diff(first, append=len(groups)))
    return out


def nearest(points: Floats, others: Floats) -> Floats:
    """Squared Euclidean distance from each point (n, d) to the nearest of others (k, d), inf without others; (n,)."""
    out = np.full(len(points), np.inf)
    if len(others):
        squares = (others * others).sum(axis=1)
        for start in range(0, len(points), CHUNK):
            part = points[start : start + CHUNK]
            table = squares - 2 * (part @ others.T)
            out[start : start + CHUNK] = table.min(axis=1) + (part * part).sum(axis=1)
    np.maximum(out, 0, out=out)  # rounding can fall below
    return out


@dataclass(frozen=True)
class Diverse:
    """Greedy k-centre: again and again the pair farthest from everything labelled or chosen."""

    name: str = "diversity"

    def select(self, view: View, size: int, rng: np.random.Generator) -> Ints:
        size = budget(view, size)
        rows = rng.permutation(view.open)
        points = view.vectors[rows]
        far = nearest(points, view.labelled_vectors)
        chosen: list[int] = []
        while len(chosen) < size:
            chosen.append(int(far.argmax()))
            far = np.minimum(far, nearest(points, points[chosen[-1:]]))
            far[chosen] = -1
        return rows[chosen]


SAMPLERS: dict[str, Sampler] = {
    sampler.name: sampler
    for sampler in (
        Ranked("random", chance),
        Ranked("margin", margin),
        Ranked("entropy", entropy),
        Ranked("qbc", disagreement),
        Diverse(),
        Stratified("stratified", margin),
        Stratified("stratified-qbc", disagreement),
    )
}
