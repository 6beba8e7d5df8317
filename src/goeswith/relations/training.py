"""Training examples from what is on record: people's labels, curated edges and an LLM's answers, weighted by quality.

Answers on items teach about these items. An answer on terms is put on a few items of each term, so that the classifier
also learns how titles go with it; and two items of one entity are examples of substitutes, which no one is asked about.
What people said of a pair outranks what an LLM said; the LLM's answer then only teaches how far it can be believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from goeswith.annotate.quality import Judged, Quality
from goeswith.annotate.stage import votes_of
from goeswith.knowledge.annotator import RelationAnswer
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.on_record import CuratedAnnotator, OnRecord, PeopleAnnotator, RecordedAnnotator, Resolve
from goeswith.knowledge.relation import Relation, coarse
from goeswith.knowledge.shield import reads_like_instructions
from goeswith.relations.ends import Ints
from goeswith.relations.examples import COARSE, Examples, one_hot
from goeswith.relations.known import Known
from goeswith.settings import Settings

FEWEST = 30
"""Examples below which nothing is trained."""
GROUNDINGS = 2
"""Items of each term that an answer on terms is put on."""
KIN_SHARE = 0.5
"""Pairs of items of one entity for each answer on terms."""
KIN = 0.95
"""How often two items of one entity are substitutes."""

Key = tuple[int, int]


@dataclass(frozen=True)
class Training:
    examples: Examples
    """Over the ends of Known."""
    pairs: list[Key]
    """The pair each example came from, as it is on record (of an entity with itself for kin)."""
    people: int
    llm: int
    doubted: int
    """The LLM's answers below `relations.accept`: not learned from."""
    kin: int
    unknown: int
    """Answers with an end that the build does not know."""
    contradictions: int
    """Pairs that people, or people and a curated edge, give different coarse classes."""

    @property
    def answers(self) -> Examples:
        """Those that somebody answered: that two items of one entity are substitutes is no answer."""
        return self.examples.take(np.flatnonzero([a != b for a, b in self.pairs]))


def training(base: KnowledgeBase, known: Known, resolve: Resolve, settings: Settings, quality: Quality) -> Training:
    """All examples on record, in a fixed order. `resolve` tells the entity of a recorded term."""
    named = _names(known, resolve)
    llm, people, curated = (
        RecordedAnnotator(base, named),
        PeopleAnnotator(base, named, settings.labels.tie),
        CuratedAnnotator(base, named),
    )
    gold = _by_pair(people, known)
    for pair, answers in _by_pair(curated, known).items():
        gold[pair] = answers + gold.get(pair, [])
    votes = _by_pair(llm, known)
    maker = _Maker(known, np.random.default_rng(settings.build.seed))
    for pair, answers in gold.items():
        for answer in answers:
            maker.add(pair, one_hot([answer.relation])[0], 1.0, person=True)
    judged = {pair: Judged(votes_of(said)) for pair, said in votes.items() if pair not in gold}
    told, sure = quality.nine(list(judged.values())), quality.reliability(list(judged.values()))
    weight, accept = settings.relations.llm_weight, settings.relations.accept
    believed = [place for place, reliability in enumerate(sure) if reliability >= accept and weight > 0]
    pairs = list(judged)
    for place in believed:
        maker.add(pairs[place], told[place], weight * sure[place], person=False)
    on_terms = sum(_on_terms(pair, known) for pair in [*gold, *judged])
    kin = maker.add_kin(round(KIN_SHARE * on_terms), weight)
    return Training(
        maker.examples(),
        maker.pairs,
        people=sum(map(len, gold.values())),
        llm=len(believed),
        doubted=len(judged) - len(believed),
        kin=kin,
        unknown=sum(annotator.unresolved for annotator in (llm, people, curated)),
        contradictions=sum(len({coarse(a.relation) for a in answers}) > 1 for answers in gold.values()),
    )


