"""KARL's own classifier (arXiv 2509.05564), the reference: ten logistic regressions, each on a balanced under-sample.

Each member leaves a tenth of the pairs out and draws as many examples of each class as the scarcest class has, by
weight; of a soft label it draws a hard one. So an LLM's doubtful answer is drawn seldom, and not always as the same
class. A pair and its reversed copy are left out together; what a member did not draw it can be tested on. That test
(out of bag) is what Bayesian optimisation tunes two inverse regularisations by: of the signs, and of the vectors.

The members are the committee whose disagreement the paper asks by (QBC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from goeswith.relations.bayes import maximise
from goeswith.relations.coarse import Batch, softmax
from goeswith.relations.ends import Floats, Ints
from goeswith.relations.examples import COARSE, Examples, Floats64
from goeswith.relations.kernel import Pairs, Scale
from goeswith.relations.ridge import Solver

MEMBERS = 10
EVALUATIONS = 12
LOWEST, HIGHEST = (-3.0, -4.0), (0.0, -1.0)
"""Of log₁₀ C of the signs and of the vectors."""
FEWEST = 30
"""Examples that are drawn of a class, however scarce: again and again where there are fewer."""
ITERATIONS, TOLERANCE = 200, 1e-3


@dataclass(frozen=True)
class Bags:
    """What each member learns from."""

    rows: tuple[Ints, ...]
    """Examples drawn for each member; an example may be drawn twice."""
    labels: tuple[Ints, ...]
    """Their hard labels."""
    unseen: NDArray[np.bool_]
    """Shape (members, examples): not drawn, nor its reversed copy; every example is unseen by one member at least."""

    @classmethod
    def draw(cls, examples: Examples, seed: int) -> Bags:
        rng = np.random.default_rng(seed)
        folds = examples.folds(MEMBERS, seed)
        pair = examples.folds(len(examples), seed)
        rows, labels, unseen = [], [], []
        for member in range(MEMBERS):
            hard = (examples.coarse.cumsum(axis=1) < rng.random((len(examples), 1))).sum(axis=1)
            hard = np.minimum(hard, len(COARSE) - 1)
            drawn = _balanced(hard, np.where(folds == member, 0, examples.weight), rng)
            rows.append(drawn)
            labels.append(hard[drawn])
            unseen.append(~np.isin(pair, pair[drawn]))
        return cls(tuple(rows), tuple(labels), np.stack(unseen))

    def out_of_bag(self, each: Floats) -> Floats:
        """Mean over the members that did not see an example; (members, examples, classes) -> (examples, classes)."""
        total = np.einsum("mn,mnc->nc", self.unseen, each, dtype=np.float32)
        return np.asarray(total / self.unseen.sum(axis=0)[:, None], np.float32)


def _balanced(labels: Ints, weight: Floats64, rng: np.random.Generator) -> Ints:
    """As many rows of each class that there is, in proportion to their weight."""
    weights = [np.where(labels == klass, weight, 0) for klass in range(len(COARSE))]
    there = [each / each.sum() for each in weights if each.sum() > 0]
    size = max(FEWEST, min((int(np.count_nonzero(each)) for each in there), default=0))
    return np.concatenate([rng.choice(len(labels), size, p=each) for each in there] or [np.zeros(0, np.int64)])


class BaggedModel:
    """Mean log-probability of the members."""

    def __init__(self, scale: Scale, coefficients: Floats, offsets: Floats, left_out: Floats) -> None:
        """`coefficients` has shape (members, features, 3), `offsets` (members, 3)."""
        self._scale, self._coefficients, self._offsets, self._left_out = scale, coefficients, offsets, left_out

    @property
    def left_out(self) -> Floats:
        return self._left_out

    @classmethod
    def fit(cls, batch: Batch, solver: Solver, examples: Examples, seed: int) -> Self:
        inputs = features(batch.pairs)
        scale = Scale.fit(inputs)
        inputs, bags = scale(inputs), Bags.draw(examples, seed)
        own = np.arange(inputs.shape[1]) < batch.pairs.signs.shape[1]

        def trained(strengths: Floats64) -> tuple[Floats, Floats, Floats]:
            # columns times √C, fitted with C = 1, is an inverse regularisation of its own for each group of columns
            signs, vectors = (10 ** (strengths / 2)).tolist()
            spread = np.where(own, signs, vectors).astype(np.float32)
            members = [_member(inputs[r] * spread, labels) for r, labels in zip(bags.rows, bags.labels, strict=True)]
            coefficients = np.stack([slopes for slopes, _ in members]) * spread[:, None]
            offsets = np.stack([offset for _, offset in members])
            return coefficients, offsets, bags.out_of_bag(_log_probabilities(inputs, coefficients, offsets))

        def quality(strengths: Floats64) -> float:
            return macro_f1(examples.coarse, trained(strengths)[2], examples.weight)

        return cls(scale, *trained(maximise(quality, LOWEST, HIGHEST, EVALUATIONS, seed)[0]))

    def scores(self, batch: Batch) -> Floats:
        return np.asarray(self._each(batch).mean(axis=0))

    def believed(self, batch: Batch) -> None:
        return None

    def opinions(self, batch: Batch) -> Floats:
        return np.exp(self._each(batch))

    def _each(self, batch: Batch) -> Floats:
        return _log_probabilities(self._scale(features(batch.pairs)), self._coefficients, self._offsets)

    def tensors(self) -> dict[str, Floats]:
        return {
            "coefficients": self._coefficients, "offsets": self._offsets,
            "inputs.mean": self._scale.mean, "inputs.spread": self._scale.spread,
        }  # fmt: skip

    @classmethod
    def from_tensors(cls, tensors: dict[str, Floats]) -> Self:
        scale = Scale(tensors["inputs.mean"], tensors["inputs.spread"])
        return cls(scale, tensors["coefficients"], tensors["offsets"], np.zeros((0, len(COARSE)), np.float32))


def features(pairs: Pairs) -> Floats:
    """Signs (cosines among them), then |x − y| and x · y of entity, use and title; float32, the same swapped."""
    parts: list[Floats] = [pairs.signs]
    for space in (pairs.ends.entity, pairs.ends.use, pairs.ends.title):
        x, y = space[pairs.a], space[pairs.b]
        parts += [np.abs(x - y), x * y]
    return np.hstack(parts)


def macro_f1(targets: Floats64, scores: Floats, weight: Floats64) -> float:
    """Of the greatest scores, against soft and weighted labels; over the classes that there are."""
    mass = targets * weight[:, None]
    right = np.eye(targets.shape[1])[scores.argmax(axis=1)]
    there = mass.sum(axis=0) > 0
    hits = (mass * right).sum(axis=0)[there]
    return float(np.mean(2 * hits / (mass.sum(axis=0) + weight @ right)[there]))


def _member(inputs: Floats, labels: Ints) -> tuple[Floats, Floats]:
    """Slopes (features, 3) and offsets (3,) of one regression; a class that its bag lacks gets next to nothing."""
    slopes = np.zeros((inputs.shape[1], len(COARSE)), np.float32)
    offsets = np.full(len(COARSE), -10, np.float32)
    classes = np.unique(labels)
    offsets[classes] = 0
    if len(classes) > 1:
        model = LogisticRegression(C=1.0, max_iter=ITERATIONS, tol=TOLERANCE).fit(inputs, labels)
        both = len(classes) == 2  # then sklearn gives the second class against the first
        slopes[:, classes[both:]] = model.coef_.T
        offsets[classes[both:]] = model.intercept_
    return slopes, offsets


def _log_probabilities(inputs: Floats, coefficients: Floats, offsets: Floats) -> Floats:
    """Shape (members, n, 3)."""
    return np.log(np.maximum(softmax(inputs @ coefficients + offsets[:, None]), 1e-7))
