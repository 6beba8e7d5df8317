"""A fast stand-in for the classifier, so that hundreds of rounds can be run: ridge regressions on one kernel matrix.

The even kernel between all pairs of the universe is computed once; a model on some of them is a solve on a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from goeswith.evaluate.studies.karl.material import Material
from goeswith.measure import agreement
from goeswith.relations.classifier import PENALTY
from goeswith.relations.coarse import TEMPERATURE, softmax
from goeswith.relations.ends import Ends, Floats, Ints
from goeswith.relations.examples import COARSE, Floats64, balanced
from goeswith.relations.kernel import even
from goeswith.relations.pool import Pool
from goeswith.relations.ridge import Ridge, Solver
from goeswith.relations.samplers import View

LANDMARKS = 1200
MEMBERS, MEMBER_LANDMARKS = 5, 400


class Arena:
    def __init__(self, material: Material, ends: Ends) -> None:
        self.pool = Pool.of(material.ends, ends, material.a, material.b)
        self.gram = even(self.pool.pairs, self.pool.pairs)

    def fit(self, pairs: Ints, targets: Floats64, weight: Floats64, landmarks: int, seed: int) -> Fitted:
        """A model on these pairs of the universe, with targets (n, 3); people's come first."""
        rows = np.sort(np.random.default_rng(seed).permutation(len(pairs))[:landmarks])
        gram = self.gram[np.ix_(pairs, pairs[rows])]
        return Fitted(self, pairs[rows], Solver(gram, rows, balanced(targets, weight, 1), PENALTY, pairs).fit(targets))


@dataclass(frozen=True)
class Fitted:
    arena: Arena
    landmarks: Ints
    ridge: Ridge

    def scores(self, pairs: Ints) -> Floats:
        return self.ridge(self.arena.gram[np.ix_(pairs, self.landmarks)])


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

    @cached_property
    def _model(self) -> Fitted:
        return self.arena.fit(self.train, self.targets, self.weight, LANDMARKS, self.seed)

    @property
    def quality(self) -> float:
        """Macro-F1 on people's labels, each by a model that did not see it."""
        truth = self.targets[: self.people].argmax(axis=1)
        said = self._model.ridge.left_out[: self.people].argmax(axis=1)
        return float(agreement.macro_f1(agreement.confusion(truth, said, len(COARSE))))

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
        for member in range(MEMBERS):
            half = np.sort(rng.permutation(len(self.train))[: len(self.train) // 2])
            fitted = self.arena.fit(self.train[half], self.targets[half], self.weight[half], MEMBER_LANDMARKS, member)
            members.append(softmax(TEMPERATURE * fitted.scores(self.pool)))
        return np.stack(members)
