"""What every annotator promises; run for recorded answers, people's labels and curated edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from goeswith.knowledge.annotator import EntityQuestion, Provenance, RelationQuestion, Reply, Usage
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.on_record import CuratedAnnotator, OnRecord, PeopleAnnotator, RecordedAnnotator
from goeswith.knowledge.relation import Coarse, Relation

SOURCES = {"llm": RecordedAnnotator, "person": PeopleAnnotator, "curated": CuratedAnnotator}
ALIASES = {name: name for name in ("lamp oil", "oil lamp", "cup", "saucer")} | {"oil for lamps": "lamp oil"}
ITEMS = {"17": "oil lamp"}


def resolve(name: str, item_id: str) -> str | None:
    return ITEMS.get(item_id) if item_id else ALIASES.get(name.casefold())


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
        yield base


@pytest.fixture(params=SOURCES)
def annotator(request: pytest.FixtureRequest, base: KnowledgeBase) -> Callable[[list[Record]], OnRecord]:
    """An annotator over the given records."""

    def make(records: list[Record]) -> OnRecord:
        base.put(request.param, "source", "d1", records)
        return SOURCES[request.param](base, resolve)

    return make


def record(a: str, b: str, value: str | None, **more: object) -> Record:
    return Record("relation", a, value, "somebody", b=b, **more)  # type: ignore[arg-type]


def ask(annotator: OnRecord, *pairs: tuple[str, str]) -> list[list[Relation | Coarse]]:
    reply = annotator.ask([RelationQuestion(a, b) for a, b in pairs])
    return [[answer.relation for answer in answers] for answers in reply.answers]


def test_answers_keep_the_order_of_the_questions(annotator):
    asked = annotator([record("lamp oil", "oil lamp", "refills"), record("cup", "saucer", "together")])
    assert ask(asked, ("cup", "saucer"), ("lamp oil", "oil lamp")) == [[Relation.TOGETHER], [Relation.REFILLS]]


def test_what_is_not_on_record_is_abstained_from(annotator):
    reply = annotator([record("cup", "saucer", "together")]).ask([RelationQuestion("cup", "oil lamp")])
    assert (reply.answers, reply.abstained) == (((),), 1)


def test_a_question_about_unknown_terms_is_abstained_from(annotator):
    assert ask(annotator([record("cup", "saucer", "together")]), ("cup", "spaceship")) == [[]]


def test_no_questions_have_no_answers(annotator):
    assert annotator([]).ask([]) == Reply(())


@pytest.mark.parametrize("value", [relation.name.lower() for relation in Relation])
def test_asked_in_the_other_order_the_answer_is_swapped(annotator, value):
    asked = annotator([record("lamp oil", "oil lamp", value)])
    forwards, backwards = ask(asked, ("lamp oil", "oil lamp"), ("oil lamp", "lamp oil"))
    assert forwards == [Relation[value.upper()]]
    assert backwards == [Relation[value.upper()].swapped]


def test_recorded_in_the_other_order_the_answer_is_the_same(annotator):
    asked = annotator([record("oil lamp", "lamp oil", "refilled_by")])
    assert ask(asked, ("lamp oil", "oil lamp")) == [[Relation.REFILLS]]


def test_a_coarse_answer_stays_coarse(annotator):
    assert ask(annotator([record("saucer", "cup", "complementary")]), ("cup", "saucer")) == [[Coarse.COMPLEMENTARY]]


def test_aliases_resolve_on_record_and_in_questions(annotator):
    asked = annotator([record("OIL FOR LAMPS", "oil lamp", "refills")])
    expected = [[Relation.REFILLS], [Relation.REFILLS]]
    assert ask(asked, ("lamp oil", "oil lamp"), ("oil for lamps", "oil lamp")) == expected


def test_items_of_the_catalogue_mean_their_entity(annotator):
    asked = annotator([record("lamp oil", "a title nobody knows", "refills", item_b="17")])
    assert ask(asked, ("lamp oil", "oil lamp")) == [[Relation.REFILLS]]


def test_answers_on_unknown_terms_are_counted(annotator):
    assert annotator([record("cup", "spaceship", "together"), record("cup", "saucer", "together")]).unresolved == 1


def test_two_names_of_one_entity_are_no_pair(annotator):
    asked = annotator([record("lamp oil", "oil for lamps", "substitute")])
    assert (dict(asked.pairs), asked.unresolved) == ({}, 0)


def test_pairs_are_kept_in_order_of_their_terms(annotator):
    assert list(annotator([record("saucer", "cup", "together")]).pairs) == [("cup", "saucer")]


def test_an_answer_tells_where_it_came_from_and_costs_nothing(annotator, base):
    reply = annotator([record("cup", "saucer", "together")]).ask([RelationQuestion("cup", "saucer")])
    assert isinstance(reply.answers[0][0].source, Provenance)
    assert reply.usage == Usage()


def test_every_kind_hears_its_own_source_only(base):
    for kind, value in (("llm", "together"), ("person", "requires"), ("curated", "unrelated")):
        base.put(kind, "source", kind, [record("cup", "saucer", value)])
    heard = {kind: ask(source(base, resolve), ("cup", "saucer"))[0] for kind, source in SOURCES.items()}
    assert heard == {"llm": [Relation.TOGETHER], "person": [Relation.REQUIRES], "curated": [Relation.UNRELATED]}


def test_repeated_votes_of_an_llm_are_answers_of_their_own(base):
    votes = [record("cup", "saucer", "together", vote=1), record("saucer", "cup", "enhances", vote=3, confidence=4)]
    base.put("llm", "source", "d1", votes)
    answers = RecordedAnnotator(base, resolve).ask([RelationQuestion("cup", "saucer")]).answers[0]
    assert [(a.relation, a.vote, a.confidence) for a in answers] == [
        (Relation.TOGETHER, 1, None),
        (Relation.ENHANCED_BY, 3, 4),
    ]


def test_entities_are_known_by_title_and_then_by_item(base):
    base.put("llm", "source", "d1", [Record("entity", "RED  Cup", "cup", "model", item_a="5", detail="drink")])
    questions = [EntityQuestion("red cup"), EntityQuestion("renamed", item_id="5"), EntityQuestion("renamed")]
    answers = RecordedAnnotator(base).ask(questions).answers
    assert [[(a.term, a.function) for a in given] for given in answers] == [[("cup", "drink")], [("cup", "drink")], []]


def test_no_product_is_an_answer_and_no_abstention(base):
    base.put("llm", "source", "d1", [Record("entity", "postage", None, "model")])
    reply = RecordedAnnotator(base).ask([EntityQuestion("postage")])
    assert ([answer.term for answer in reply.answers[0]], reply.abstained) == ([None], 0)


def label(value: str | None, who: str) -> Record:
    return Record("relation", "cup", value, who, b="saucer")


def test_people_answer_by_majority(base):
    base.put("person", "labels", "d1", [label("together", "p1"), label("unrelated", "p2"), label("together", "p3")])
    (answer,) = PeopleAnnotator(base).ask([RelationQuestion("cup", "saucer")]).answers[0]
    assert (answer.relation, answer.source.who) == (Relation.TOGETHER, "3 people")


def test_of_one_persons_votes_the_first_counts(base):
    base.put("person", "labels", "d1", [label("together", "p1"), label("unrelated", "p1"), label("unrelated", "p1")])
    assert ask(PeopleAnnotator(base), ("cup", "saucer")) == [[Relation.TOGETHER]]


def test_people_who_disagree_abstain(base):
    base.put("person", "labels", "d1", [label("together", "p1"), label("unrelated", "p2")])
    assert ask(PeopleAnnotator(base), ("cup", "saucer")) == [[]]


def test_a_tie_goes_to_the_first_annotator_even_if_asked_again(base):
    base.put("person", "labels", "d1", [label("together", "p1"), label("unrelated", "p2"), label("requires", "p1")])
    assert ask(PeopleAnnotator(base, tie="first"), ("cup", "saucer")) == [[Relation.TOGETHER]]


def test_votes_without_a_name_are_of_different_people(base):
    base.put("person", "labels", "d1", [label("together", ""), label("together", ""), label("unrelated", "")])
    assert ask(PeopleAnnotator(base), ("cup", "saucer")) == [[Relation.TOGETHER]]


def test_blank_votes_do_not_count(base):
    base.put("person", "labels", "d1", [label(None, "p1"), label("together", "p2"), label("together", "p3")])
    assert ask(PeopleAnnotator(base), ("cup", "saucer")) == [[Relation.TOGETHER]]
