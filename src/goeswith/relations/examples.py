"""What a classifier learns from: pairs of ends, each with a distribution over the nine relations and a weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goeswith.knowledge.relation import Coarse, Relation, coarse
from goeswith.relations.ends import Ints

Floats64 = NDArray[np.float64]
COARSE = tuple(Coarse)
"""Substitute, complementary, unrelated: the order of every array of coarse classes."""
COARSE_OF = np.array([COARSE.index(relation.coarse) for relation in Relation])
"""Coarse class of each of the nine, shape (9,)."""
SWAPPED = np.array([int(relation.swapped) - 1 for relation in Relation])
"""Place of each relation after swapping the ends, shape (9,)."""


@dataclass(frozen=True)
class Examples:
    """Labelled pairs; `a` and `b` are rows of the ends they were made for."""

    a: Ints
    b: Ints
    nine: Floats64
    """Shape (n, 9), rows sum to 1, directed from a to b."""
    weight: Floats64
    """Shape (n,): 1 for a person's label, less for an LLM's."""
    person: NDArray[np.bool_]
    """Shape (n,): labelled by people."""
    answer: Ints | None = None
    """Number of the answer that each example came from, shape (n,); None: each pair is an answer of its own."""

    def __len__(self) -> int:
        return len(self.a)

    @property
    def coarse(self) -> Floats64:
        """Shape (n, 3)."""
        return to_coarse(self.nine)

    @property
    def groups(self) -> Ints:
        """Examples that give each other away, shape (n,), counted from 0: those of one answer, or both directions of a
        pair. Whoever is tested on one of them must not have seen another."""
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        of = np.stack([low, high]) if self.answer is None else self.answer[None]
        return np.asarray(np.unique(of, axis=1, return_inverse=True)[1].ravel(), np.int64)

    def take(self, rows: Ints) -> Examples:
        answer = None if self.answer is None else self.answer[rows]
        return Examples(self.a[rows], self.b[rows], self.nine[rows], self.weight[rows], self.person[rows], answer)

    def join(self, other: Examples) -> Examples:
        """Both, over the same ends. Where answers are numbered, none of the one is of an answer of the other."""
        known = self.answer is not None or other.answer is not None
        return Examples(
            np.concatenate([self.a, other.a]),
            np.concatenate([self.b, other.b]),
            np.concatenate([self.nine, other.nine]),
            np.concatenate([self.weight, other.weight]),
            np.concatenate([self.person, other.person]),
            np.concatenate([self.groups, other.groups + len(self)]) if known else None,
        )

    def folds(self, count: int, seed: int) -> Ints:
        """A fold of each example, shape (n,); a group shares one."""
        groups = self.groups
        shuffled = np.random.default_rng(seed).permutation(int(groups.max(initial=-1)) + 1)
        return np.asarray(shuffled[groups] % count, np.int64)


def to_coarse(nine: Floats64) -> Floats64:
    """Shape (n, 9) -> (n, 3)."""
    return np.stack([nine[:, np.equal(COARSE_OF, klass)].sum(axis=1) for klass in range(len(COARSE))], axis=1)


def one_hot(relations: Sequence[Relation | Coarse]) -> Floats64:
    """Shape (n, 9); a coarse label spreads evenly over its fine classes."""
    out = np.zeros((len(relations), len(Relation)))
    for row, relation in enumerate(relations):
        if isinstance(relation, Relation):
            out[row, relation - 1] = 1
        else:
            fine = np.flatnonzero(np.equal(COARSE_OF, COARSE.index(coarse(relation))))
            out[row, fine] = 1 / len(fine)
    return out


def balanced(targets: Floats64, weight: Floats64, power: float) -> Floats64:
    """Weights that give each class equal say at `power` 1, its natural share at 0; shape (n,)."""
    prior = np.average(targets, axis=0, weights=weight)
    return np.asarray(weight * (targets @ (1 / (targets.shape[1] * np.maximum(prior, 1e-6)))) ** power)