def _names(known: Known, resolve: Resolve) -> Resolve:
    """A recorded end -> the row of its end, as text, so that annotators can file answers under it."""

    def named(name: str, item_id: str) -> str | None:
        if item_id:
            row = known.by_item.get(item_id)
        else:
            term = resolve(name, "")
            row = None if term is None else known.by_term[term]
        if row is None or reads_like_instructions(known.ends[row].title):
            return None
        return f"{row:09d}"

    return named


def _by_pair(annotator: OnRecord, known: Known) -> dict[Key, list[RelationAnswer]]:
    return {(int(a), int(b)): list(answers) for (a, b), answers in sorted(annotator.pairs.items())}


def _on_terms(pair: Key, known: Known) -> bool:
    return min(pair) >= len(known.by_item)


class _Maker:
    """Collects examples; ends that are entities are grounded on items where they have some."""

    def __init__(self, known: Known, rng: np.random.Generator) -> None:
        self._known, self._rng = known, rng
        self._rows: list[tuple[int, int, np.ndarray, float, bool]] = []
        self.pairs: list[Key] = []

    def add(self, pair: Key, nine: np.ndarray, weight: float, person: bool) -> None:
        grounded = list(self._grounded(pair))
        for a, b in grounded:
            self._rows.append((a, b, nine, weight / len(grounded), person))
            self.pairs.append(pair)

    def add_kin(self, wanted: int, weight: float) -> int:
        """Pairs of items of one entity, drawn over the entities that have two."""
        entities = [term for term, items in sorted(self._known.items_of.items()) if len(items) > 1]
        if not entities:
            return 0
        nine = (1 - KIN) * one_hot([Relation.TOGETHER, Relation.UNRELATED]).mean(axis=0)
        nine += KIN * one_hot([Relation.SUBSTITUTE])[0]
        for place in self._rng.integers(len(entities), size=wanted):
            term = entities[place]
            a, b = self._rng.choice(self._known.items_of[term], 2, replace=False).tolist()
            self._rows.append((a, b, nine, weight, False))
            self.pairs.append((self._known.by_term[term], self._known.by_term[term]))
        return wanted

    def _grounded(self, pair: Key) -> Iterator[Key]:
        if not _on_terms(pair, self._known):
            yield pair
            return
        sides = [self._items(self._known.ends[row].entity) for row in pair]
        for _ in range(GROUNDINGS if all(sides) else 1):
            a, b = (int(self._rng.choice(side)) if side else row for side, row in zip(sides, pair, strict=True))
            yield a, b

    def _items(self, term: str) -> list[int]:
        return self._known.items_of.get(term, [])

    def examples(self) -> Examples:
        a, b, nine, weight, person = zip(*self._rows, strict=True) if self._rows else ((), (), (), (), ())
        return Examples(
            np.array(a, np.int64),
            np.array(b, np.int64),
            np.array(nine, np.float64).reshape(-1, 9),
            np.array(weight, np.float64),
            np.array(person, bool),
            self._answers(),
        )

    def _answers(self) -> Ints:
        """Number of the pair on record that each example came from; two items of one entity are a pair of their own."""
        numbers: dict[tuple[Key, Key | None], int] = {}
        found = []
        for (a, b, *_), pair in zip(self._rows, self.pairs, strict=True):
            items = (min(a, b), max(a, b)) if pair[0] == pair[1] else None
            found.append(numbers.setdefault((pair, items), len(numbers)))
        return np.array(found, np.int64)


def untrainable(examples: Examples) -> str:
    """Why these examples cannot teach a classifier; "" where they can."""
    pairs = len(np.unique(examples.groups))
    if pairs < FEWEST:
        return f"{pairs} labelled pairs on record, at least {FEWEST} are needed"
    classes = np.unique(examples.coarse.argmax(axis=1))
    if len(classes) < 2:
        return f"all {pairs} labelled pairs are {COARSE[int(classes[0])]}: nothing tells the classes apart"
    return ""


def over(examples: Examples) -> tuple[np.ndarray, Examples]:
    """The rows of the ends that examples use, and the examples over these alone."""
    used, place = np.unique(np.concatenate([examples.a, examples.b]), return_inverse=True)
    return used, replace(examples, a=place[: len(examples)], b=place[len(examples) :])
