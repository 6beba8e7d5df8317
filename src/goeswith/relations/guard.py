"""No LLM may make the classifier worse where people's labels can tell.

KARL (arXiv 2509.05564, section 5) loses in distribution after some rounds of an LLM's labels. Here the classifier is
also trained on people's labels alone; where the LLM's answers lower macro-F1 on people's labels by more than TOLERANCE,
their weight is halved and halved again, and at last they are left out: then the classifier of people's labels stands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from goeswith.measure import agreement
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.coarse import CoarseModel
from goeswith.relations.ends import Ends, Floats
from goeswith.relations.examples import COARSE, Examples

TOLERANCE = 0.005
SHARES = (1.0, 0.5, 0.25)
"""Of their weight that the LLM's answers may keep; below the last they keep none."""
ENOUGH = 200
"""People's labels below which macro-F1 is too noisy to judge by."""


def guarded(examples: Examples, ends: Ends, config: Config) -> tuple[Classifier, float]:
    """The classifier, and the share of their weight that the LLM's answers kept."""
    people = np.flatnonzero(examples.person)
    classes = np.unique(examples.coarse[people].argmax(axis=1))
    if len(people) < ENOUGH or len(classes) < 2 or len(people) == len(examples):
        return Classifier.fit(examples, ends, config), 1.0
    taught = examples.take(people)
    alone = Classifier.fit(taught, ends, config)
    least = quality(taught, alone) - TOLERANCE
    for share in SHARES:
        weighted = replace(examples, weight=np.where(examples.person, 1, share) * examples.weight)
        model = Classifier.fit(weighted, ends, config)
        if quality(examples, model) >= least:
            return model, share
    return _over(alone, examples, ends), 0.0


def _over(alone: Classifier, examples: Examples, ends: Ends) -> Classifier:
    """The classifier of people's labels alone, with left-out scores for all examples: it saw none of the others."""
    left_out = alone.scores(ends, examples.a, examples.b)
    left_out[examples.person] = alone.coarse.left_out
    return replace(alone, coarse=cast(CoarseModel, _Over(alone.coarse, left_out)))


class _Over:
    """A fitted coarse model as it is, with its scores of more examples than it was fitted to."""

    def __init__(self, model: CoarseModel, left_out: Floats) -> None:
        self._model, self.left_out = model, left_out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def quality(examples: Examples, model: Classifier) -> float:
    """Macro-F1 on people's labels, each decided without it; `examples` are those that the model was fitted to."""
    return float(agreement.macro_f1(left_out(examples, model)))


def left_out(examples: Examples, model: Classifier) -> np.ndarray:
    """Confusion counts (truth, said) of people's labels, shape (c, c)."""
    people = examples.person
    truth = examples.coarse[people].argmax(axis=1)
    said = model.coarse.left_out[people].argmax(axis=1)
    return agreement.confusion(truth, said, len(COARSE))
