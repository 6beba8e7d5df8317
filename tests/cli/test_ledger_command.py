"""Builds with a live LLM and a budget, and goeswith ledger: what was asked, what it cost, what is left to ask."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import live_shop
import tiny_shop
from goeswith.pipeline import build
from goeswith.workspace import Workspace
from llm_server import FakeLLM

TITLES = len(tiny_shop.ITEMS)
STUBBORN = "POSTAGE"


@pytest.fixture(scope="module")
def answered(server: FakeLLM, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float, int]:
    """The same, built once up to its graph, with the server's bill and requests; nothing in it may be changed."""
    server.answer, server.served = live_shop.truth, []
    folder = live_shop.write(tmp_path_factory.mktemp("answered") / "shop", server.url)
    build(Workspace(folder), "graph")
    return folder, server.bill, len(server.served)


@pytest.fixture
def built(answered: tuple[Path, float, int], llm: FakeLLM, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(answered[0], tmp_path / "built", symlinks=True))


def without_budget(folder: Path) -> Path:
    path = folder / "goeswith.toml"
    path.write_text(path.read_text().replace("budget = 1.0\n", ""))
    return folder


def stubborn(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The truth, but for one title to which there never is a usable answer."""
    titles = {row["id"]: row.get("title") for row in rows}
    return [{**given, "entity": "!"} if titles[given["id"]] == STUBBORN else given for given in live_shop.truth(rows)]


def spent(out: str) -> float:
    found = re.search(r"requests, ([\d.]+) spent", out)
    assert found is not None, out
    return float(found[1])


class TestBuildWithinABudget:
    def test_a_build_asks_builds_and_tells(self, run, live, llm):
        ran = run("build", live, "--until", "graph")
        assert ran.code == 0
        assert f"asked: {TITLES} of {TITLES} titles answered" in ran.out
        assert re.search(r"asked: (\d+) of \1 pairs answered, 0\.\d+ in \d+ requests", ran.out)
        assert "left:" not in ran.out
        assert "hit rate 1.0" in ran.out

    def test_a_second_build_asks_nothing(self, run, built, llm):
        ran = run("build", built, "--until", "graph")
        assert (ran.code, llm.served) == (0, [])
        assert "asked:" not in ran.out
        assert ran.err.count("unchanged") == 6

    def test_without_a_budget_nothing_is_asked_and_the_error_says_what_to_do(self, run, live, llm):
        ran = run("build", without_budget(live))
        assert ran.code == 2
        assert "error: no answers on titles" in ran.err
        assert "set llm.budget, without which nothing is asked; goeswith plan DIR says what it takes" in ran.err
        assert llm.served == []

    def test_without_a_budget_answers_on_record_are_used(self, run, built, llm):
        edges = (built / "current/edges.parquet").read_bytes()
        ran = run("build", without_budget(built), "--until", "graph", "--set", "graph.confidence.5=0.99")
        assert (ran.code, llm.served) == (0, [])
        assert (built / "current/edges.parquet").read_bytes() != edges

    def test_a_small_budget_ends_it_says_what_is_left_and_goes_on_when_raised(self, run, live, llm):
        ran = run("build", live, "--until", "graph", "--set", "llm.budget=0.025")
        assert ran.code == 0
        left = re.search(r"left: (\d+) unanswered; the budget is used up\. Raise llm\.budget", ran.out)
        assert left is not None
        assert 0 < llm.bill <= 0.025
        done = len(llm.asked)
        more = run("build", live, "--until", "graph")
        assert f"asked: {left[1]} of {left[1]} pairs answered" in more.out
        assert len(llm.asked) == done + int(left[1])
        assert set(Counter(llm.asked).values()) == {1}

    def test_in_small_steps_it_ends_at_the_same_graph(self, run, live, built):
        for budget in ("0.012", "0.025", "1"):
            run("build", live, "--until", "graph", "--set", f"llm.budget={budget}")
        assert live_shop.graph(live) == live_shop.graph(built)

    def test_a_call_budget_is_kept(self, run, live, llm):
        ran = run("build", live, "--until", "annotate", "--set", "llm.call_budget=9")
        assert len(llm.served) == 9
        assert "the budget is used up. Raise llm.budget or llm.call_budget" in ran.out

    def test_an_endpoint_that_goes_down_leaves_the_rest_to_the_next_build(self, run, live, llm):
        llm.plan, llm.fate = ["ok"] * 10, "503"
        ran = run("build", live, "--until", "annotate", "--set", "llm.retries=0")
        assert re.search(r"left: \d+ unanswered; the endpoint does not answer: HTTP 503.*Build again to go on", ran.out)
        llm.fate = "ok"
        assert "left:" not in run("build", live, "--until", "annotate").out
        assert set(Counter(llm.asked).values()) == {1}

    def test_a_wrong_key_is_an_error_of_two_lines(self, run, live, llm):
        llm.fate = "401"
        ran = run("build", live)
        assert ran.code == 2
        assert "error: the LLM endpoint rejects our requests" in ran.err
        assert "the key in $FAKE_LLM_KEY" in ran.err


class TestABatchUnderWay:
    WAITING = ("--until", "annotate", "--set", "llm.mode=batch", "--set", "llm.batch_wait=0")

    def test_it_ends_with_code_75_and_is_fetched_later(self, run, live, llm):
        llm.looks = 10**6
        ran = run("build", live, *self.WAITING)
        assert ran.code == 75
        assert "not yet: batch batch_1 is in_progress" in ran.err
        assert "run the same command again later" in ran.err
        assert "open, counted in full" in run("ledger", "show", live).out
        llm.batches["batch_1"]["looks"] = llm.looks = 0
        assert run("build", live, *self.WAITING).code == 0
        assert set(Counter(llm.asked).values()) == {1}
        assert len(llm.batches) == 2


class TestShow:
    def test_before_anything_was_asked(self, run, live):
        ran = run("ledger", "show", live)
        assert ran.code == 0
        assert "0 requests, 0.0000 spent" in ran.out
        assert "budget: 1.00, left 1.00" in ran.out

    def test_where_the_money_went(self, run, live, llm):
        llm.plan = ["ok", "500", "reset"]
        run("build", live, "--until", "annotate", "--set", "llm.concurrency=1")
        ran = run("ledger", "show", live)
        lines = [line.split()[:3] for line in ran.out.splitlines() if line.strip().startswith("fake-1")]
        assert lines == [
            ["fake-1", "entity", "answered"],
            ["fake-1", "entity", "refused,"],
            ["fake-1", "entity", "lost,"],
            ["fake-1", "relation", "answered"],
        ]
        assert "1 × HTTP 500: fate 500" in ran.out
        assert spent(ran.out) >= round(llm.bill, 4)

    def test_what_is_spent_is_the_servers_bill_to_the_last_digit_shown(self, run, answered):
        folder, bill, requests = answered
        ran = run("ledger", "show", folder, "--set", "llm.budget=0.5", "--set", "llm.call_budget=100")
        assert spent(ran.out) == pytest.approx(bill, abs=5e-5)
        left = re.search(r"budget: 0\.5000, left (0\.\d{4}), (\d+) requests", ran.out)
        assert left is not None
        assert float(left[1]) == pytest.approx(0.5 - bill, abs=1e-4)
        assert int(left[2]) == 100 - requests

    def test_without_a_budget_it_says_that_nothing_is_asked(self, run, unbuilt):
        assert "budget: none is set (llm.budget), so nothing is asked" in run("ledger", "show", unbuilt).out


class TestRetry:
    def test_what_got_no_usable_answer_is_shown_and_asked_again_when_told_to(self, run, live, llm):
        llm.answer = stubborn
        ran = run("build", live, "--until", "annotate")
        assert re.search(rf"asked: {TITLES - 1} of {TITLES} titles answered, 1 set aside", ran.out)
        shown = run("ledger", "show", live).out
        assert "1 questions set aside" in shown
        assert re.search(rf"fake-1 +{STUBBORN} +no product concept: '!'", shown)
        assert f"to ask them again: goeswith ledger retry {live}" in shown
        llm.answer = live_shop.truth
        assert "asked:" not in run("build", live, "--until", "annotate").out
        assert run("ledger", "retry", live).out == "1 questions will be asked again by the next build\n"
        assert "asked: 1 of 1 titles answered" in run("build", live, "--until", "annotate").out
        assert "set aside" not in run("ledger", "show", live).out

    def test_only_so_many_are_printed(self, run, live, llm):
        llm.fate = "not json"
        run("build", live, "--until", "entities", "--set", "llm.repeats=1")
        shown = run("ledger", "show", live, "-n", "3").out
        assert f"{TITLES} questions set aside" in shown
        assert shown.count("no answers in the reply") == 3

    def test_nothing_set_aside_is_nothing_to_retry(self, run, live):
        assert run("ledger", "retry", live).out == "0 questions will be asked again by the next build\n"


class TestExport:
    def test_the_answers_as_files(self, run, built, tmp_path):
        ran = run("ledger", "export", built, "--out", tmp_path / "answers")
        assert ran.code == 0
        titles, pairs = (pq.read_table(tmp_path / f"answers/{name}.parquet") for name in ("entities", "relations"))
        counts = f"{titles.num_rows:,} answers on entities, {pairs.num_rows:,} answers on relations"
        assert ran.out == f"{counts} -> {tmp_path / 'answers'}\n"
        assert titles.num_rows == TITLES

    def test_a_folder_that_holds_something_is_refused(self, run, answered, tmp_path):
        (tmp_path / "mine.txt").write_text("mine")
        ran = run("ledger", "export", answered[0], "--out", tmp_path)
        assert ran.code == 2
        assert ran.err.splitlines() == [
            f"error: not an empty folder ({tmp_path})",
            "  name a new one; nothing is overwritten",
        ]

    def test_without_answers_there_is_nothing_to_export(self, run, live, tmp_path):
        ran = run("ledger", "export", live, "--out", tmp_path / "answers")
        assert ran.code == 2
        assert "no LLM answers on record" in ran.err
        assert not (tmp_path / "answers").exists()
