"""How far an LLM's word on relations can be trusted: its answers against people's labels on the same pairs.

The first open question of LLM-KERec (arXiv 2402.13750); several LLMs stand side by side where several answer sets are
on record. People decide by majority (`[labels] tie`); what an LLM said in several votes counts by majority, the first
vote where they tie. All figures are on the coarse classes, so the order of a pair does not matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from goeswith.annotate.dawid_skene import annotators, dawid_skene
from goeswith.errors import KnowledgeError
from goeswith.evaluate.studies.people import Pair, ends_of, votes_of_people
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.people import Tie, majority
from goeswith.knowledge.relation import Coarse, Relation, coarse, parse
from goeswith.measure import agreement
from goeswith.measure.intervals import Interval, wilson

COARSE = list(Coarse)


@dataclass(frozen=True, slots=True)
class Said:
    """One vote of an LLM on a pair; `turned`: it was asked from the second end to the first."""

    coarse: Coarse
    confidence: int | None
    turned: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: of which judge, what, of which group, over how many pairs."""

    judge: str
    measure: str
    group: str
    value: Interval
    pairs: int


def study(base: KnowledgeBase, tie: Tie, repeats: int, seed: int) -> list[Row]:
    """All figures. Raises KnowledgeError where no pair has both labels of people and an answer of an LLM."""
    records = base.records("relation")
    people = votes_of_people([r for r in records if r.source == "person"])
    decided = {pair: majority([relation for _, relation in votes], tie) for pair, votes in people.items()}
    truth = {pair: coarse(relation) for pair, relation in decided.items() if relation is not None}
    judges: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.source == "llm":
            judges[f"{record.who}, {record.prompt}"].append(record)
    measured = _Measured(repeats, seed)
    rows: list[Row] = []
    for judge, given in sorted(judges.items()):
        said = _said(given)
        answers = {pair: said[frozenset(pair)] for pair in sorted(truth) if frozenset(pair) in said}
        rows += _judge(judge, answers, truth, measured) if answers else []
    if not rows:
        raise KnowledgeError(
            "no pair has both labels of people and an answer of an LLM",
            found=f"{len(truth):,} labelled pairs, {len(judges):,} answer sets",
            remedy="name labels under [data], and answers on the same pairs in llm.recorded",
        )
    return _peoples_own(people, measured) + rows


def _said(records: Sequence[Record]) -> dict[frozenset[str], list[Said]]:
    """Votes of one LLM by pair, in their order."""
    found: dict[frozenset[str], list[Said]] = defaultdict(list)
    for r in sorted(records, key=lambda r: r.vote):
        a, b = ends_of(r)
        if r.value is not None:
            found[frozenset((a, b))].append(Said(coarse(parse(r.value)), r.confidence, a > b))
    return found


def _word(votes: list[Said]) -> Coarse:
    """What an LLM says: the majority of its votes, the first where they tie."""
    counted = Counter(said.coarse for said in votes)
    return max(counted, key=lambda c: counted[c])


@dataclass(frozen=True, slots=True)
class _Measured:
    repeats: int
    seed: int

    def row(
        self, judge: str, measure: str, group: str, truth: Sequence[Coarse], given: Sequence[Coarse],
        of: Callable[..., NDArray[np.float64]] = agreement.accuracy,
    ) -> Row:  # fmt: skip
        right, said = (np.array([COARSE.index(c) for c in classes], np.int64) for classes in (truth, given))
        value = agreement.with_interval(of, right, said, len(COARSE), self.repeats, self.seed)
        return Row(judge, measure, group, value, len(truth))

    def share(self, judge: str, measure: str, group: str, same: Sequence[bool]) -> Row:
        """A share of pairs, with its interval: accuracy against what always holds."""
        held = [Coarse.SUBSTITUTE if yes else Coarse.UNRELATED for yes in same]
        return self.row(judge, measure, group, [Coarse.SUBSTITUTE] * len(held), held)


