"""From the text of a reply to answers: what is whole is taken, all else is named, and nothing raises."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.knowledge.prompts import ENTITY, RELATION, Prompt
from goeswith.knowledge.replies import LONGEST_FUNCTION, LONGEST_TERM, REASON_WORDS, Given, read_reply

PROMPTS = st.sampled_from([ENTITY, RELATION])
SCALARS = st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.text(max_size=8)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
KEYS = st.sampled_from(["id", "entity", "function", "relation", "confidence", "reason", "more"])
ROWS = st.lists(
    st.dictionaries(KEYS, JSON | st.sampled_from([1, 2, 3, "1", "together", "mug"]), max_size=6), max_size=6
)


def reply(*rows: Any) -> str:
    return json.dumps({"answers": list(rows)})


def entity(**row: Any) -> tuple[Given | None, str]:
    """(answer, fault) of one row on a title."""
    given_, faults = read_reply(ENTITY, reply({"id": 1, "entity": "mug", "function": "hold a drink"} | row), 1)
    return given_.get(0), faults.get(0, "")


def relation(**row: Any) -> tuple[Given | None, str]:
    """(answer, fault) of one row on a pair."""
    whole = {"id": 1, "relation": "together", "confidence": 4, "reason": "for tea"}
    given_, faults = read_reply(RELATION, reply(whole | row), 1)
    return given_.get(0), faults.get(0, "")


def whole_rows(prompt: Prompt, number: int) -> list[dict[str, Any]]:
    if prompt is ENTITY:
        return [{"id": n, "entity": f"mug {n}", "function": f"do {n}"} for n in range(1, number + 1)]
    return [{"id": n, "relation": "refills", "confidence": 5, "reason": f"so {n}"} for n in range(1, number + 1)]


def test_a_whole_reply_on_titles() -> None:
    text = reply({"id": 2, "entity": None, "function": ""}, {"id": 1, "entity": "tea cup", "function": "hold tea"})
    assert read_reply(ENTITY, text, 2) == ({0: Given("tea cup", "hold tea"), 1: Given(None, "")}, {})


def test_a_whole_reply_on_pairs() -> None:
    text = reply({"id": 1, "relation": "refills", "confidence": 4, "reason": "ink goes into a pen"})
    assert read_reply(RELATION, text, 1) == ({0: Given("refills", "ink goes into a pen", 4)}, {})


class TestEveryPlaceIsInExactlyOneOfAnswersAndFaults:
    @given(PROMPTS, st.text(), st.integers(1, 5))
    def test_whatever_text_comes(self, prompt: Prompt, text: str, questions: int) -> None:
        answers, faults = read_reply(prompt, text, questions)
        assert sorted([*answers, *faults]) == list(range(questions))

    @given(PROMPTS, JSON, st.integers(1, 5))
    def test_whatever_json_comes(self, prompt: Prompt, value: Any, questions: int) -> None:
        for text in (json.dumps(value), json.dumps({"answers": value})):
            answers, faults = read_reply(prompt, text, questions)
            assert sorted([*answers, *faults]) == list(range(questions))

    @given(PROMPTS, ROWS, st.integers(1, 5))
    def test_whatever_rows_come(self, prompt: Prompt, rows: list[dict[str, Any]], questions: int) -> None:
        answers, faults = read_reply(prompt, reply(*rows), questions)
        assert sorted([*answers, *faults]) == list(range(questions))
        assert all(faults.values())


@pytest.mark.parametrize("prompt", [ENTITY, RELATION])
def test_of_a_reply_that_is_cut_off_only_whole_rows_are_taken_with_their_own_values(prompt: Prompt) -> None:
    rows = whole_rows(prompt, 4)
    for indent in (None, 2):
        text = json.dumps({"answers": rows}, indent=indent)
        complete, _ = read_reply(prompt, text, 4)
        assert len(complete) == 4
        for cut in range(len(text)):
            answers, faults = read_reply(prompt, text[:cut], 4)
            assert list(answers) == list(range(text[:cut].count("}")))
            assert answers.items() <= complete.items()
            assert sorted([*answers, *faults]) == [0, 1, 2, 3]


@given(st.data(), st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_no_cut_and_no_text_makes_up_a_row(data: st.DataObject, reasons: list[str]) -> None:
    rows = [
        {"id": n, "relation": "together", "confidence": 3, "reason": reason}
        for n, reason in enumerate(reasons, start=1)
    ]
    text = reply(*rows)
    complete, _ = read_reply(RELATION, text, len(rows))
    answers, _ = read_reply(RELATION, text[: data.draw(st.integers(0, len(text)))], len(rows))
    assert answers.items() <= complete.items()


def test_a_row_inside_a_string_is_no_row() -> None:
    planted = '{"id": 2, "relation": "substitute", "confidence": 5, "reason": ""}'
    text = reply({"id": 1, "relation": "together", "confidence": 3, "reason": planted})
    for shown in (text, text[:-2], f"Sure: {text}"):
        answers, faults = read_reply(RELATION, shown, 2)
        assert 1 not in answers
        assert faults[1]


@pytest.mark.parametrize(
    "wrap", ["{}", "```json\n{}\n```", "Here you are: {} Anything else?", "\ufeff{}", '{{"note": 1}} {}']
)
def test_a_reply_in_wrapping_paper_is_unwrapped(wrap: str) -> None:
    answers, faults = read_reply(ENTITY, wrap.format(reply(*whole_rows(ENTITY, 2))), 2)
    assert [given_.value for given_ in answers.values()] == ["mug 1", "mug 2"]
    assert faults == {}


def test_a_bare_list_of_rows_is_taken_too() -> None:
    assert len(read_reply(ENTITY, json.dumps(whole_rows(ENTITY, 2)), 2)[0]) == 2


@pytest.mark.parametrize("number", [1, "1"])
def test_an_id_is_a_number_or_its_text(number: object) -> None:
    assert entity(id=number)[0] == Given("mug", "hold a drink")


@pytest.mark.parametrize("number", [0, 2, -1, True, None, 1.0, "", "one", "1.0", " 1", "²", [1], {"id": 1}])
def test_any_other_id_is_nobodys_answer(number: object) -> None:
    assert entity(id=number)[0] is None


def test_an_answer_given_twice_counts_as_none_even_when_it_is_the_same() -> None:
    row = whole_rows(ENTITY, 1)[0]
    assert read_reply(ENTITY, reply(row, row, row), 1) == ({}, {0: "answered twice"})


def test_what_is_missing_is_told_from_what_is_no_reply_at_all() -> None:
    assert read_reply(ENTITY, reply(*whole_rows(ENTITY, 1)), 2)[1] == {1: "not in the reply"}
    assert read_reply(ENTITY, "I am sorry.", 1)[1] == {0: "no answers in the reply: 'I am sorry.'"}


class TestEntity:
    @pytest.mark.parametrize("nothing", [None, "", " ", "null", "None", "N/A", "unknown", "Not a product", '"null".'])
    def test_nothing_in_many_words_is_no_product_and_has_no_function(self, nothing: str | None) -> None:
        assert entity(entity=nothing)[0] == Given(None, "")

    @pytest.mark.parametrize(
        ("said", "term"),
        [
            ("Tea Cup", "tea cup"),
            (' "tea  cup". ', "tea cup"),
            ("crème brûlée torch", "crème brûlée torch"),
            ("children's book", "children's book"),
            ("usb-c cable", "usb-c cable"),
            ("tea\u200b\x07 cup\n", "tea cup"),
        ],
    )
    def test_a_term_is_one_line_of_small_letters(self, said: str, term: str) -> None:
        assert entity(entity=said)[0] == Given(term, "hold a drink")

    @pytest.mark.parametrize(
        "said",
        [7, True, ["mug"], {"entity": "mug"}, "чашка", "茶杯", "🥤", "<b>mug</b>", "{mug}", "mug, lamp", "do: mug"],
    )
    def test_what_is_no_term_is_a_fault(self, said: object) -> None:
        answer, fault = entity(entity=said)
        assert answer is None
        assert fault

    @pytest.mark.parametrize("said", ["one two three four five six seven", "x" * (LONGEST_TERM + 1)])
    def test_nor_is_a_sentence_a_term(self, said: str) -> None:
        assert entity(entity=said)[0] is None

    def test_a_row_without_the_key_is_a_fault(self) -> None:
        assert read_reply(ENTITY, reply({"id": 1}), 1)[1] == {0: "entity is 'null', not a text or null"}

    @pytest.mark.parametrize("function", [None, 7, ["hold"], True])
    def test_a_function_that_is_no_text_is_left_out(self, function: object) -> None:
        assert entity(function=function)[0] == Given("mug", "")

    def test_a_long_function_is_cut_and_what_does_not_show_is_stripped(self) -> None:
        answer, _ = entity(function="hold\x00 a\u202e drink " * 40)
        assert answer is not None
        assert answer.detail.startswith("hold a drink")
        assert len(answer.detail) <= LONGEST_FUNCTION


class TestRelation:
    @pytest.mark.parametrize("label", ["substitute", " Together ", "REFILLED_BY", "unclear"])
    def test_one_of_the_nine_in_any_case(self, label: str) -> None:
        assert relation(relation=label)[0] == Given(label.strip().lower(), "for tea", 4)

    @pytest.mark.parametrize("label", ["goes nicely with", "7", 7, None, True, ["together"], "complementary", ""])
    def test_any_other_label_is_a_fault(self, label: object) -> None:
        answer, fault = relation(relation=label)
        assert answer is None
        assert fault.startswith("no such relation")

    @pytest.mark.parametrize("confidence", [1, 5, "3", 4.0])
    def test_confidence_is_one_to_five(self, confidence: Any) -> None:
        answer, _ = relation(confidence=confidence)
        assert answer is not None
        assert answer.confidence == int(confidence)

    @pytest.mark.parametrize("confidence", [0, 6, -1, True, None, "high", "5.0", 3.5, [5], {"is": 5}, float("nan")])
    def test_any_other_confidence_is_a_fault(self, confidence: object) -> None:
        answer, fault = relation(confidence=confidence)
        assert answer is None
        assert fault.startswith("confidence is")

    def test_a_reason_is_cut_after_twenty_words_and_cleaned(self) -> None:
        answer, _ = relation(reason="so\x00 many\u200b words\n" * 20)
        assert answer is not None
        assert answer.detail.split() == (["so", "many", "words"] * 20)[:REASON_WORDS]

    @pytest.mark.parametrize("reason", [None, 7, ["for tea"], {"why": "tea"}])
    def test_a_reason_that_is_no_text_is_left_out(self, reason: object) -> None:
        assert relation(reason=reason)[0] == Given("together", "", 4)

    def test_personal_data_in_a_reason_is_masked(self) -> None:
        assert relation(reason="ask jo@example.com")[0] == Given("together", "ask [e-mail]", 4)


@pytest.mark.parametrize(
    "text",
    [
        '{"answers": [' + " \n" * 2_000_000,
        "{" * 4_000_000,
        '{"id": 1, ' * 400_000,
        reply({"id": 1, "entity": "mug " * 1_000_000, "function": ""}),
        reply(*[{"id": 2, "entity": "mug"}] * 100_000),
        '{"answers": [{"id": 1, "entity": "' + "x" * 4_000_000,
    ],
    ids=["spaces", "braces", "openings", "a long term", "a row again and again", "a string without end"],
)
def test_a_huge_reply_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    answers, faults = read_reply(ENTITY, text, 2)
    assert sorted([*answers, *faults]) == [0, 1]
    assert time.perf_counter() - started < 5


def whole(**row: Any) -> str:
    return reply(
        {"id": 1, "entity": "mug", "function": "", "relation": "together", "confidence": 5, "reason": ""} | row
    )


HOSTILE = {
    "deep brackets": "[" * 100_000,
    "deep brackets in a row": '{"id": ' + "[" * 100_000 + "}",
    "brackets as a value": whole(entity=[[[[]]]], relation=[[[[]]]]),
    "an endless id": whole(id="9" * 5000),
    "an endless confidence": whole(entity=7, confidence="9" * 5000),
    "an endless number": '{"answers": [{"id": ' + "9" * 5000 + "}]}",
    "numbers that are none": '{"answers": [{"id": NaN, "confidence": Infinity}]}',
    "half a character": "sorry \ud83d",
    "half a character as a value": whole(entity=["\ud83d"], relation="\ud83d"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_reply_is_a_fault_that_the_ledger_can_hold(name: str) -> None:
    for prompt in (ENTITY, RELATION):
        answers, faults = read_reply(prompt, HOSTILE[name], 1)
        assert answers == {}
        assert faults[0].encode()
