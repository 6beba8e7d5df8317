"""What the study says of an LLM, of two of them, and of people, on pairs whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goeswith.errors import KnowledgeError
from goeswith.evaluate.studies.llm import Row, study
from goeswith.knowledge.base import KnowledgeBase, Record

TRUTH = {
    ("cup", "saucer"): "together",
    ("pen", "ink"): "refilled_by",
    ("mug", "beaker"): "substitute",
    ("sofa", "sock"): "unrelated",
}


@pytest.fixture
def base() -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(Path(":memory:")) as base:
        people = [Record("relation", a, label, f"p{n}", b=b) for (a, b), label in TRUTH.items() for n in range(3)]
        base.put("person", "labels", "d", people)
        yield base


def answers(base: KnowledgeBase, model: str, *rows: tuple[str, str, str, int], vote: int = 1) -> None:
    records = [Record("relation", a, label, model, b=b, confidence=c, vote=vote) for a, b, label, c in rows]
    base.put("llm", f"{model}-{vote}", "d", records)


def figures(base: KnowledgeBase) -> dict[tuple[str, str, str], Row]:
    return {(r.judge.rstrip(", "), r.measure, r.group): r for r in study(base, "drop", 200, 1)}


RIGHT = [(a, b, label, 5) for (a, b), label in TRUTH.items()]
HALF = [*RIGHT[:2], ("mug", "beaker", "together", 2), ("sofa", "sock", "enhances", 2)]


def test_two_llms_stand_side_by_side_with_people(base: KnowledgeBase) -> None:
    answers(base, "good", *RIGHT)
    answers(base, "poor", *HALF)
    found = figures(base)
    assert found["good", "accuracy", "all"].value.value == 1.0
    assert found["poor", "accuracy", "all"].value.value == 0.5
    assert found["good", "kappa", "all"].value.value > found["poor", "kappa", "all"].value.value
    assert found["people among themselves", "kappa", "two annotators"].value.value == 1.0


def test_a_pair_counts_in_whichever_order_it_was_asked(base: KnowledgeBase) -> None:
    answers(base, "m", ("saucer", "cup", "together", 5), ("ink", "pen", "refills", 5))
    found = figures(base)["m", "accuracy", "all"]
    assert (found.value.value, found.pairs) == (1.0, 2)


def test_accuracy_stands_beside_the_constant_class(base: KnowledgeBase) -> None:
    answers(base, "m", *RIGHT)
    assert figures(base)["m", "accuracy", "always complementary"].value.value == 0.5


def test_accuracy_by_stated_confidence(base: KnowledgeBase) -> None:
    answers(base, "m", *HALF)
    found = figures(base)
    assert found["m", "accuracy", "confidence 5"].value.value == 1.0
    assert found["m", "accuracy", "confidence 2"].value.value == 0.0


def test_each_class_has_its_f1(base: KnowledgeBase) -> None:
    answers(base, "m", *HALF)
    found = figures(base)
    assert found["m", "F1", "complementary"].value.value == pytest.approx(2 / 3)
    assert found["m", "F1", "substitute"].value.value == 0.0


def test_votes_decide_by_majority_and_their_consistency_is_told(base: KnowledgeBase) -> None:
    answers(base, "m", *RIGHT)
    answers(base, "m", *HALF, vote=2)
    answers(base, "m", *[(b, a, label, 5) for a, b, label, _ in RIGHT], vote=3)  # asked the other way round
    found = figures(base)
    assert found["m", "accuracy", "all"].value.value == 1.0
    assert found["m", "consistency", "all votes agree"].value.value == 0.5
    assert found["m", "consistency", "two votes asked alike"].value.value == 0.5
    assert found["m", "consistency", "two votes, one swapped"].value.value == 0.75
    assert found["m", "accuracy", "votes differ"].pairs == 2


def test_blank_votes_and_ties_leave_the_pair_out(base: KnowledgeBase) -> None:
    base.put(
        "person",
        "more",
        "d",
        [Record("relation", "hat", v, f"q{n}", b="coat") for n, v in enumerate((None, "together", "unrelated"))],
    )
    answers(base, "m", *RIGHT, ("hat", "coat", "together", 5))
    assert figures(base)["m", "accuracy", "all"].pairs == 4


def test_without_a_common_pair_the_error_says_what_is_there(base: KnowledgeBase) -> None:
    answers(base, "m", ("door", "key", "requires", 5))
    with pytest.raises(KnowledgeError, match="4 labelled pairs, 1 answer sets"):
        study(base, "drop", 100, 1)
