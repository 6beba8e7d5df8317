"""How far an LLM's answer on a pair can be believed.

    quality = Quality.fit(judged)            # learns from the pairs that people labelled too
    quality.coarse(judged)                   # (n, 3): what people would say of each pair
    quality.reliability(judged)              # (n,): of the class that coarse() puts first

P(c) ∝ exp(t · mean over votes of log table[vote, c]) · lift^(−w · [c is "unrelated"]), where

- `table` is P(people's class | class group of the vote, its stated confidence), one observer's error rates (Dawid &
  Skene 1979) read backwards; pseudo-counts shrink it to the confidence as stated,
- `t` says what repeated votes are worth: 1, n votes are no more than one; n, they are independent. It is a temperature
  (Guo et al. 2017), one for votes that agree and one for votes that differ; 1 for a single vote,
- `w` says how much co-purchase above chance counts against "unrelated"; no co-purchase counts for nothing.

t and w are posterior modes around cautious defaults. Only class groups enter, so neither the order of the votes nor
that of the pair matters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from goeswith.knowledge.relation import Coarse, Relation, coarse
from goeswith.settings import CONFIDENCE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COARSE = (Coarse.SUBSTITUTE, Coarse.COMPLEMENTARY, Coarse.UNRELATED)
MEMBERS = np.array([[relation.coarse is c for relation in Relation] for c in COARSE], np.float64)
EVEN = MEMBERS / MEMBERS.sum(axis=1, keepdims=True)
GROUPS, LEVELS = 4, 6
"""Groups: substitute, complementary, unrelated, unclear ("unclear" is wrong far more often). Levels: stated confidence
1 to 5; level 0 where none was stated."""
UNSTATED = "4"
"""What an answer without confidence counts as, until gold tells."""
PSEUDO = 5.0
"""Gold pairs that the default of a table cell is worth; of 1 to 50, 5 and 10 do best on FBL2024, with 50 gold pairs and
with 400."""
FINE_PSEUDO = 0.2
"""Votes spread evenly over the fine classes of a coarse one: where FBL2023 confirms "complementary", it confirms the
fine class on 86 %."""
TEMPERATURES, SPREAD = np.exp(np.linspace(-1.5, 1.5, 121)), 0.3
"""Candidates, and the prior's standard deviation of log t around 0."""
LIFT_WEIGHTS, LIFT_DEFAULT, LIFT_SPREAD = np.linspace(0, 1, 101), 0.2, 0.2
"""Candidates, the prior's mean and its standard deviation. The log-odds of an LLM's "unrelated" fall by 0.4 to 0.7 for
each unit of log lift (torso and tail of two shops); half of the least, as the LLM knows much of that by itself."""
MOST_LIFT = 100.0


@dataclass(frozen=True, slots=True)
class Vote:
    """One answer of an LLM, turned to the direction of the pair."""

    relation: Relation | Coarse
    confidence: int | None = None
    """1 to 5, as stated."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known about one pair."""

    votes: tuple[Vote, ...]
    gold: Coarse | None = None
    """People's class."""
    lift: float | None = None
    """Shrunken lift of co-purchase; None where the shop has no bills."""


@dataclass(frozen=True, eq=False)
class Quality:
    table: Floats
    """P(people's class | group, level), shape (4, 6, 3)."""
    temperature: Floats
    """Of a single vote (always 1), votes that agree, votes that differ; shape (3,)."""
    lift_weight: float
    gold: int
    """Pairs it was learned from."""

    @classmethod
    def fit(cls, judged: Sequence[Judged], confidence: Mapping[str, float] = CONFIDENCE) -> Quality:
        """Learn from the pairs with votes and gold; without any, believe what the LLM states."""
        taught = [pair for pair in judged if pair.gold is not None and pair.votes]
        truth = np.array([COARSE.index(pair.gold) for pair in taught if pair.gold is not None], np.int64)
        quality = cls(_table(taught, truth, _default(confidence)), np.ones(3), LIFT_DEFAULT, len(taught))
        quality = replace(quality, temperature=quality._fitted_temperature(taught, truth))
        return replace(quality, lift_weight=quality._fitted_lift_weight(taught, truth))

    def coarse(self, judged: Sequence[Judged]) -> Floats:
        """P(substitute, complementary, unrelated) of each pair, shape (n, 3); without a vote all are alike."""
        scores = self._evidence(judged) * self.temperature[_patterns(judged)][:, None]
        return _softmax(_lifted(scores, _log_lift(judged), self.lift_weight))

    def nine(self, judged: Sequence[Judged]) -> Floats:
        """The mass of each coarse class, shared over its fine classes as the votes say; shape (n, 9)."""
        said = _fine_votes(judged) + FINE_PSEUDO * EVEN.sum(axis=0)
        whole = said @ MEMBERS.T
        return np.asarray(said * (self.coarse(judged) / whole @ MEMBERS))

    def reliability(self, judged: Sequence[Judged]) -> Floats:
        """Probability that the likeliest class of coarse() is the people's, shape (n,)."""
        return np.asarray(self.coarse(judged).max(axis=1))

    def to_json(self) -> str:
        arrays = {"table": self.table.tolist(), "temperature": self.temperature.tolist()}
        return json.dumps({**arrays, "lift_weight": self.lift_weight, "gold": self.gold})

    @classmethod
    def from_json(cls, text: str) -> Quality:
        read = json.loads(text)
        return cls(np.array(read["table"]), np.array(read["temperature"]), read["lift_weight"], read["gold"])

    def _evidence(self, judged: Sequence[Judged]) -> Floats:
        """Mean over a pair's votes of the log of their rows of the table, shape (n, 3)."""
        counts = _cells(judged)
        total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return np.asarray(counts @ np.log(self.table.reshape(-1, 3)) / total)

    def _fitted_temperature(self, taught: Sequence[Judged], truth: Ints) -> Floats:
        evidence, patterns = self._evidence(taught), _patterns(taught)
        penalty = np.log(TEMPERATURES) ** 2 / (2 * SPREAD**2)

        def fitted(pattern: int) -> float:
            rows = patterns == pattern
            return _best(TEMPERATURES, penalty, lambda t: _log_loss(evidence[rows] * t, truth[rows]))

        return np.array([1.0, fitted(1), fitted(2)])  # what one vote is worth stands in the table

    def _fitted_lift_weight(self, taught: Sequence[Judged], truth: Ints) -> float:
        scores = self._evidence(taught) * self.temperature[_patterns(taught)][:, None]
        log_lift = _log_lift(taught)
        penalty = (LIFT_WEIGHTS - LIFT_DEFAULT) ** 2 / (2 * LIFT_SPREAD**2)
        return _best(LIFT_WEIGHTS, penalty, lambda weight: _log_loss(_lifted(scores, log_lift, weight), truth))


