"""Scores of the three coarse classes, by whoever can be trained to give them.

Scores are *balanced*: learned as if each class were equally frequent, so that the greatest of them is the decision that
serves macro-F1. What frequencies the shop really has is the business of `calibration`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from goeswith.relations.calibration import Calibration
from goeswith.relations.ends import Floats
from goeswith.relations.examples import Examples
from goeswith.relations.kernel import Pairs, Scale
from goeswith.relations.network import Committee, Directions
from goeswith.relations.ridge import Ridge, Solver

MEMBERS = 5
TEMPERATURE = 6.0
"""Brings log-probabilities of the networks to the spread of the ridge's scores."""
FLOOR = 0.01
"""Added to the networks' probabilities: none of them may veto a class."""
BALANCE = 0.5
"""How much of the classes' natural frequencies is taken out of the networks' log-probabilities to decide."""
ENOUGH = 100
"""People's labels from which on they calibrate the probabilities."""


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

    def believed(self, batch: Batch) -> NDArray[np.float64] | None:
        """Probabilities (pairs, 3) where scores cannot be calibrated; None where they can."""
        ...

    def opinions(self, batch: Batch) -> Floats:
        """Probabilities of each member of a committee, shape (members, pairs, 3)."""
        ...

    def tensors(self) -> dict[str, Floats]: ...

    @classmethod
    def from_tensors(cls, tensors: dict[str, Floats]) -> Self: ...


class KernelModel:
    """Ridge regression on the pair kernel, averaged with a committee of small networks.

    People's labels are of items, and tell how far the scores can be believed. Where there are hardly any, all that is
    known are answers on terms, and how far items keep to their terms is anybody's guess. To calibrate on these answers
    would make the model as sure of items as an LLM is of terms: so the memory, which repeats them, then has one voice
    beside the networks' views, and the probabilities are the plain geometric mean of the voices.
    """

    def __init__(
        self, memory: Ridge, directions: Directions, committee: Committee, prior: Floats, voice: Calibration | None
    ) -> None:
        """`prior` has shape (3,); `voice` makes probabilities of the memory's scores, None where people calibrate."""
        self._memory, self._directions, self._committee = memory, directions, committee
        self._prior, self._voice = prior, voice

    @property
    def left_out(self) -> Floats:
        return self._decide(self._memory.left_out, self._committee.left_out)

    @classmethod
    def fit(cls, batch: Batch, solver: Solver, examples: Examples, seed: int) -> Self:
        targets, weights = examples.coarse, examples.weight
        memory = solver.fit(targets)
        directions = Directions.fit(batch.pairs.ends)
        inputs = directions.inputs(batch.pairs)
        committee = Committee.fit(inputs, targets, weights, examples.folds(MEMBERS, seed), directions, seed)
        prior = np.maximum(np.average(targets, axis=0, weights=weights), FLOOR).astype(np.float32)
        guessed = examples.person.sum() < ENOUGH
        voice = Calibration.fit(memory.left_out, targets, weights) if guessed else None
        return cls(memory, directions, committee, prior, voice)

    def scores(self, batch: Batch) -> Floats:
        return self._decide(self._memory(batch.gram), self._committee(self._directions.inputs(batch.pairs)))

    def believed(self, batch: Batch) -> NDArray[np.float64] | None:
        if self._voice is None:
            return None
        remembered = np.log(self._voice(self._memory(batch.gram)) + FLOOR)
        views = len(self._committee.views)
        seen = views * self._committee(self._directions.inputs(batch.pairs))
        return softmax((remembered + seen) / (views + 1)).astype(np.float64)

    def _decide(self, remembered: Floats, seen: Floats) -> Floats:
        balanced = seen - np.float32(BALANCE) * np.log(self._prior)
        return np.asarray((remembered + _squash(balanced)) / 2, np.float32)

    def opinions(self, batch: Batch) -> Floats:
        remembered = self._memory(batch.gram)
        each = self._committee.each(self._directions.inputs(batch.pairs))
        return np.stack([softmax(TEMPERATURE * self._decide(remembered, member)) for member in each])

    def tensors(self) -> dict[str, Floats]:
        found = {"ridge.coefficients": self._memory.coefficients, "ridge.offset": self._memory.offset}
        found["prior"] = self._prior
        for number, (mean, axes) in enumerate(zip(self._directions.means, self._directions.axes, strict=True)):
            found |= {f"space{number}.mean": mean, f"space{number}.axes": axes}
        found |= {"inputs.mean": self._committee.scale.mean, "inputs.spread": self._committee.scale.spread}
        for number, layers in enumerate(self._committee.members):
            found |= {f"network{number}.{part}": values for part, values in zip("abcd", layers, strict=True)}
        if self._voice is not None:
            found |= {"voice.slopes": self._voice.slopes, "voice.offsets": self._voice.offsets}
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
        committee = Committee(members, scale, directions.views(scale), none)  # type: ignore[arg-type]
        voice = Calibration(tensors["voice.slopes"], tensors["voice.offsets"]) if "voice.slopes" in tensors else None
        return cls(memory, directions, committee, tensors["prior"], voice)


def softmax(scores: NDArray[np.floating]) -> Floats:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _squash(log_probability: NDArray[np.floating]) -> Floats:
    return np.asarray(np.log(np.exp(log_probability) + FLOOR) / TEMPERATURE, np.float32)
