"""The Batch API over real HTTP: sent, waited for, fetched, and found again after every kind of end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from goeswith.errors import KnowledgeError, PendingError
from goeswith.knowledge import prices
from goeswith.knowledge.annotator import EntityQuestion, RelationQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.batch import _send
from goeswith.knowledge.endpoint import Endpoint
from goeswith.knowledge.ledger import Ledger
from goeswith.knowledge.live import LiveAnnotator, to_ask
from goeswith.knowledge.prompts import ENTITY
from goeswith.knowledge.round import BUDGET_USED, Round
from goeswith.settings import LLM
from llm_server import FakeLLM

Settings = Callable[..., LLM]
TITLES = [EntityQuestion(f"RED {thing}") for thing in ("MUG", "BOWL", "LAMP", "PEN", "VASE", "TRAY")]
PAIRS = [RelationQuestion("cup", "saucer"), RelationQuestion("pen", "ink")]


@pytest.fixture
def batch(settings: Settings) -> Callable[..., LLM]:
    return lambda **more: settings(**{"mode": "batch", **more})


def test_a_batch_is_sent_waited_for_and_fetched(base: KnowledgeBase, batch: Settings, llm: FakeLLM) -> None:
    llm.looks = 3
    reply = LiveAnnotator(base, batch()).ask([*TITLES, *PAIRS])
    assert reply.abstained == 0
    assert len(llm.batches) == 2
    assert len(llm.asked) == len(TITLES) + len(PAIRS)


def test_it_costs_half(base: KnowledgeBase, batch: Settings, llm: FakeLLM) -> None:
    LiveAnnotator(base, batch()).ask(TITLES)
    assert Ledger(base).spent().money / prices.UNIT == pytest.approx(llm.bill / 2, rel=1e-6)


def test_a_batch_that_takes_longer_is_fetched_by_a_later_run(
    base: KnowledgeBase, batch: Settings, llm: FakeLLM
) -> None:
    llm.looks = 10**6
    with pytest.raises(PendingError, match="batch_1 is in_progress"):
        LiveAnnotator(base, batch(batch_wait=0)).ask(TITLES)
    reserved = Ledger(base).spent().money
    with pytest.raises(PendingError):
        LiveAnnotator(base, batch(batch_wait=0)).ask(TITLES)
    assert (len(llm.batches), Ledger(base).spent().money) == (1, reserved)
    llm.batches["batch_1"]["looks"] = 0
    assert LiveAnnotator(base, batch(batch_wait=0)).ask(TITLES).abstained == 0
    assert len(llm.asked) == len(TITLES)
    assert Ledger(base).spent().money < reserved


def test_a_live_run_fetches_a_batch_that_is_under_way(base: KnowledgeBase, batch: Settings, llm: FakeLLM) -> None:
    llm.looks = 10**6
    with pytest.raises(PendingError):
        LiveAnnotator(base, batch(batch_wait=0)).ask(TITLES[:3])
    llm.batches["batch_1"]["looks"] = 0
    assert LiveAnnotator(base, batch(mode="live")).ask(TITLES).abstained == 0
    assert len(llm.asked) == len(TITLES)


def test_a_batch_whose_creation_was_cut_off_is_found_by_its_token(
    base: KnowledgeBase, batch: Settings, llm: FakeLLM
) -> None:
    llm.plan = ["reset"]
    with pytest.raises(PendingError, match="cannot be reached"):
        LiveAnnotator(base, batch()).ask(TITLES)
    assert LiveAnnotator(base, batch()).ask(TITLES).abstained == 0
    assert (len(llm.batches), len(llm.asked)) == (1, len(TITLES))


def test_a_batch_that_was_never_created_is_sent_anew_for_nothing(
    base: KnowledgeBase, batch: Settings, llm: FakeLLM
) -> None:
    ledger = Ledger(base)
    source = ledger.source("fake-1", ENTITY.digest("fake-1", {}))
    asked = to_ask(ENTITY, TITLES, batch(), set())
    _send(Round(ENTITY, asked, batch(), ledger, source), Endpoint(batch()))
    base.connection.execute("UPDATE batch SET name = ''")  # as a kill before the answer leaves it
    llm.batches.clear()  # and the provider never got it
    assert LiveAnnotator(base, batch()).ask(TITLES).abstained == 0
    assert ledger.spent().money / prices.UNIT == pytest.approx(llm.bill / 2, rel=1e-6)


def test_a_line_that_is_none_of_ours_does_not_block_the_batch(
    base: KnowledgeBase, batch: Settings, llm: FakeLLM
) -> None:
    llm.looks = 10**6
    with pytest.raises(PendingError):
        LiveAnnotator(base, batch(batch_wait=0)).ask(TITLES)
    llm._finish(llm.batches["batch_1"])
    llm.files["batch_1-output_file_id"] += b'not json\n[]\n{"custom_id": "x-abc"}\n{"custom_id": "goeswith-99"}\n'
    assert LiveAnnotator(base, batch()).ask(TITLES).abstained == 0
    assert len(llm.asked) == len(TITLES)


@pytest.mark.parametrize("fate", ["500", "expired", "cut", "not json", "missing row"])
def test_lines_that_failed_are_asked_again_in_the_next_batch(
    base: KnowledgeBase, batch: Settings, llm: FakeLLM, fate: str
) -> None:
    llm.plan = ["ok", fate]  # the batch is made; its first line fails
    assert LiveAnnotator(base, batch()).ask(TITLES).abstained == 0
    assert len(llm.batches) == 2


def test_a_refused_batch_is_an_error_and_costs_nothing(base: KnowledgeBase, batch: Settings, llm: FakeLLM) -> None:
    llm.batch_fate = "failed"
    with pytest.raises(KnowledgeError, match="line 1 is wrong"):
        LiveAnnotator(base, batch()).ask(TITLES)
    assert Ledger(base).spent().money == 0
    llm.batch_fate = "completed"
    assert LiveAnnotator(base, batch()).ask(TITLES).abstained == 0


def test_the_budget_holds_for_the_whole_batch(base: KnowledgeBase, batch: Settings, llm: FakeLLM) -> None:
    annotator = LiveAnnotator(base, batch(budget=0.003, questions=2))
    annotator.ask(TITLES)
    report = annotator.reports[0]
    assert report.stopped == BUDGET_USED
    assert 0 < report.answered < len(TITLES)
    assert Ledger(base).spent().money <= 0.003 * prices.UNIT
