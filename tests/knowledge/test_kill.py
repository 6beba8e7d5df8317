"""Promise 1 at every fault point: kill -9 a build that asks a live LLM, again and again, then let it finish.

What a reply was stored for is never paid again; a kill repeats at most what was in flight; the money stays in the
budget and the ledger never knows of less than the provider charges; the graph is that of an unbroken run.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from self_destruct import Kill, build

import live_shop
from goeswith.pipeline import build as build_here
from goeswith.workspace import Workspace
from live_shop import books, check_books
from llm_server import FakeLLM

LEDGER = "goeswith.knowledge.ledger"
WORKSPACE = "goeswith.workspace"
BATCH = "goeswith.knowledge.batch"
FILES, BATCHES = "openai.resources.files:Files.create", "openai.resources.batches:Batches.create"
KILLED = -signal.SIGKILL

ASKING = [
    [Kill(f"{LEDGER}:Ledger.source", "after"), Kill(f"{LEDGER}:Ledger.source", "after", 4)],
    [Kill(f"{LEDGER}:Ledger.reserve"), Kill(f"{LEDGER}:Ledger.reserve", "after", 2)],
    [Kill(f"{LEDGER}:question_id", n=5), Kill(f"{LEDGER}:put_answer", n=5)],  # inside a transaction
    [Kill("goeswith.knowledge.endpoint:Endpoint.send"), Kill("goeswith.knowledge.endpoint:Endpoint.send", "after", 9)],
    [Kill(f"{LEDGER}:Ledger.settle"), Kill(f"{LEDGER}:Ledger.settle", "after"), Kill(f"{LEDGER}:Ledger.settle", n=9)],
]
PUBLISHING = [
    [Kill(f"{WORKSPACE}:Draft._record"), Kill(f"{WORKSPACE}:Draft._record", "after", 4)],
    [Kill(f"{WORKSPACE}:os.replace", n=6), Kill(f"{WORKSPACE}:os.replace", "after", 6)],  # of the draft to the build
    [Kill(f"{WORKSPACE}:Workspace.switch"), Kill(f"{WORKSPACE}:Path.symlink_to", "after")],
    [Kill(f"{WORKSPACE}:Draft.publish"), Kill(f"{WORKSPACE}:Draft.publish", "after")],
]
SENDING = [
    [Kill(f"{LEDGER}:Ledger.open_batch", "after"), Kill(f"{LEDGER}:Ledger.reserve", "after", 3)],
    [Kill(FILES), Kill(FILES, "after"), Kill(FILES, n=2)],  # reserved, not uploaded; uploaded, no batch made of it
    [Kill(BATCHES), Kill(BATCHES, "after"), Kill(f"{LEDGER}:Ledger.name_batch", n=2)],  # made, its name not stored
    [Kill(f"{BATCH}:time.sleep"), Kill("openai.resources.batches:Batches.retrieve", "after", 2)],  # while waiting
    [Kill(f"{LEDGER}:Ledger.settle", "after", 3), Kill(f"{LEDGER}:Ledger.settle", n=9)],
    [Kill(f"{LEDGER}:Ledger.close_batch"), Kill(f"{LEDGER}:Ledger.close_batch", "after")],
]


def names(kills: list[Kill]) -> str:
    return ", ".join(map(str, kills))


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    with FakeLLM(answer=live_shop.truth) as server:
        yield server


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The graph of a run that nothing befell."""
    with FakeLLM(answer=live_shop.truth) as llm:
        folder = live_shop.write(tmp_path_factory.mktemp("unbroken") / "shop", llm.url)
        build_here(Workspace(folder), "graph")
        check_books(folder, llm, kills=0)
        assert {"complementary", "substitute", "unrelated"} == {edge["coarse"] for edge in live_shop.graph(folder)}
        return live_shop.graph(folder)


def test_killed_when_a_request_has_arrived(tmp_path: Path, llm: FakeLLM, unbroken: list[dict[str, Any]]) -> None:
    """By the server itself, and with the command as users run it."""
    folder = live_shop.write(tmp_path / "shop", llm.url)
    command = [sys.executable, "-m", "goeswith", "build", str(folder), "--until", "graph"]
    for later in (1, 11):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        llm.kill = (process.pid, len(llm.served) + later)
        assert process.wait() == KILLED
        check_books(folder, llm, kills=2)
    llm.kill = None
    subprocess.run(command, check=True, capture_output=True)
    check_books(folder, llm, kills=2)
    assert set(books(folder).stored) == set(llm.asked)
    assert live_shop.graph(folder) == unbroken


@pytest.mark.parametrize("kills", ASKING + PUBLISHING, ids=names)
def test_killed_at_a_point_of_the_code(
    tmp_path: Path, llm: FakeLLM, unbroken: list[dict[str, Any]], kills: list[Kill]
) -> None:
    folder = live_shop.write(tmp_path / "shop", llm.url)
    for kill in kills:
        assert build(folder, kill) == KILLED
    assert build(folder) == 0
    check_books(folder, llm, len(kills))
    assert set(books(folder).stored) == set(llm.asked)
    assert live_shop.graph(folder) == unbroken


@pytest.mark.parametrize("kills", SENDING, ids=names)
def test_killed_with_a_batch_under_way_nothing_at_all_is_paid_twice(
    tmp_path: Path, llm: FakeLLM, unbroken: list[dict[str, Any]], kills: list[Kill]
) -> None:
    llm.looks = 1
    folder = live_shop.write(tmp_path / "shop", llm.url, mode="batch")
    for kill in kills:
        assert build(folder, kill) == KILLED
    assert build(folder) == 0
    llm.finish_batches()
    found = books(folder)
    assert Counter(llm.asked) == Counter(found.stored) == Counter(set(found.stored))
    assert found.open_requests == 0
    assert found.spent == pytest.approx(llm.bill / 2, rel=1e-6)
    assert live_shop.graph(folder) == unbroken


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_recorded_answers_are_put_on_record(tmp_path: Path, llm: FakeLLM, when: Any) -> None:
    """Files and a live LLM together: each answer is there once, and the LLM is only asked what no file answers."""
    folder = live_shop.write(tmp_path / "shop", llm.url, recorded=["answers/*.parquet"])
    for n in (1, 2) if when == "before" else (1, 1):
        assert build(folder, Kill("goeswith.knowledge.base:KnowledgeBase.put", when, n)) == KILLED
    assert build(folder) == 0
    check_books(folder, llm, kills=0)
    withheld = {item.name for item in live_shop.tiny_shop.ITEMS if item.sku in live_shop.tiny_shop.WITHHELD}
    assert {question for question in llm.asked if "|" not in question} == withheld
    assert {edge["source"] for edge in live_shop.graph(folder)} == {"llm"}


def test_killed_again_and_again_within_a_small_budget_it_is_never_passed(tmp_path: Path, llm: FakeLLM) -> None:
    """Each kill leaves reservations behind; they count, so that at some time nothing more is asked."""
    folder = live_shop.write(tmp_path / "shop", llm.url, budget=0.04)
    kills = 0
    while build(folder, Kill(f"{LEDGER}:Ledger.settle", n=2)) == KILLED:
        kills += 1
        check_books(folder, llm, kills, budget=0.04)
    assert 2 <= kills <= 6
    assert build(folder, None, "llm.budget=1.0") == 0
    check_books(folder, llm, kills)
    assert books(folder).stored
