"""The relation classifier: nine calibrated probabilities and a coarse decision for any pair of ends.

    model = Classifier.fit(examples, ends, Config())
    told = model.predict(ends, a, b)
    told.nine, told.coarse               # (n, 9) probabilities, (n,) places in COARSE

By construction the coarse probabilities are sums of the fine ones, and swapping a and b swaps 2 with 3 and 5 with 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from goeswith.relations.bagged import BaggedModel
from goeswith.relations.calibration import Calibration
from goeswith.relations.coarse import Batch, CoarseModel, KernelModel
from goeswith.relations.ends import Ends, Floats, Ints
from goeswith.relations.examples import Examples, balanced, to_coarse
from goeswith.relations.fine import Fine
from goeswith.relations.kernel import Pairs, Scale, even
from goeswith.relations.ridge import Solver
from goeswith.relations.signs import signs
from goeswith.settings import Settings

CHUNK = 2000
PENALTY = 0.5
KINDS: dict[str, type[CoarseModel]] = {"kernel": KernelModel, "bagged": BaggedModel}


@dataclass(frozen=True)
class Config:
    """See `[relations]` in docs/settings.md."""

    kind: Literal["kernel", "bagged"] = "kernel"
    landmarks: int = 3000
    seed: int = 7

    @classmethod
    def of(cls, settings: Settings) -> Config:
        return cls(settings.relations.classifier, settings.relations.landmarks, settings.build.seed)


@dataclass(frozen=True)
class Told:
    """What the classifier says of pairs."""

    nine: NDArray[np.float64]
    """Calibrated probabilities, shape (n, 9)."""
    coarse: Ints
    """The decision, shape (n,): place in COARSE of the greatest balanced score."""

    @property
    def p_coarse(self) -> NDArray[np.float64]:
        """Shape (n, 3)."""
        return to_coarse(self.nine)


@dataclass(frozen=True)
class Classifier:
    kind: str
    landmarks: Pairs
    """Labelled pairs that the kernel compares with."""
    scale: Scale
    coarse: CoarseModel
    calibration: Calibration
    fine: Fine

    @classmethod
    def fit(cls, examples: Examples, ends: Ends, config: Config) -> Classifier:
        raw = signs(ends, examples.a, examples.b)
        scale = Scale.fit(raw)
        pairs = Pairs(ends, examples.a, examples.b, scale(raw))
        rows = _landmarks(examples, config)
        landmarks = pairs.take(rows)
        batch = Batch(pairs, even(pairs, landmarks))
        solver = Solver(batch.gram, rows, balanced(examples.coarse, examples.weight, 1), PENALTY, examples.groups)
        coarse = KINDS[config.kind].fit(batch, solver, examples, config.seed)
        calibration = Calibration.fit(coarse.left_out, examples.coarse, examples.weight)
        return cls(
            config.kind, landmarks, scale, coarse, calibration, Fine.fit(batch, solver, examples, config.landmarks)
        )

    def predict(self, ends: Ends, a: Ints, b: Ints) -> Told:
        nine, chosen = [np.zeros((0, 9))], [np.zeros(0, np.int64)]
        for batch in self._batches(ends, a, b):
            scores = self.coarse.scores(batch)
            believed = self.coarse.believed(batch)
            nine.append(self.fine.nine(batch, self.calibration(scores) if believed is None else believed))
            chosen.append(scores.argmax(axis=1))
        return Told(np.vstack(nine), np.concatenate(chosen))

    def scores(self, ends: Ends, a: Ints, b: Ints) -> Floats:
        """Balanced scores of the coarse classes, shape (n, 3)."""
        none = np.zeros((0, 3), np.float32)
        return np.vstack([none, *(self.coarse.scores(batch) for batch in self._batches(ends, a, b))])

    def opinions(self, ends: Ends, a: Ints, b: Ints) -> Floats:
        """Probabilities of a committee's members, shape (members, n, 3)."""
        return np.concatenate([self.coarse.opinions(batch) for batch in self._batches(ends, a, b)], axis=1)

    def _batches(self, ends: Ends, a: Ints, b: Ints) -> Iterator[Batch]:
        for start in range(0, max(len(a), 1), CHUNK):
            first, second = a[start : start + CHUNK], b[start : start + CHUNK]
            pairs = Pairs(ends, first, second, self.scale(signs(ends, first, second)))
            yield Batch(pairs, even(pairs, self.landmarks))


def _landmarks(examples: Examples, config: Config) -> Ints:
    """Rows that the kernel is spanned by: people's labels before an LLM's, drawn where there are too many."""
    order = np.random.default_rng(config.seed).permutation(len(examples))
    first = order[np.argsort(~examples.person[order], kind="stable")]
    return np.sort(first[: config.landmarks])
