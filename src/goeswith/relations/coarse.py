"""Scores of the three coarse classes, by whoever can be trained to give them.

Scores are *balanced*: learned as if each class were equally frequent, so that the greatest of them is the decision that
serves macro-F1. What frequencies the shop really has is the business of `calibration`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from goeswith.relations.ends import Floats
from goeswith.relations.examples import Examples, balanced
from goeswith.relations.kernel import Pairs, Scale
from goeswith.relations.network import Committee, Directions
from goeswith.relations.ridge import Ridge, Solver

MEMBERS = 5
TEMPERATURE = 6.0
"""Brings log-probabilities of the networks to the spread of the ridge's scores."""
FLOOR = 0.01
"""Added to the networks' probabilities: none of them may veto a class."""
NETWORK_BALANCE = 0.5
"""How far the networks' class weights go from natural (0) to balanced (1)."""


@dataclass(frozen=True)
class Batch:
    """Pairs with the kernel to the landmarks of a classifier, shape (pairs, landmarks)."""

    pairs: Pairs
    gram: Floats


class CoarseModel(Protocol):
    @property
    def left_out(self) -> Floats:
        """Balanced scores of the training examples by models that never saw them, shape (n, 3); empty once loaded."""
        ...

    @classmethod
    def fit(cls, batch: Batch, solver: Solver, examples: Examples, seed: int) -> Self:
        """`solver` holds the kernel of the same pairs, weighted so that each coarse class has equal say."""
        ...

    def scores(self, batch: Batch) -> Floats:
        """Balanced scores, shape (pairs, 3); the same for (a, b) and (b, a)."""
        ...

    def opinions(self, batch: Batch) -> Floats:
        """Probabilities of each member of a committee, shape (members, pairs, 3)."""
        ...

    def tensors(self) -> dict[str, Floats]: ...

    @classmethod
    def from_tensors(cls, tensors: dict[str, Floats]) -> Self: ...


class KernelModel:
    """Ridge regression on the pair kernel, averaged with a committee of small networks."""

    def __init__(self, memory: Ridge, directions: Directions, committee: Committee) -> None:
        self._memory, self._directions, self._committee = memory, directions, committee

    @property
    def left_out(self) -> Floats:
        return np.asarray((self._memory.left_out + _squash(self._committee.left_out)) / 2, np.float32)

    @classmethod
    def fit(cls, batch: Batch, solver: Solver, examples: Examples, seed: int) -> Self:
        targets = examples.coarse
        memory = solver.fit(targets)
        directions = Directions.fit(batch.pairs.ends)
        weights = balanced(targets, examples.weight, NETWORK_BALANCE)
        inputs = directions.inputs(batch.pairs)
        committee = Committee.fit(inputs, targets, weights, examples.folds(MEMBERS, seed), seed)
        return cls(memory, directions, committee)

    def scores(self, batch: Batch) -> Floats:
        both = self._memory(batch.gram) + _squash(self._committee(self._directions.inputs(batch.pairs)))
        return np.asarray(both / 2, np.float32)

    def opinions(self, batch: Batch) -> Floats:
        remembered = self._memory(batch.gram)
        each = self._committee.each(self._directions.inputs(batch.pairs))
        return np.stack([softmax(TEMPERATURE * (remembered + _squash(member)) / 2) for member in each])

    def tensors(self) -> dict[str, Floats]:
        found = {"ridge.coefficients": self._memory.coefficients, "ridge.offset": self._memory.offset}
        for number, (mean, axes) in enumerate(zip(self._directions.means, self._directions.axes, strict=True)):
            found |= {f"space{number}.mean": mean, f"space{number}.axes": axes}
        found |= {"inputs.mean": self._committee.scale.mean, "inputs.spread": self._committee.scale.spread}
        for number, layers in enumerate(self._committee.members):
            found |= {f"network{number}.{part}": values for part, values in zip("abcd", layers, strict=True)}
        return found

    @classmethod
    def from_tensors(cls, tensors: dict[str, Floats]) -> Self:
        none = np.zeros((0, 3), np.float32)
        spaces = sorted(name.removesuffix(".mean") for name in tensors if name.startswith("space") and "mean" in name)
        networks = sorted(name.removesuffix(".a") for name in tensors if name.startswith("network") and ".a" in name)
        directions = Directions(
            tuple(tensors[f"{name}.mean"] for name in spaces), tuple(tensors[f"{name}.axes"] for name in spaces)
        )
        members = tuple(tuple(tensors[f"{name}.{part}"] for part in "abcd") for name in networks)
        scale = Scale(tensors["inputs.mean"], tensors["inputs.spread"])
        memory = Ridge(tensors["ridge.coefficients"], tensors["ridge.offset"], none)
        return cls(memory, directions, Committee(members, scale, none))  # type: ignore[arg-type]


def softmax(scores: NDArray[np.floating]) -> Floats:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _squash(log_probability: Floats) -> Floats:
    return np.asarray(np.log(np.exp(log_probability) + FLOOR) / TEMPERATURE, np.float32)
