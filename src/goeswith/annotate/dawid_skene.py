"""What several annotators agree on when each errs in their own way.

    consensus = dawid_skene([(0, 0, 2), (0, 1, 2), (0, 2, 1), …], classes=3)
    consensus.posterior[0]                   # P(class) of task 0
    annotators(votes, consensus)             # one row an annotator

Dawid & Skene (1979): annotator a answers l on a task of class k with probability confusion[a, k, l], whatever the
others say. EM alternates the classes of the tasks and the confusions; the start is each task's share of votes, so that
class k means what most people mean by it. Dirichlet smoothing makes each step a posterior mode: what has been seen once
is never certain, and annotators with few votes stay near the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from goeswith.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Votes = Sequence[tuple[int, int, int | None]] | Ints
"""(task, annotator, class), all counted from 0; a blank vote is None or −1."""


@dataclass(frozen=True, eq=False)
class Consensus:
    posterior: Floats
    """P(class) of each task, shape (tasks, k); a task without votes has the prior."""
    confusion: Floats
    """P(answer | class) of each annotator, shape (annotators, k, k)."""
    prior: Floats
    """P(class), shape (k,)."""
    likelihood: tuple[float, ...]
    """Log-likelihood of the votes after each round, the log of the smoothing prior included; it never falls."""


@dataclass(frozen=True, eq=False)
class Annotator:
    """One row of a table of annotators."""

    annotator: int
    pairs: int
    """Votes that are not blank."""
    agreement: float
    """How often the vote is what the others' consensus holds likeliest; NaN without votes."""
    confusion: Floats
    """P(answer | class), shape (k, k)."""


def dawid_skene(
    votes: Votes,
    classes: int,
    *,
    tasks: int | None = None,
    annotators: int | None = None,
    smoothing: float = 0.5,
    tolerance: float = 1e-8,
    rounds: int = 500,
) -> Consensus:
    """Fit by EM until a round gains less than `tolerance` a vote; `smoothing`, above 0, is added to each count.

    `tasks` and `annotators` tell how many there are where the last ones may have no vote. Raises DataError for a class
    out of range.
    """
    cast = _cast(votes, classes)
    shape = _size(annotators, cast.who), classes, classes
    posterior = _shares(cast, _size(tasks, cast.task), classes)
    likelihood: list[float] = []
    for _ in range(rounds):
        prior, confusion = _maximise(posterior, cast, shape, smoothing)
        posterior, value = _expect(prior, confusion, cast, len(posterior))
        likelihood.append(value + smoothing * float(np.log(confusion).sum() + np.log(prior).sum()))
        if len(likelihood) > 1 and likelihood[-1] - likelihood[-2] < tolerance * max(len(cast.said), 1):
            break
    return Consensus(posterior, confusion, prior, tuple(likelihood))


def annotators(votes: Votes, consensus: Consensus) -> list[Annotator]:
    """Each annotator against the consensus of the others: the annotator's own vote is taken out of it."""
    task, who, said = _cast(votes, len(consensus.prior))
    others = np.log(np.maximum(consensus.posterior[task], 1e-300)) - np.log(consensus.confusion[who, :, said])
    agrees = others.argmax(axis=1) == said
    return [
        Annotator(one, int(mine.sum()), float(agrees[mine].mean()) if mine.any() else float("nan"), confusion)
        for one, confusion in enumerate(consensus.confusion)
        for mine in [who == one]
    ]


class _Cast(NamedTuple):
    """The votes that are not blank: three arrays of one length."""

    task: Ints
    who: Ints
    said: Ints


def _cast(votes: Votes, classes: int) -> _Cast:
    rows = [(task, who, -1 if said is None else said) for task, who, said in votes]
    table = np.array(rows, np.int64).reshape(-1, 3)
    table = table[table[:, 2] != -1]
    strange = table[(table < 0).any(axis=1) | (table[:, 2] >= classes)]
    if len(strange):
        raise DataError(
            "a vote out of range",
            found=f"(task, annotator, class) = {tuple(strange[0].tolist())}",
            remedy=f"count from 0; classes are 0 to {classes - 1}, a blank vote is None or -1",
        )
    return _Cast(table[:, 0], table[:, 1], table[:, 2])


def _size(stated: int | None, numbers: Ints) -> int:
    return stated if stated is not None else int(numbers.max(initial=-1)) + 1


def _shares(cast: _Cast, tasks: int, classes: int) -> Floats:
    """Each task's share of votes, shape (tasks, k); even without votes."""
    counts = np.zeros((tasks, classes))
    np.add.at(counts, (cast.task, cast.said), 1)
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), 1 / classes)


def _maximise(posterior: Floats, cast: _Cast, shape: tuple[int, int, int], smoothing: float) -> tuple[Floats, Floats]:
    """Prior and confusions from the classes as they are believed to be."""
    prior = posterior[np.unique(cast.task)].sum(axis=0) + smoothing
    confusion = np.full(shape, smoothing, np.float64)
    np.add.at(confusion.transpose(0, 2, 1), (cast.who, cast.said), posterior[cast.task])  # a view: class comes last
    return prior / prior.sum(), confusion / confusion.sum(axis=2, keepdims=True)


def _expect(prior: Floats, confusion: Floats, cast: _Cast, tasks: int) -> tuple[Floats, float]:
    """Classes of the tasks from prior and confusions, and the log-likelihood of the votes."""
    joint = np.tile(np.log(prior), (tasks, 1))
    np.add.at(joint, cast.task, np.log(confusion[cast.who, :, cast.said]))
    peak = joint.max(axis=1, keepdims=True)
    evidence = peak + np.log(np.exp(joint - peak).sum(axis=1, keepdims=True))
    return np.exp(joint - evidence), float(evidence.sum())