def _default(confidence: Mapping[str, float]) -> Floats:
    """The stated confidence on the class that was named, the rest spread over the other two; shape (4, 6, 3)."""
    levels = [UNSTATED, *(str(level) for level in range(1, LEVELS))]
    stated = np.clip([confidence[level] for level in levels], 0.01, 0.99)[None, :, None]
    named = np.eye(3)[[0, 1, 2, 2]][:, None, :]
    return np.asarray(np.where(named == 1, stated, (1 - stated) / 2))


def _table(taught: Sequence[Judged], truth: Ints, default: Floats) -> Floats:
    """Counts of (cell, people's class), shrunken to the default; all votes of a pair together weigh as one."""
    counts = _cells(taught)
    weights = counts / counts.sum(axis=1, keepdims=True)
    seen = (weights.T @ np.eye(3)[truth]).reshape(default.shape) + PSEUDO * default
    return np.asarray(seen / seen.sum(axis=2, keepdims=True))


def _cells(judged: Sequence[Judged]) -> Floats:
    """How many votes of each pair fall in each cell of the table, shape (n, 24)."""
    counts = np.zeros((len(judged), GROUPS, LEVELS))
    for row, pair in enumerate(judged):
        for vote in pair.votes:
            group = 3 if vote.relation is Relation.UNCLEAR else COARSE.index(coarse(vote.relation))
            counts[row, group, vote.confidence or 0] += 1
    return counts.reshape(len(judged), GROUPS * LEVELS)


def _patterns(judged: Sequence[Judged]) -> Ints:
    """0: a single vote (or none), 1: votes that agree, 2: votes that differ; shape (n,)."""
    said = [[coarse(vote.relation) for vote in pair.votes] for pair in judged]
    return np.array([0 if len(classes) < 2 else min(len(set(classes)), 2) for classes in said], np.int64)


def _fine_votes(judged: Sequence[Judged]) -> Floats:
    """Votes on each of the nine classes, shape (n, 9); a coarse vote is spread over its fine classes."""
    shares: dict[Relation | Coarse, Floats] = {relation: np.eye(9)[relation - 1] for relation in Relation}
    shares |= dict(zip(COARSE, EVEN, strict=True))
    votes = np.zeros((len(judged), 9))
    for row, pair in enumerate(judged):
        for vote in pair.votes:
            votes[row] += shares[vote.relation]
    return votes


def _log_lift(judged: Sequence[Judged]) -> Floats:
    """Log of the lift, 0 where it is unknown or no more than chance; shape (n,)."""
    return np.asarray(np.log(np.clip([1.0 if pair.lift is None else pair.lift for pair in judged], 1.0, MOST_LIFT)))


def _lifted(scores: Floats, log_lift: Floats, weight: float) -> Floats:
    return np.asarray(scores - weight * log_lift[:, None] * (np.arange(3) == 2))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _log_loss(scores: Floats, truth: Ints) -> float:
    return float(-np.log(_softmax(scores)[np.arange(len(truth)), truth]).sum())


def _best(grid: Floats, penalty: Floats, loss: Callable[[float], float]) -> float:
    """The value of the grid with the least penalised loss: a posterior mode, found the same way on every machine."""
    return float(grid[int(np.argmin([loss(float(value)) for value in grid] + penalty))])
