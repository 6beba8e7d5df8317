"""Learning curves: every sampler spends its answers, round after round, and is measured on the same held-out labels.

Three settings: `id` (folds of people's labels, pool A), `ood-a` (labels from elsewhere, pool A) and `ood-b` (the same,
but the pool also holds the LLM's votes on pairs of the other query folds, as a shop would ask about its own products).
Pool A is what no person labelled; of it each seed draws three quarters, so that seeds differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from goeswith.evaluate.studies.karl.arena import Arena, Learned
from goeswith.evaluate.studies.karl.material import Labels, Material, folds, without
from goeswith.relations.dynamic import EVERY
from goeswith.relations.ends import Ints
from goeswith.relations.rounds import Limits, Log, Loop
from goeswith.settings import Relations

SETTINGS = ("id", "ood-a", "ood-b")
FOLDS = 5
SHARE = 0.75
"""Of the pool that a seed draws."""
ACCEPTED, LLM_WEIGHT = Relations().accept, Relations().llm_weight
"""Reliability from which on an answer is accepted, and what it then weighs: the defaults of a build."""


@dataclass(frozen=True)
class Split:
    """One experiment: whose labels are learned from, what may be asked, what is tested."""

    train: Ints
    """Rows of `inside`."""
    pool: Ints
    """Pairs of the universe."""
    test: Ints
    """Rows of the labels tested on."""
    labels: Labels


def splits(material: Material, setting: str, seed: int) -> Iterator[Split]:
    """The folds of a setting; in `ood-a` there is one."""
    pool = _drawn(material.pool, seed)
    if setting == "ood-a":
        everywhere = np.arange(len(material.outside))
        yield Split(material.elsewhere(everywhere), pool, everywhere, material.outside)
        return
    labels = material.inside if setting == "id" else material.outside
    fold = folds(labels, FOLDS, seed)
    for held in range(FOLDS):
        train, test = without(labels, fold, held)
        if setting == "id":
            yield Split(train, pool, test, labels)
            continue
        asked = np.unique(labels.pair[train])
        near = asked[[int(pair) in material.votes for pair in asked]]
        yield Split(material.elsewhere(test), np.concatenate([pool, _drawn(near, seed)]), test, labels)


def _drawn(pairs: Ints, seed: int) -> Ints:
    rng = np.random.default_rng([seed, len(pairs)])
    return np.sort(rng.permutation(pairs)[: round(SHARE * len(pairs))])


def curve(
    material: Material, arena: Arena, split: Split, sampler: str, rounds: int, size: int, seed: int
) -> dict[str, Any]:
    """One sampler's rounds: answers accepted and asked so far, decisions on the test labels, quality, diversity."""
    quality = material.quality(split.train)
    answers = material.answered(split.pool, quality, LLM_WEIGHT)
    good = np.flatnonzero(quality.reliability(material.judged(split.pool)) >= ACCEPTED)
    people = material.inside.examples(split.train)
    pairs = material.inside.pair[split.train]
    target = split.labels.pair[split.test]

    @lru_cache(maxsize=1)
    def model(accepted: tuple[int, ...]) -> Learned:
        asked = np.array(accepted, np.int64)
        return Learned(
            arena,
            np.concatenate([pairs, split.pool[asked]]),
            len(pairs),
            np.vstack([people.coarse, answers.coarse[asked]]),
            np.concatenate([people.weight, answers.weight[asked]]),
            material.inside.query[split.train],
            split.pool,
            target,
            "qbc" in sampler,
            seed,
        )

    def learn(accepted: Ints) -> Learned:
        return model(tuple(accepted.tolist()))

    def annotate(rows: Ints) -> tuple[int, Ints]:
        return len(rows), np.intersect1d(rows, good)

    names = [str(pair) for pair in split.pool]
    loop = Loop(names, EVERY[sampler], Limits(rounds, size, seed=seed), Log())
    decisions, accepted = [learn(np.zeros(0, np.int64)).decide(target)], [0]
    place = {name: row for row, name in enumerate(names)}
    taken: list[int] = []
    turns = []
    for turn in loop.run(learn, annotate):
        taken += [place[name] for name in turn.accepted]
        turns.append(turn)
        decisions.append(learn(np.array(taken, np.int64)).decide(target))
        accepted.append(len(taken))
    return {
        "test": split.test.tolist(),
        "accepted": accepted,
        "asked": np.cumsum([0, *(len(turn.asked) for turn in turns)]).tolist(),
        "decisions": [decided.tolist() for decided in decisions],
        "diversity": [turn.diversity for turn in turns],
    }
