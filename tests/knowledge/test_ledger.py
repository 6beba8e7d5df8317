"""The ledger: money is reserved before it is spent, whatever the order; answers and their settlement are one."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.knowledge.annotator import EntityQuestion, RelationQuestion
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.ledger import Ask, Ledger, Outcome, Settled, Spent, Usual
from goeswith.knowledge.prices import UNIT, Bound
from goeswith.settings import LLM

CUP, PEN = Ask(RelationQuestion("cup", "saucer")), Ask(RelationQuestion("pen", "ink"))
MUG, LAMP = Ask(EntityQuestion("RED MUG", "Kitchen")), Ask(EntityQuestion("LAMP"))
ENDS = st.sampled_from(["answered", "refused", "lost", "open"])


def allowing(money: int, calls: int | None = None) -> LLM:
    """Settings with a budget of so many billionths."""
    return LLM(budget=money / UNIT, call_budget=calls)


RICH = allowing(UNIT)


@pytest.fixture
def ledger(base: KnowledgeBase) -> Ledger:
    return Ledger(base)


@pytest.fixture
def source(ledger: Ledger) -> int:
    return ledger.source("fake-1", "digest")


def reserve(
    ledger: Ledger, source: int, money: int, *asked: Ask, llm: LLM = RICH, batch: int | None = None, kind: str = ""
) -> int | None:
    kind = kind or ("entity" if asked and isinstance(asked[0].question, EntityQuestion) else "relation")
    return ledger.reserve(source, kind, asked, Bound(0, 0, money), llm, batch)


def certain(request: int | None) -> int:
    assert request is not None
    return request


def answer(ledger: Ledger, source: int, *asked: Ask, value: str = "together") -> int:
    """A request that answered all that it asked."""
    request = certain(reserve(ledger, source, 10, *asked))
    end = Settled("answered", 4, 100, 20, 0.5)
    ledger.settle(request, end, Outcome([ask.record(value, "fake-1", live=True) for ask in asked]))
    return request


class TestMoney:
    @given(st.data(), st.lists(st.tuples(st.integers(0, 50), ENDS, st.floats(0, 1)), max_size=12))
    def test_spent_is_what_was_settled_and_the_bounds_of_what_is_open(
        self, data: st.DataObject, requests: list[tuple[int, str, float]]
    ) -> None:
        with KnowledgeBase.open(Path(":memory:")) as base:
            ledger = Ledger(base)
            source, money = ledger.source("fake-1", "digest"), {}
            for bound, end, share in requests:
                request = certain(reserve(ledger, source, bound))
                money[request] = (bound, end, int(bound * share))
            counted = {request: bound for request, (bound, _, _) in money.items()}
            for request in data.draw(st.permutations(list(money))):
                bound, end, cost = money[request]
                if end != "open":
                    ledger.settle(request, Settled(end, cost if end == "answered" else 0))  # type: ignore[arg-type]
                    counted[request] = {"answered": cost, "refused": 0, "lost": bound}[end]
                assert ledger.spent() == Spent(len(money), sum(counted.values()))

    @given(
        st.integers(0, 100),
        st.lists(st.tuples(st.integers(0, 40), st.floats(0, 1), st.booleans()), max_size=15),
        st.randoms(use_true_random=False),
    )
    def test_the_budget_is_never_passed_whatever_the_order(
        self, budget: int, requests: list[tuple[int, float, bool]], random: Random
    ) -> None:
        with KnowledgeBase.open(Path(":memory:")) as base:
            ledger, llm, flying = Ledger(base), allowing(budget), []
            source = ledger.source("fake-1", "digest")
            for bound, share, land in requests:
                before = ledger.spent()
                request = reserve(ledger, source, bound, llm=llm)
                assert (request is not None) == (before.money + bound <= budget)
                assert ledger.spent().money <= budget
                flying += [] if request is None else [(request, int(bound * share))]
                if flying and land:
                    request, cost = flying.pop(random.randrange(len(flying)))
                    ledger.settle(request, Settled(random.choice(["answered", "lost"]), cost))
                    assert ledger.spent().money <= budget

    def test_without_a_budget_nothing_is_reserved_not_even_what_is_free(self, ledger: Ledger, source: int) -> None:
        assert reserve(ledger, source, 0, CUP, llm=LLM()) is None
        assert ledger.spent() == Spent(0, 0)

    def test_a_budget_may_be_used_to_the_last_billionth(self, ledger: Ledger, source: int) -> None:
        assert reserve(ledger, source, 7, CUP, llm=allowing(7))
        assert reserve(ledger, source, 1, PEN, llm=allowing(7)) is None
        assert reserve(ledger, source, 0, PEN, llm=allowing(7))

    def test_a_refused_request_is_free_but_a_call(self, ledger: Ledger, source: int) -> None:
        request = certain(reserve(ledger, source, 10, CUP, llm=allowing(10, calls=1)))
        ledger.settle(request, Settled("refused"))
        assert ledger.spent() == Spent(1, 0)
        assert reserve(ledger, source, 10, CUP, llm=allowing(10, calls=1)) is None
        assert reserve(ledger, source, 10, CUP, llm=allowing(10, calls=2))

    def test_a_lost_request_counts_in_full_whatever_is_said_of_its_cost(self, ledger: Ledger, source: int) -> None:
        ledger.settle(certain(reserve(ledger, source, 10, CUP)), Settled("lost", cost=1))
        assert ledger.spent().money == 10

    def test_processes_that_reserve_at_once_keep_the_budget_together(self, tmp_path: Path) -> None:
        path, granted = tmp_path / "knowledge.sqlite", []
        with KnowledgeBase.open(path) as base:
            source = Ledger(base).source("fake-1", "digest")

        def work() -> None:
            with KnowledgeBase.open(path) as base:
                granted.extend(reserve(Ledger(base), source, 3, llm=allowing(100)) for _ in range(20))

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        numbers = [request for request in granted if request is not None]
        assert len(granted) == 80
        assert len(numbers) == len(set(numbers)) == 33

    def test_what_was_spent_is_still_spent_when_the_ledger_is_opened_again(self, tmp_path: Path) -> None:
        path = tmp_path / "knowledge.sqlite"
        for expected in (0, 10, 20):
            with KnowledgeBase.open(path) as base:
                ledger = Ledger(base)
                assert ledger.spent().money == expected
                reserve(ledger, ledger.source("fake-1", "digest"), 10, CUP)


class TestAllOrNothing:
    def test_a_settlement_whose_answers_cannot_be_stored_leaves_the_request_open(
        self, base: KnowledgeBase, ledger: Ledger, source: int
    ) -> None:
        request = certain(reserve(ledger, source, 10, CUP, PEN))
        broken = PEN.record("together", detail=object())
        with pytest.raises(sqlite3.Error):
            ledger.settle(request, Settled("answered", 4), Outcome([CUP.record("together"), broken], [(PEN, "?")]))
        assert [line.state for line in ledger.spending()] == ["open"]
        assert (ledger.spent().money, ledger.done(source), base.records("relation")) == (10, set(), [])
        ledger.settle(request, Settled("answered", 4), Outcome([CUP.record("together")]))
        assert (ledger.spent().money, len(base.records("relation"))) == (4, 1)

    def test_a_reservation_that_fails_leaves_nothing(self, ledger: Ledger, source: int) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            reserve(ledger, source, 10, CUP, kind="riddle")
        with pytest.raises(sqlite3.IntegrityError):
            reserve(ledger, source + 1, 10, CUP)
        assert ledger.spent() == Spent(0, 0)

    def test_an_answer_knows_the_request_that_it_came_with(
        self, base: KnowledgeBase, ledger: Ledger, source: int
    ) -> None:
        request = answer(ledger, source, CUP)
        assert base.connection.execute("SELECT request, source FROM answer").fetchall() == [(request, source)]


class TestSources:
    def test_the_same_model_and_prompt_are_one_source(self, ledger: Ledger) -> None:
        first = ledger.source("fake-1", "digest")
        assert ledger.source("fake-1", "digest") == first
        assert len({first, ledger.source("fake-2", "digest"), ledger.source("fake-1", "other")}) == 3

    def test_of_two_that_answered_one_question_the_one_used_last_is_heard(
        self, base: KnowledgeBase, ledger: Ledger
    ) -> None:
        for model, value in (("fake-1", "together"), ("fake-2", "unrelated")):
            answer(ledger, ledger.source(model, "digest"), CUP, value=value)
        answer(ledger, ledger.source("fake-1", "digest"), PEN)
        ledger.source("fake-2", "digest")
        heard = {record.a: record.value for record in base.records("relation")}
        assert heard == {"cup": "unrelated", "pen": "together"}  # on pens only the other model was asked
        ledger.source("fake-1", "digest")
        assert [record.value for record in base.records("relation")] == ["together", "together"]

    def test_a_recorded_file_is_heard_beside_what_was_asked_here(self, base: KnowledgeBase, ledger: Ledger) -> None:
        base.put("llm", "answers.csv", "1", [Record("relation", "cup", "requires", "a model", b="saucer")])
        answer(ledger, ledger.source("fake-1", "digest"), CUP)
        assert [record.value for record in base.records("relation")] == ["requires", "together"]
        assert [record.value for record in base.records("relation", here=False)] == ["requires"]

    def test_what_was_asked_here_stays_active_when_the_recorded_files_change(
        self, base: KnowledgeBase, ledger: Ledger, source: int
    ) -> None:
        answer(ledger, source, CUP)
        base.activate("llm", [])
        assert len(base.records("relation")) == 1


class TestDone:
    def test_what_is_answered_or_set_aside_is_done_vote_by_vote(self, ledger: Ledger, source: int) -> None:
        second = Ask(CUP.question, 2)
        answer(ledger, source, CUP)
        ledger.settle(certain(reserve(ledger, source, 1, second, PEN)), Settled("answered"), Outcome((), [(PEN, "no")]))
        assert ledger.done(source) == {("cup", "saucer", 1), ("pen", "ink", 1)}

    def test_what_is_open_lost_or_refused_is_not(self, ledger: Ledger, source: int) -> None:
        reserve(ledger, source, 1, CUP)
        ledger.settle(certain(reserve(ledger, source, 1, PEN)), Settled("lost"))
        ledger.settle(certain(reserve(ledger, source, 1, MUG)), Settled("refused"))
        assert ledger.done(source) == set()

    def test_a_title_is_known_as_it_was_sent(self, ledger: Ledger, source: int) -> None:
        shouted = Ask(EntityQuestion("RED\u200b  MUG\n", " Kitchen"))
        answer(ledger, source, shouted, value="mug")
        assert ledger.done(source) == {("RED MUG", "Kitchen", 1)} == {MUG.key}

    def test_another_source_has_not_done_it(self, ledger: Ledger, source: int) -> None:
        answer(ledger, source, CUP)
        assert ledger.done(ledger.source("fake-2", "digest")) == set()

    def test_retry_forgets_what_was_set_aside_and_nothing_else(self, ledger: Ledger, source: int) -> None:
        answer(ledger, source, CUP)
        aside = [(PEN, "no such relation"), (MUG, "no product concept")]
        ledger.settle(certain(reserve(ledger, source, 1, PEN, MUG)), Settled("answered"), Outcome((), aside))
        assert ledger.set_aside() == [
            ("fake-1", "pen / ink", "no such relation"),
            ("fake-1", "RED MUG", "no product concept"),
        ]
        assert (ledger.retry(), ledger.retry()) == (2, 0)
        assert (ledger.set_aside(), ledger.done(source)) == ([], {("cup", "saucer", 1)})


class TestSpending:
    def test_one_line_a_model_prompt_and_kind_of_end(self, ledger: Ledger) -> None:
        titles, pairs = ledger.source("fake-1", "titles"), ledger.source("fake-1", "pairs")
        answer(ledger, titles, MUG, LAMP, value="thing")
        answer(ledger, pairs, CUP)
        answer(ledger, pairs, PEN)
        ledger.settle(certain(reserve(ledger, pairs, 7, CUP, PEN)), Settled("lost", error="reset"))
        reserve(ledger, titles, 5, LAMP)
        lines = ledger.spending()
        told = [(line.kind, line.state, line.requests, line.questions, line.money) for line in lines]
        assert told == [
            ("entity", "answered", 1, 2, 4),
            ("relation", "answered", 2, 2, 8),
            ("relation", "lost", 1, 2, 7),
            ("entity", "open", 1, 1, 5),
        ]
        assert (lines[1].input_tokens, lines[1].output_tokens, lines[1].seconds) == (200, 40, 1.0)
        assert all(line.first <= line.last for line in lines)
        assert sum(line.money for line in lines) == ledger.spent().money

    def test_nothing_was_spent_on_an_empty_ledger(self, ledger: Ledger) -> None:
        assert (ledger.spending(), ledger.spent(), ledger.failures(), ledger.set_aside()) == ([], Spent(0, 0), [], [])

    def test_failures_come_most_frequent_first(self, ledger: Ledger, source: int) -> None:
        for state, error in (("lost", "reset"), ("refused", "HTTP 429"), ("refused", "HTTP 429"), ("answered", "cut")):
            request = certain(reserve(ledger, source, 1, CUP))
            ledger.settle(request, Settled(state, error=error))  # type: ignore[arg-type]
        assert ledger.failures() == [(2, "HTTP 429"), (1, "reset")]

    def test_what_is_usual_is_foretold_from_answered_requests_whose_tokens_were_counted(
        self, ledger: Ledger, source: int
    ) -> None:
        assert ledger.usual(source) == Usual()
        answer(ledger, source, CUP, PEN)
        ledger.settle(certain(reserve(ledger, source, 1, MUG)), Settled("lost", seconds=60))
        ledger.settle(certain(reserve(ledger, source, 1, MUG)), Settled("answered", 1, seconds=60))  # counts no tokens
        assert ledger.usual(source) == Usual(2, 1, 100, 20, 0.5)


class TestBatches:
    def test_a_batch_is_known_by_its_token_before_it_has_a_name(self, ledger: Ledger, source: int) -> None:
        number, token = ledger.open_batch()
        reserve(ledger, source, 1, CUP, batch=number)
        assert ledger.batches(source) == [(number, token, "")]
        ledger.name_batch(number, "batch_1")
        assert ledger.batches(source) == [(number, token, "batch_1")]
        ledger.close_batch(number)
        assert ledger.batches(source) == []

    def test_a_batch_belongs_to_the_source_of_its_requests(self, ledger: Ledger, source: int) -> None:
        number, _ = ledger.open_batch()
        assert ledger.batches(source) == []
        reserve(ledger, source, 1, CUP, batch=number)
        assert ledger.batches(ledger.source("fake-2", "digest")) == []

    def test_its_open_requests_come_back_as_they_were_asked(self, ledger: Ledger, source: int) -> None:
        number, _ = ledger.open_batch()
        second = Ask(RelationQuestion("saucer", "cup"), 2)
        first = certain(reserve(ledger, source, 1, PEN, second, batch=number))
        titles = certain(reserve(ledger, source, 1, MUG, LAMP, batch=number))
        settled = certain(reserve(ledger, source, 1, CUP, batch=number))
        ledger.settle(settled, Settled("answered"))
        assert ledger.in_batch(number) == {first: ((PEN, second), False), titles: ((MUG, LAMP), False)}

    @pytest.mark.parametrize(("end", "repeated"), [("answered", True), ("lost", True), ("refused", False)])
    def test_a_question_alone_that_had_its_turn_is_a_repeat(
        self, ledger: Ledger, source: int, end: str, repeated: bool
    ) -> None:
        ledger.settle(certain(reserve(ledger, source, 1, CUP, PEN)), Settled(end))  # type: ignore[arg-type]
        number, _ = ledger.open_batch()
        request = certain(reserve(ledger, source, 1, PEN, batch=number))
        assert ledger.in_batch(number) == {request: ((PEN,), repeated)}

    def test_tokens_differ(self, ledger: Ledger) -> None:
        assert len({ledger.open_batch() for _ in range(5)}) == 5
