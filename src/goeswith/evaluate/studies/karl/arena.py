"""A fast stand-in for the classifier, so that hundreds of rounds can be run: ridge regressions on one kernel matrix.

The even kernel between all pairs of the universe is computed once; a model on some of them is a solve on a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from goeswith.evaluate.studies.karl.material import Material
from goeswith.relations.classifier import PENALTY
from goeswith.relations.coarse import TEMPERATURE, softmax
from goeswith.relations.ends import Ends, Floats, Ints
from goeswith.relations.examples import COARSE, Floats64, balanced
from goeswith.relations.kernel import even
from goeswith.relations.pool import Pool
from goeswith.relations.samplers import View

MEMBERS = 5


class Arena:
    def __init__(self, material: Material, ends: Ends) -> None:
        self.pool = Pool.of(material.ends, ends, material.a, material.b)
        self.gram = even(self.pool.pairs, self.pool.pairs)

    def fit(self, pairs: Ints, targets: Floats64, weight: Floats64) -> Fitted:
        """Exact kernel ridge regression on these pairs of the universe, with targets (n, 3)."""
        weights = balanced(targets, weight, 1)
        offset = np.average(targets, axis=0, weights=weights)
        system = self.gram[np.ix_(pairs, pairs)]
        system[np.diag_indices(len(pairs))] += (PENALTY / weights).astype(np.float32)
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
        solved = cho_solve(factor, (targets - offset).astype(np.float32), check_finite=False)
        return Fitted(self, pairs, solved, offset.astype(np.float32))


@dataclass(frozen=True)
class Fitted:
    arena: Arena
    pairs: Ints
    coefficients: Floats
    offset: Floats

    def scores(self, pairs: Ints) -> Floats:
        return np.asarray(self.arena.gram[np.ix_(pairs, self.pairs)] @ self.coefficients + self.offset)


@dataclass(frozen=True)
class Learned:
    """A model in one round of one experiment: what the loop and its samplers may see."""

    arena: Arena
    train: Ints
    """Pairs of the universe, people's first."""
    people: int
    targets: Floats64
    weight: Floats64
    groups: Ints
    """Query item of each of people's labels."""
    pool: Ints
    target: Ints
    """Pairs that will be classified."""
    committee: bool
    """Whether the sampler asks one."""
    seed: int

    quality: None = None
    """Not measured here: no round of the study is called off."""

    @cached_property
    def _model(self) -> Fitted:
        return self.arena.fit(self.train, self.targets, self.weight)

    def decide(self, pairs: Ints) -> Ints:
        return np.asarray(self._model.scores(pairs).argmax(axis=1))

    def view(self, open_rows: Ints) -> View:
        human = self.train[: self.people]
        return View(
            probabilities=softmax(TEMPERATURE * self._model.scores(self.pool)),
            committee=self._members() if self.committee else np.zeros((0, len(self.pool), len(COARSE)), np.float32),
            vectors=self.arena.pool.vectors[self.pool],
            fine=self.arena.pool.fine[self.pool],
            large=self.arena.pool.large[self.pool],
            open=open_rows,
            labelled_vectors=self.arena.pool.vectors[self.train],
            human_vectors=self.arena.pool.vectors[human],
            human_groups=self.groups,
            target_vectors=self.arena.pool.vectors[self.target],
        )

    def _members(self) -> Floats:
        """Probabilities of models that each saw half of what was labelled, shape (MEMBERS, pool, 3)."""
        rng = np.random.default_rng([self.seed, len(self.train)])
        members = []
        for _ in range(MEMBERS):
            half = np.sort(rng.permutation(len(self.train))[: len(self.train) // 2])
            fitted = self.arena.fit(self.train[half], self.targets[half], self.weight[half])
            members.append(softmax(TEMPERATURE * fitted.scores(self.pool)))
        return np.stack(members)
