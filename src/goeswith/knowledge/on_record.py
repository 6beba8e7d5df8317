"""Annotators that answer from knowledge.sqlite: recorded LLM answers, people's labels, curated edges.

They match after normalisation and aliases: the stage that asks tells how a recorded end (a term, or an item of the
catalogue) becomes a term of the build. A pair is answered in either order, the relation swapped with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from goeswith.knowledge.annotator import (
    Answer,
    EntityAnswer,
    EntityQuestion,
    Provenance,
    Question,
    RelationAnswer,
    RelationQuestion,
    Reply,
)
from goeswith.knowledge.base import Kind, KnowledgeBase, Record
from goeswith.knowledge.people import Tie, majority
from goeswith.knowledge.relation import parse, swapped
from goeswith.knowledge.shield import as_data, reads_like_instructions
from goeswith.text.normalise import title_key

Pair = tuple[str, str]
Resolve = Callable[[str, str], str | None]
"""(term or title, item id or "") -> term of the build, None where it has none."""


def _as_asked(term: str, item_id: str) -> str | None:
    return title_key(term)


class OnRecord:
    """Answers of one kind of source; without `here` none that was asked in this workspace.

    `unresolved` counts relation answers with an end that the build does not know.
    """

    kind: Kind

    def __init__(self, base: KnowledgeBase, resolve: Resolve = _as_asked, here: bool = True) -> None:
        self.name = self.kind
        self._asked: dict[tuple[str, str], list[EntityAnswer]] = defaultdict(list)
        self._titles: dict[str, list[EntityAnswer]] = defaultdict(list)
        self._items: dict[str, list[EntityAnswer]] = defaultdict(list)
        for record in base.records("entity", here=here):
            if record.source == self.kind:
                answer = EntityAnswer(record.value, _provenance(record), function=record.detail)
                title, category = _key(record.a), _key(record.b)
                self._asked[title, category].append(answer)
                if not reads_like_instructions(record.b):
                    self._titles[title].append(answer)
                if record.item_a:
                    self._items[record.item_a].append(answer)
        self.pairs: dict[Pair, list[RelationAnswer]] = defaultdict(list)
        self.unresolved = 0
        self._resolve = resolve
        records = [r for r in base.records("relation", here=here) if r.source == self.kind]
        for a, b, relation in self._relations(records):
            self._file(a, b, relation)

    def ask(self, questions: Sequence[Question]) -> Reply:
        return Reply(tuple(self._answer(question) for question in questions))

    def _answer(self, question: Question) -> tuple[Answer, ...]:
        if isinstance(question, EntityQuestion):
            title, category = _key(question.title), _key(question.category)
            found = self._asked.get((title, category)) or self._titles.get(title)
            return tuple(found or self._items.get(question.item_id, []))
        return self._pair(question)

    def _pair(self, question: RelationQuestion) -> tuple[RelationAnswer, ...]:
        a, b = self._resolve(question.a, ""), self._resolve(question.b, "")
        if a is None or b is None:
            return ()
        if a <= b:
            return tuple(self.pairs.get((a, b), ()))
        return tuple(_swap(answer) for answer in self.pairs.get((b, a), ()))

    def _file(self, a: tuple[str, str], b: tuple[str, str], answer: RelationAnswer) -> None:
        first, second = self._resolve(*a), self._resolve(*b)
        if first is None or second is None:
            self.unresolved += 1
        elif first < second:
            self.pairs[first, second].append(answer)
        elif second < first:
            self.pairs[second, first].append(_swap(answer))

    def _relations(self, records: list[Record]) -> Iterable[tuple[tuple[str, str], tuple[str, str], RelationAnswer]]:
        for r in records:
            answer = RelationAnswer(parse(r.value or ""), _provenance(r), r.confidence, r.vote, r.detail, r.probability)
            yield (r.a, r.item_a), (r.b, r.item_b), answer


class RecordedAnnotator(OnRecord):
    """Answers of an LLM that were put on record (`llm.recorded`, or an earlier run)."""

    kind = "llm"


class CuratedAnnotator(OnRecord):
    """Edges that a person edited and imported (`goeswith graph import`)."""

    kind = "curated"


class PeopleAnnotator(OnRecord):
    """People's labels by majority; each labelled pair of items or terms is one answer."""

    kind = "person"

    def __init__(self, base: KnowledgeBase, resolve: Resolve = _as_asked, tie: Tie = "drop") -> None:
        self._tie: Tie = tie
        super().__init__(base, resolve)

    def _relations(self, records: list[Record]) -> Iterable[tuple[tuple[str, str], tuple[str, str], RelationAnswer]]:
        def key(record: Record) -> tuple[str, str, str, str]:
            return record.a, record.item_a, record.b, record.item_b

        for (a, item_a, b, item_b), group in groupby(sorted(records, key=key), key):
            votes: dict[str, Record] = {}
            for place, record in enumerate(group):
                votes.setdefault(record.who or f"vote {place}", record)
            cast = [None if record.value is None else parse(record.value) for record in votes.values()]
            decided = majority(cast, self._tie)
            if decided is not None:
                who = f"{len(cast)} people" if len(cast) > 1 else "a person"
                yield (a, item_a), (b, item_b), RelationAnswer(decided, Provenance("person", who, prompt="labels"))


def _key(title: str) -> str:
    return title_key(as_data(title))


def _provenance(record: Record) -> Provenance:
    return Provenance(record.source, record.who, record.prompt, record.asked_at)


def _swap(answer: RelationAnswer) -> RelationAnswer:
    return RelationAnswer(
        swapped(answer.relation), answer.source, answer.confidence, answer.vote, answer.reason, answer.probability
    )
