"""A live LLM over real HTTP: what is asked, what comes of a server that misbehaves, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from goeswith.errors import KnowledgeError, SettingsError
from goeswith.knowledge import prices
from goeswith.knowledge.annotator import EntityAnswer, EntityQuestion, RelationAnswer, RelationQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.ledger import Ledger
from goeswith.knowledge.live import LiveAnnotator
from goeswith.knowledge.on_record import RecordedAnnotator
from goeswith.knowledge.relation import Relation
from goeswith.knowledge.round import BUDGET_USED
from goeswith.settings import LLM
from llm_server import FakeLLM

Settings = Callable[..., LLM]
THINGS = ("MUG", "BOWL", "LAMP", "PEN", "VASE")
TITLES = [EntityQuestion(f"{colour} {thing}") for colour in ("RED", "BLUE") for thing in THINGS]
PAIRS = [RelationQuestion("cup", "saucer"), RelationQuestion("pen", "ink"), RelationQuestion("lamp", "bulb")]
FREE = ["429", "500", "503"]
USELESS = ["cut", "whitespace", "not json", "missing row", "wrong label", "twice"]
SILENT = ["reset", "half", "not an envelope", "slow", "drip"]


def terms(annotator: LiveAnnotator) -> list[str | None]:
    answers = annotator.ask(TITLES).answers
    return [given[0].term if given and isinstance(given[0], EntityAnswer) else None for given in answers]


NOUNS = ["mug", "bowl", "lamp", "pen", "vase"] * 2


def test_titles_and_pairs_are_answered_in_their_order(base: KnowledgeBase, settings: Settings, llm: FakeLLM) -> None:
    annotator = LiveAnnotator(base, settings())
    assert terms(annotator) == NOUNS
    answers = annotator.ask(PAIRS).answers
    assert all(isinstance(given[0], RelationAnswer) and given[0].reason for given in answers)
    assert sorted(len(served.rows) for served in llm.served) == [2, 3, 4, 4]


def test_what_an_answer_is_and_who_gave_it(base: KnowledgeBase, settings: Settings) -> None:
    [[answer]] = LiveAnnotator(base, settings()).ask([EntityQuestion("RED MUG")]).answers
    assert isinstance(answer, EntityAnswer)
    assert (answer.term, answer.function) == ("mug", "use a mug")
    assert (answer.source.who, answer.source.prompt) == ("fake-1", "entity/1")
    assert answer.source.asked_at


def test_no_question_is_asked_twice(base: KnowledgeBase, settings: Settings, llm: FakeLLM) -> None:
    LiveAnnotator(base, settings()).ask([*TITLES, *TITLES, *PAIRS])
    reply = LiveAnnotator(base, settings()).ask([*TITLES, *PAIRS])
    assert (reply.abstained, reply.usage.requests) == (0, 0)
    assert len(llm.asked) == len(set(llm.asked)) == len(TITLES) + len(PAIRS)


@pytest.mark.parametrize("change", [{"model": "fake-2"}, {"parameters": {"temperature": 1.0}}])
def test_another_model_or_parameter_is_asked_anew_and_heard_instead(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, change: dict[str, object]
) -> None:
    LiveAnnotator(base, settings()).ask(PAIRS)
    llm.answer = lambda rows: [{"id": row["id"], "relation": "unclear", "confidence": 1, "reason": ""} for row in rows]
    price = settings().prices["fake-1"]
    answers = LiveAnnotator(base, settings(prices={"fake-1": price, "fake-2": price}, **change)).ask(PAIRS).answers
    assert [[answer.relation for answer in given] for given in answers] == [[Relation.UNCLEAR]] * 3  # type: ignore[union-attr]
    back = LiveAnnotator(base, settings()).ask(PAIRS)
    assert back.usage.requests == 0
    assert back.answers != answers


@pytest.mark.parametrize("fate", FREE)
def test_a_refused_request_is_sent_again_and_costs_nothing(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.plan = [fate, fate]
    annotator = LiveAnnotator(base, settings())
    assert terms(annotator) == NOUNS
    assert annotator.reports[0].calls == 5
    assert annotator.reports[0].money == pytest.approx(llm.bill * prices.UNIT)


@pytest.mark.parametrize("fate", USELESS)
def test_what_a_reply_left_unanswered_is_asked_alone(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.plan = [fate]
    assert terms(LiveAnnotator(base, settings())) == NOUNS
    assert {len(served.rows) for served in llm.served[3:]} == {1}
    assert len(llm.served) > 3


@pytest.mark.parametrize("fate", USELESS)
def test_what_fails_alone_too_is_set_aside_with_the_reason_and_not_asked_again(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.fate = fate
    annotator = LiveAnnotator(base, settings(repeats=1.0))
    annotator.ask(TITLES[:3])
    aside = Ledger(base).set_aside()
    assert 1 <= len(aside) <= 3
    assert all(why for _, _, why in aside)
    assert annotator.reports[0].left == 0
    llm.fate, sent = "ok", len(llm.served)
    LiveAnnotator(base, settings()).ask(TITLES[:3])
    assert len(llm.served) == sent
    assert Ledger(base).retry() == len(aside)
    assert LiveAnnotator(base, settings()).ask(TITLES[:3]).abstained == 0


@pytest.mark.parametrize("fate", SILENT)
def test_a_lost_request_counts_in_full_and_its_questions_are_asked_alone(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.plan = [fate]
    annotator = LiveAnnotator(base, settings(timeout=0.3, repeats=1.0))
    assert terms(annotator) == NOUNS
    assert [line.state for line in Ledger(base).spending()] in (["lost", "answered"], ["answered", "lost"])
    assert annotator.reports[0].money >= llm.bill * prices.UNIT


@pytest.mark.parametrize("fate", ["fenced", "foreign id", "no usage"])
def test_a_reply_that_is_odd_but_whole_is_taken(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.fate = fate
    annotator = LiveAnnotator(base, settings())
    assert terms(annotator) == NOUNS
    assert len(llm.served) == 3
    assert annotator.reports[0].money >= llm.bill * prices.UNIT


def test_an_endpoint_that_is_down_ends_the_round_and_loses_nothing(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM
) -> None:
    llm.plan, llm.fate = ["ok"], "503"
    annotator = LiveAnnotator(base, settings(retries=1, questions=1))
    annotator.ask(TITLES)
    report = annotator.reports[0]
    assert "503" in report.stopped
    assert (report.answered, report.left) == (1, 9)
    llm.fate = "ok"
    assert terms(LiveAnnotator(base, settings())) == NOUNS
    assert len(llm.asked) == len(TITLES)


def test_nobody_listening_is_a_refusal_not_a_loss(base: KnowledgeBase, settings: Settings) -> None:
    annotator = LiveAnnotator(base, settings(base_url="http://127.0.0.1:9/v1", retries=1))
    annotator.ask(TITLES)
    assert annotator.reports[0].money == 0


@pytest.mark.parametrize("fate", ["401", "404", "400"])
def test_an_endpoint_that_rejects_everything_is_an_error_with_a_remedy(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.fate = fate
    with pytest.raises(KnowledgeError, match=f"HTTP {fate}") as raised:
        LiveAnnotator(base, settings()).ask(TITLES)
    assert "llm." in raised.value.remedy


def test_what_was_in_flight_when_the_endpoint_said_no_costs_nothing(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM
) -> None:
    llm.fate = "401"
    with pytest.raises(KnowledgeError):
        LiveAnnotator(base, settings(questions=1, concurrency=4)).ask(TITLES)
    assert Ledger(base).spent().money == 0
    assert [line.state for line in Ledger(base).spending()] == ["refused"]


def test_one_rejected_title_does_not_take_the_others_along(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM
) -> None:
    llm.plan = ["ok", "400"]
    assert terms(LiveAnnotator(base, settings(concurrency=1))) == NOUNS


def test_the_key_stands_in_no_error(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_LLM_KEY", "sk-very-secret-1234")
    llm.fate = "echo key"
    with pytest.raises(KnowledgeError) as raised:
        LiveAnnotator(base, settings()).ask(TITLES)
    assert b"sk-very-secret-1234" in b"".join(llm.raw)
    dump = "\n".join(base.connection.iterdump())
    assert "very-secret" not in str(raised.value) + dump + repr(settings())


def test_votes_are_asked_apart_and_every_second_one_swapped(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM
) -> None:
    [given] = LiveAnnotator(base, settings(votes=3, swap=True, concurrency=1)).ask(PAIRS[:1]).answers
    assert llm.asked == ["cup|saucer", "saucer|cup", "cup|saucer"]
    assert [answer.vote for answer in given if isinstance(answer, RelationAnswer)] == [1, 3, 2]
    assert len({answer.relation for answer in given if isinstance(answer, RelationAnswer)}) == 1


def test_more_votes_add_only_the_missing_ones(base: KnowledgeBase, settings: Settings, llm: FakeLLM) -> None:
    LiveAnnotator(base, settings()).ask(PAIRS)
    LiveAnnotator(base, settings(votes=2)).ask(PAIRS)
    assert len(llm.asked) == 2 * len(PAIRS)


def test_the_budget_is_kept_and_said_and_goes_on_when_raised(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM
) -> None:
    small = LiveAnnotator(base, settings(budget=0.0038, concurrency=4))
    small.ask(TITLES)
    report = small.reports[0]
    assert report.stopped == BUDGET_USED
    assert 0 < report.answered < len(TITLES)
    assert llm.bill <= Ledger(base).spent().money / prices.UNIT <= 0.0038
    assert terms(LiveAnnotator(base, settings())) == NOUNS
    assert len(llm.asked) == len(TITLES)


def test_the_call_budget_counts_every_request(base: KnowledgeBase, settings: Settings, llm: FakeLLM) -> None:
    llm.plan = ["500"]
    annotator = LiveAnnotator(base, settings(call_budget=2, concurrency=1))
    annotator.ask(TITLES)
    assert (len(llm.served), annotator.reports[0].stopped) == (2, BUDGET_USED)


def test_a_free_model_is_asked_within_a_budget_of_nothing(base: KnowledgeBase, settings: Settings) -> None:
    free = settings(budget=0.0).prices["fake-1"].model_copy(update={"input": 0.0, "output": 0.0})
    assert terms(LiveAnnotator(base, settings(budget=0.0, prices={"fake-1": free}))) == NOUNS


def test_a_model_without_a_price_is_not_asked(base: KnowledgeBase, settings: Settings, llm: FakeLLM) -> None:
    with pytest.raises(SettingsError, match="no price for model 'fake-1'"):
        LiveAnnotator(base, settings(prices={}))
    assert llm.served == []


def test_answers_of_one_run_stand_in_the_order_of_questions_not_of_arrival(
    base: KnowledgeBase, settings: Settings, llm: FakeLLM
) -> None:
    llm.plan, llm.stall = ["slow"], 0.2
    LiveAnnotator(base, settings(questions=1, concurrency=4)).ask(TITLES)
    titles = [record.a for record in base.records("entity")]
    assert titles == sorted(titles)


def test_a_live_llm_only_asks_what_files_do_not_answer(base: KnowledgeBase, settings: Settings) -> None:
    LiveAnnotator(base, settings()).ask(TITLES)
    assert RecordedAnnotator(base).ask(TITLES).abstained == 0
    assert RecordedAnnotator(base, here=False).ask(TITLES).abstained == len(TITLES)


def test_what_a_title_hides_is_not_sent(base: KnowledgeBase, settings: Settings, llm: FakeLLM) -> None:
    title = "RED\u200b MUG\x07 call +44 20 7946 0958, jo@example.com, 4111 1111 1111 1111"
    LiveAnnotator(base, settings()).ask([EntityQuestion(title), replace(TITLES[0], category="Mugs")])
    sent = b"".join(llm.raw).decode()
    assert "RED MUG call [phone]" in sent
    assert not any(secret in sent for secret in ("7946", "example.com", "4111", "\\u200b", "\\u0007"))