def _peoples_own(people: dict[Pair, list[tuple[str, Relation | Coarse | None]]], measured: _Measured) -> list[Row]:
    """People against people: every two annotators of a pair, pooled."""
    cast = [[coarse(relation) for _, relation in votes if relation is not None] for votes in people.values()]
    twos = [two for votes in cast for two in combinations(votes, 2)]
    if not twos:
        return []
    first, second = zip(*twos, strict=True)
    judge, of = "people among themselves", "two annotators"
    return [
        measured.row(judge, "kappa", of, first, second, agreement.kappa),
        measured.row(judge, "accuracy", of, first, second),
        *_each_annotator(people),
    ]


def _each_annotator(people: dict[Pair, list[tuple[str, Relation | Coarse | None]]]) -> list[Row]:
    """How often each person says what the others' consensus is (Dawid & Skene), the one who differs most first."""
    names = sorted({who for votes in people.values() for who, _ in votes})
    cast = [
        (pair, names.index(who), None if relation is None else COARSE.index(coarse(relation)))
        for pair, votes in enumerate(people.values())
        for who, relation in votes
    ]
    found = [one for one in annotators(cast, dawid_skene(cast, len(COARSE))) if one.pairs]
    rows = [
        Row(f"person {names[one.annotator]}", "agreement", "the others' consensus", wilson(hits, one.pairs), one.pairs)
        for one in found
        for hits in [round(one.agreement * one.pairs)]
    ]
    return sorted(rows, key=lambda row: row.value.value)


def _judge(judge: str, answers: dict[Pair, list[Said]], truth: dict[Pair, Coarse], measured: _Measured) -> list[Row]:
    right = [truth[pair] for pair in answers]
    given = [_word(votes) for votes in answers.values()]
    constant = [Counter(right).most_common(1)[0][0]] * len(right)
    rows = [
        measured.row(judge, "accuracy", "all", right, given),
        measured.row(judge, "accuracy", f"always {constant[0]}", right, constant),
        measured.row(judge, "macro-F1", "all", right, given, agreement.macro_f1),
        measured.row(judge, "kappa", "all", right, given, agreement.kappa),
    ]
    rows += [
        measured.row(judge, "F1", str(c), right, given, lambda tables, n=n: agreement.f1(tables)[..., n])
        for n, c in enumerate(COARSE)
    ]
    return rows + _by_confidence(judge, answers, right, given, measured) + _consistency(judge, answers, truth, measured)


def _by_confidence(
    judge: str, answers: dict[Pair, list[Said]], right: list[Coarse], given: list[Coarse], measured: _Measured
) -> list[Row]:
    """Accuracy by the confidence of the first vote."""
    stated = [votes[0].confidence for votes in answers.values()]
    rows = []
    for confidence in sorted({c for c in stated if c is not None}, reverse=True):
        chosen = [n for n, c in enumerate(stated) if c == confidence]
        group = f"confidence {confidence}"
        rows.append(measured.row(judge, "accuracy", group, [right[n] for n in chosen], [given[n] for n in chosen]))
    return rows


def _consistency(
    judge: str, answers: dict[Pair, list[Said]], truth: dict[Pair, Coarse], measured: _Measured
) -> list[Row]:
    """Whether votes on a pair agree, asked the same way and the other way round, and what agreement is worth."""
    several = {pair: votes for pair, votes in answers.items() if len(votes) > 1}
    if not several:
        return []
    unanimous = {pair: len({said.coarse for said in votes}) == 1 for pair, votes in several.items()}
    rows = [measured.share(judge, "consistency", "all votes agree", list(unanimous.values()))]
    for name, turned in (("two votes asked alike", False), ("two votes, one swapped", True)):
        twos = [
            one.coarse is other.coarse
            for votes in several.values()
            for one, other in combinations(votes, 2)
            if (one.turned != other.turned) is turned
        ]
        rows += [measured.share(judge, "consistency", name, twos)] if twos else []
    for name, agree in (("votes agree", True), ("votes differ", False)):
        chosen = [pair for pair, same in unanimous.items() if same is agree]
        if chosen:
            given = [_word(several[pair]) for pair in chosen]
            rows.append(measured.row(judge, "accuracy", name, [truth[pair] for pair in chosen], given))
    return rows
