"""What the experiment is made of: people's labels in and out of distribution, an LLM's votes, and the pairs' ends.

The *universe* lists all pairs, each once, whichever way round; labels, votes and folds are arrays over it. Labels
keep the direction in which people saw the pair, so a pair that was shown both ways has two labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from goeswith.annotate.quality import Judged, Quality, Vote
from goeswith.errors import KnowledgeError
from goeswith.evaluate.studies.people import ends_of, votes_of_people
from goeswith.knowledge.base import Record
from goeswith.knowledge.people import Tie, majority
from goeswith.knowledge.relation import Coarse, Relation, coarse, parse, swapped
from goeswith.relations.ends import End, Ints
from goeswith.relations.examples import COARSE, Examples, one_hot
from goeswith.relations.known import Known

Pair = tuple[int, int]


@dataclass(frozen=True)
class Labels:
    """What people decided, one row a label."""

    pair: Ints
    """Place in the universe."""
    a: Ints
    b: Ints
    relation: list[Relation | Coarse]
    """Directed from a to b."""
    query: Ints
    """Number of the item that the pair was shown for; folds never split it."""

    def __len__(self) -> int:
        return len(self.pair)

    @cached_property
    def coarse(self) -> Ints:
        """Place in COARSE, shape (n,)."""
        return np.array([COARSE.index(coarse(relation)) for relation in self.relation], np.int64)

    def examples(self, rows: Ints) -> Examples:
        nine = one_hot([self.relation[row] for row in rows])
        sure = np.ones(len(rows))
        return Examples(self.a[rows], self.b[rows], nine, sure, sure.astype(bool))


@dataclass(frozen=True)
class Material:
    ends: list[End]
    a: Ints
    """First end of each pair of the universe, shape (pairs,); rows of `ends`, a <= b."""
    b: Ints
    inside: Labels
    """In distribution: what is learned from, and tested on by folds."""
    outside: Labels
    """Out of distribution: tested on, never learned from."""
    votes: dict[int, tuple[Vote, ...]]
    """An LLM's votes by pair, turned to the direction a -> b."""
    pool: Ints
    """Pairs with votes of an LLM that no person was asked about."""

    def elsewhere(self, test: Ints) -> Ints:
        """Rows of `inside` to learn from where these rows of `outside` are tested: without what people said there of a
        test pair, either way round."""
        return np.flatnonzero(~np.isin(self.inside.pair, self.outside.pair[test]))

    def quality(self, rows: Ints) -> Quality:
        """How far the votes can be believed, by the labels at these rows of `inside`."""
        pairs = [(int(self.inside.pair[row]), COARSE[self.inside.coarse[row]]) for row in rows]
        return Quality.fit([Judged(self.votes[pair], gold) for pair, gold in pairs if pair in self.votes])

    def judged(self, pairs: Ints) -> list[Judged]:
        return [Judged(self.votes[int(pair)]) for pair in pairs]

    def answered(self, pairs: Ints, quality: Quality, weight: float) -> Examples:
        """What the votes on these pairs teach."""
        judged = self.judged(pairs)
        sure = quality.reliability(judged) if judged else np.zeros(0)
        nine = quality.nine(judged) if judged else np.zeros((0, len(Relation)))
        return Examples(self.a[pairs], self.b[pairs], nine, weight * sure, np.zeros(len(pairs), bool))


def gather(
    inside: list[Record],
    outside: list[Record],
    answers: list[Record],
    known: Known,
    ties: tuple[Tie, Tie],
    resolve: Callable[[str], str | None] = lambda term: term,
) -> Material:
    """From records of people, in and out of distribution, and of the LLM; pairs with an unknown end are left out.

    `resolve` tells the entity that a term on record names.
    """
    rows = _Rows(known, resolve)
    numbers: dict[Pair, int] = {}
    people = [_decided(records, rows, tie) for records, tie in zip((inside, outside), ties, strict=True)]
    votes: dict[int, list[Vote]] = defaultdict(list)
    for labels in people:
        for a, b, _ in labels:
            numbers.setdefault((min(a, b), max(a, b)), len(numbers))
    for record in answers:
        first, second = map(rows, ends_of(record))
        if first is None or second is None or first == second or record.value is None:
            continue
        relation = parse(record.value)
        pair = numbers.setdefault((min(first, second), max(first, second)), len(numbers))
        votes[pair].append(Vote(relation if first < second else swapped(relation), record.confidence))
    if not people[0]:
        raise KnowledgeError(
            "no pair that people labelled",
            remedy="name labels on items of the catalogue under [data], then build again",
        )
    used = sorted({end for pair in numbers for end in pair})
    place = {row: number for number, row in enumerate(used)}
    sides = np.array([[place[end] for end in pair] for pair in numbers], np.int64)
    made = [_labels(labels, numbers, place) for labels in people]
    said = {pair: tuple(cast) for pair, cast in votes.items()}
    shown = _shown([*inside, *outside], rows)
    pool = np.array([number for pair, number in numbers.items() if pair not in shown], np.int64)
    return Material([known.ends[row] for row in used], sides[:, 0], sides[:, 1], made[0], made[1], said, pool)


@dataclass(frozen=True)
class _Rows:
    known: Known
    resolve: Callable[[str], str | None]

    def __call__(self, end: str) -> int | None:
        """An end on record is an item id, or a term."""
        row = self.known.by_item.get(end)
        return self.known.by_term.get(self.resolve(end) or "") if row is None else row


def _shown(records: list[Record], rows: _Rows) -> set[Pair]:
    """Pairs that people were asked about, whatever they said."""
    pairs = [[rows(end) for end in ends_of(record)] for record in records]
    return {(min(a, b), max(a, b)) for a, b in pairs if a is not None and b is not None}


def _decided(records: list[Record], rows: _Rows, tie: Tie) -> list[tuple[int, int, Relation | Coarse]]:
    """(a, b, relation) of each ordered pair on which people agree."""
    found = []
    for (first, second), votes in votes_of_people(records).items():
        a, b = rows(first), rows(second)
        decided = majority([relation for _, relation in votes], tie)
        if a is not None and b is not None and a != b and decided is not None:
            found.append((a, b, decided))
    return found


def _labels(
    decided: list[tuple[int, int, Relation | Coarse]], numbers: dict[Pair, int], place: dict[int, int]
) -> Labels:
    queries = {a: number for number, a in enumerate(dict.fromkeys(a for a, _, _ in decided))}
    columns = [(numbers[min(a, b), max(a, b)], place[a], place[b], queries[a]) for a, b, _ in decided]
    pair, first, second, query = np.array(columns, np.int64).reshape(-1, 4).T
    return Labels(pair, first, second, [relation for _, _, relation in decided], query)


def folds(labels: Labels, count: int, seed: int) -> Ints:
    """A fold of each label by its query item, shape (n,). Raises KnowledgeError for fewer query items than folds."""
    queries = int(labels.query.max(initial=-1)) + 1
    if queries < count:
        raise KnowledgeError(
            "fewer labels than folds", found=f"{queries} query items for {count} folds", remedy="label more pairs"
        )
    return np.asarray(np.random.default_rng(seed).permutation(queries)[labels.query] % count, np.int64)


def without(labels: Labels, fold: Ints, held: int) -> tuple[Ints, Ints]:
    """Rows to learn from and rows to test on; a test pair's reversed copy leaves the former."""
    test = np.flatnonzero(fold == held)
    train = np.flatnonzero((fold != held) & ~np.isin(labels.pair, labels.pair[test]))
    return train, test
