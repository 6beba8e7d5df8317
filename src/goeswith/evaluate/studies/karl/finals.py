"""The whole classifier, trained as in a build, on and off the labels' distribution: with and without the LLM's answers.

| experiment | learns from | tested on |
|---|---|---|
| id | people's labels of the other folds | a fold of people's labels |
| id-a | those and pool A | the same |
| ood | people's labels | labels from elsewhere |
| ood-a | those and pool A | the same |
| ood-b | those, pool A and the votes on pairs of the other query folds | a fold of them |

`bagged-…` is the same with the paper's classifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from goeswith.evaluate.studies.karl.curves import ACCEPTED, FOLDS, LLM_WEIGHT
from goeswith.evaluate.studies.karl.material import Labels, Material, folds, without
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import Ends, Ints

EXPERIMENTS = ("id", "id-a", "ood", "ood-a", "ood-b")


@dataclass(frozen=True)
class Trial:
    """Who teaches, and what is tested."""

    train: Ints
    """Rows of `inside`."""
    asked: Ints
    """Pairs of the universe whose votes are learned from."""
    test: Ints
    labels: Labels


def trials(material: Material, experiment: str, seed: int) -> Iterator[Trial]:
    nothing = np.zeros(0, np.int64)
    if experiment in ("ood", "ood-a"):
        asked, everywhere = material.pool if experiment == "ood-a" else nothing, np.arange(len(material.outside))
        yield Trial(material.elsewhere(everywhere), asked, everywhere, material.outside)
        return
    labels = material.outside if experiment == "ood-b" else material.inside
    fold = folds(labels, FOLDS, seed)
    for held in range(FOLDS):
        train, test = without(labels, fold, held)
        if experiment == "ood-b":
            near = [int(pair) for pair in np.unique(labels.pair[train]) if int(pair) in material.votes]
            asked = np.concatenate([material.pool, np.array(near, np.int64)])
            yield Trial(material.elsewhere(test), asked, test, labels)
        else:
            yield Trial(train, material.pool if experiment == "id-a" else nothing, test, labels)


def run(material: Material, ends: Ends, trial: Trial, config: Config) -> dict[str, Any]:
    """Decisions and coarse probabilities on the test labels."""
    quality = material.quality(trial.train)
    reliable = np.flatnonzero(quality.reliability(material.judged(trial.asked)) >= ACCEPTED)
    answers = material.answered(trial.asked[reliable], quality, LLM_WEIGHT)
    examples = material.inside.examples(trial.train).join(answers)
    told = Classifier.fit(examples, ends, config).predict(ends, trial.labels.a[trial.test], trial.labels.b[trial.test])
    return {
        "test": trial.test.tolist(),
        "decisions": told.coarse.tolist(),
        "probabilities": np.round(told.p_coarse, 6).tolist(),
        "answers": len(answers),
    }


def corrected(probabilities: np.ndarray, prior: np.ndarray, rounds: int = 1000) -> np.ndarray:
    """Probabilities (n, k) after the prior was re-estimated on the unlabelled test pairs themselves, by EM.

    Saerens, Latinne & Decaestecker 2002: the baseline that any gain out of distribution has to beat.
    """
    estimate = prior.copy()
    for _ in range(rounds):
        weighted = probabilities * (estimate / prior)
        weighted /= weighted.sum(axis=1, keepdims=True)
        if np.abs(weighted.mean(axis=0) - estimate).max() < 1e-6:
            break
        estimate = weighted.mean(axis=0)
    return np.asarray(weighted)
