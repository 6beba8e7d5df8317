"""The nine relations within the three coarse classes, and which end of a directed one is which.

Seven classes do not change when the ends are swapped (2 with 3, 5 with 6 taken together): ridge regressions on the even
kernel share out each coarse class among them. The direction of the two double classes is a ridge regression on the odd
kernel, which changes its sign with the ends: so swapping a and b swaps 2 with 3 and 5 with 6 by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from goeswith.relations.coarse import TEMPERATURE, Batch
from goeswith.relations.ends import Floats
from goeswith.relations.examples import COARSE_OF, SWAPPED, Examples
from goeswith.relations.kernel import Pairs, odd
from goeswith.relations.ridge import Ridge, Solver

GROUPS = tuple(sorted({tuple(sorted({place, int(SWAPPED[place])})) for place in range(len(SWAPPED))}))
"""Places of the nine that belong together under swapping: (0,), (1, 2), (3,), (4, 5), (6,), (7,), (8,)."""
DOUBLE = tuple(group for group in GROUPS if len(group) == 2)
GROUP_COARSE = np.array([COARSE_OF[group[0]] for group in GROUPS])
ENOUGH = 0.3
"""Share of a directed relation from which on an example teaches its direction."""
STEEPNESS = 3.0
DIRECTION_PENALTY = 0.3


@dataclass(frozen=True)
class Direction:
    pairs: Pairs
    coefficients: Floats

    def __call__(self, pairs: Pairs) -> NDArray[np.float64]:
        """Share of the group's first relation, shape (pairs,); of (b, a) it is one minus that of (a, b)."""
        if not len(self.pairs):
            return np.full(len(pairs), 0.5)
        return np.asarray(expit(STEEPNESS * (odd(pairs, self.pairs) @ self.coefficients).astype(np.float64)))


@dataclass(frozen=True)
class Fine:
    groups: Ridge
    directions: tuple[Direction, ...]
    """One for each double group."""

    @classmethod
    def fit(cls, batch: Batch, solver: Solver, examples: Examples, most: int) -> Fine:
        """`most` examples of each directed relation teach its direction: people's, then the heaviest."""
        targets = np.stack([examples.nine[:, list(group)].sum(axis=1) for group in GROUPS], axis=1)
        return cls(solver.fit(targets), tuple(_direction(batch.pairs, examples, group, most) for group in DOUBLE))

    def nine(self, batch: Batch, coarse: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the nine, shape (pairs, 9), that add up to those of their coarse classes (pairs, 3)."""
        powers = np.exp(TEMPERATURE * self.groups(batch.gram).astype(np.float64))
        out = np.zeros((len(coarse), len(SWAPPED)))
        for klass in range(coarse.shape[1]):
            members = np.flatnonzero(klass == GROUP_COARSE)
            shares = powers[:, members] / powers[:, members].sum(axis=1, keepdims=True) * coarse[:, [klass]]
            for column, member in enumerate(members):
                self._fill(out, batch.pairs, GROUPS[member], shares[:, column])
        return out

    def _fill(self, out: NDArray[np.float64], pairs: Pairs, group: tuple[int, ...], share: NDArray[np.float64]) -> None:
        if len(group) == 1:
            out[:, group[0]] = share
            return
        first = self.directions[DOUBLE.index(group)](pairs)
        out[:, group[0]], out[:, group[1]] = share * first, share * (1 - first)


def _direction(pairs: Pairs, examples: Examples, group: tuple[int, ...], most: int) -> Direction:
    either = examples.nine[:, list(group)]
    rows = np.flatnonzero((either.sum(axis=1) > ENOUGH) & (examples.weight > 0))
    rows = np.sort(rows[np.lexsort((-examples.weight[rows], ~examples.person[rows]))[:most]])
    taught = pairs.take(rows)
    lean = either[rows, 0] - either[rows, 1]
    gram = odd(taught, taught).astype(np.float64)
    gram[np.diag_indices(len(rows))] += DIRECTION_PENALTY / examples.weight[rows]
    return Direction(taught, np.linalg.solve(gram, lean).astype(np.float32) if len(rows) else lean.astype(np.float32))
