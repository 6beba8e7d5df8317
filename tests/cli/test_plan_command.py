"""goeswith plan: what the LLM work to come takes, before it is paid for."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import live_shop
from goeswith.pipeline import build
from goeswith.workspace import Workspace
from llm_server import FakeLLM

TOGETHER = re.compile(r"together ([\d.,]+), at most ([\d.,]+); spent so far ([\d.,]+); (.*)")
ENOUGH = re.compile(r"([\d.]+) would do for certain")
TITLES = 89
"""Items of the tiny shop; each has a title of its own."""


@pytest.fixture(scope="module")
def answered(server: FakeLLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, built once up to its terms; nothing in it may be changed."""
    server.answer = live_shop.truth
    folder = live_shop.write(tmp_path_factory.mktemp("titled") / "shop", server.url)
    build(Workspace(folder), "entities")
    return folder


@pytest.fixture
def titled(answered: Path, llm: FakeLLM, tmp_path: Path) -> Path:
    """A copy whose titles are answered; its pairs are not yet asked."""
    return Path(shutil.copytree(answered, tmp_path / "titled", symlinks=True))


@pytest.fixture
def thrifty(live: Path) -> Path:
    """The same without a budget."""
    path = live / "goeswith.toml"
    path.write_text(path.read_text().replace("budget = 1.0\n", ""))
    return live


@pytest.fixture
def plan(run) -> Callable[..., str]:
    """What `goeswith plan` prints when all is well."""

    def plan(*arguments: Any) -> str:
        ran = run("plan", *arguments)
        assert (ran.code, ran.err.strip()) == (0, "")
        return str(ran.out)

    return plan


def row(out: str, name: str) -> list[str]:
    """The cells of a line of the table."""
    return next(re.split(r"\s{2,}", line.strip()) for line in out.splitlines() if line.strip().startswith(name))


def money(out: str) -> tuple[float, float, float]:
    """(forecast, bound, spent so far) of the last line."""
    found = TOGETHER.search(out)
    assert found is not None, out
    return tuple(float(found[place].replace(",", "")) for place in (1, 2, 3))  # type: ignore[return-value]


def test_a_shop_with_recorded_answers_has_nothing_to_pay(plan, unbuilt):
    assert plan(unbuilt) == 'llm.provider is "recorded": a build asks nothing and costs nothing\n'
    assert not (unbuilt / "builds").exists()


class TestBeforeAnyAnswer:
    def test_titles_are_counted_and_pairs_are_an_upper_bound(self, plan, live, llm):
        out = plan(live)
        assert row(out, "titles")[1] == str(TITLES)
        assert row(out, "pairs")[:2] == ["pairs, at most", f"{TITLES * (TITLES - 1) // 2:,}"]
        assert "How many pairs there are is known once the titles are answered" in out
        assert row(out, "titles")[-1] == "rules of thumb"
        assert llm.served == []

    def test_the_budgets_of_the_pairs_bound_them_too(self, plan, live):
        budgets = [f"--set=pairs.{name}_budget=50" for name in ("head", "torso", "tail")]
        assert row(plan(live, *budgets), "pairs")[1] == "150"

    def test_only_as_many_titles_as_the_settings_allow(self, plan, live):
        assert row(plan(live, "--set", "llm.titles=10"), "titles")[1] == "10"

    def test_nothing_is_published(self, plan, live):
        plan(live)
        assert not (live / "current").exists()

    def test_a_plan_may_be_asked_for_again(self, plan, live):
        assert plan(live) == plan(live)


class TestAdvice:
    def test_without_a_budget_it_says_what_would_do(self, plan, thrifty):
        out = plan(thrifty)
        assert "no llm.budget is set, so nothing will be asked" in out
        assert ENOUGH.search(out)

    def test_a_small_budget_is_said_to_be_small(self, plan, live):
        out = plan(live, "--set", "llm.budget=0.5")
        assert "llm.budget is 0.50: a build stops there if it must" in out

    def test_a_large_one_is_enough(self, plan, live):
        assert plan(live, "--set", "llm.budget=1000").rstrip().endswith("llm.budget is 1000.00: enough")

    def test_what_would_do_for_certain_does_when_every_request_costs_all_it_can(self, run, plan, thrifty, llm):
        budget = ENOUGH.search(plan(thrifty))[1]
        llm.fate = "no usage"
        ran = run("build", thrifty, "--until", "annotate", "--set", f"llm.budget={budget}")
        assert ran.code == 0
        assert "left:" not in ran.out


class TestTheBoundHolds:
    def test_a_full_build_takes_no_more_than_planned_before_any_answer(self, run, plan, live, llm):
        out = plan(live)
        _, most, spent = money(out)
        calls = [int(row(out, name)[3].replace(",", "")) for name in ("titles", "pairs")]
        llm.plan = ["429", "reset", "cut", "no usage", "500", "missing row", "not json", "whitespace"] * 2
        assert run("build", live, "--set", "llm.budget=1000").code == 0
        assert spent == 0
        assert 0 < llm.bill <= most
        assert len(llm.served) <= sum(calls)

    def test_nor_than_planned_once_the_titles_are_answered(self, run, plan, titled, llm):
        out = plan(titled)
        expected, most, _ = money(out)
        assert "pairs, at most" not in out
        llm.plan = ["reset", "cut", "429", "no usage"]
        run("build", titled, "--until", "annotate")
        assert expected / 2 < llm.bill <= most
        assert len(llm.served) <= int(row(out, "pairs")[3])

    def test_after_the_build_nothing_is_left_to_plan(self, run, plan, titled):
        run("build", titled, "--until", "annotate")
        out = plan(titled)
        assert (row(out, "titles")[1:4], row(out, "pairs")[1:4]) == (["0", "0", "0"], ["0", "0", "0"])
        expected, most, spent = money(out)
        assert (expected, most) == (0, 0)
        assert spent > 0


class TestSample:
    def test_it_asks_so_many_titles_and_foretells_from_their_tokens(self, plan, live, llm):
        out = plan(live, "--sample", "24")
        assert "asked: 24 of 24 titles answered" in out
        assert len(llm.asked) == 24
        assert row(out, "titles")[1] == str(TITLES - 24)
        assert row(out, "titles")[-1] == "24 answers"

    def test_a_build_does_not_ask_them_again_and_costs_what_was_foretold(self, run, plan, live, llm):
        told = row(plan(live, "--sample", "24"), "titles")
        before = llm.bill
        run("build", live, "--until", "entities")
        assert sorted(Counter(llm.asked).values()) == [1] * TITLES
        assert float(told[6]) == pytest.approx(llm.bill - before, rel=0.1)

    def test_once_the_titles_are_answered_it_asks_pairs(self, plan, titled):
        out = plan(titled, "--sample", "12")
        assert "asked: 12 of 12 pairs answered" in out
        assert row(out, "pairs")[-1] == "12 answers"

    def test_a_sample_of_all_titles_shows_how_many_pairs_there_are(self, plan, live):
        out = plan(live, "--sample", "1000")
        assert f"asked: {TITLES} of {TITLES} titles answered" in out
        assert "pairs, at most" not in out
        assert row(out, "titles")[1] == "0"

    def test_it_keeps_the_budget(self, plan, live, llm):
        out = plan(live, "--sample", "80", "--set", "llm.budget=0.012")
        assert 0 < llm.bill <= 0.012
        assert "asked: 80 of" not in out

    def test_without_a_budget_it_asks_nothing_and_says_so(self, run, thrifty, llm):
        ran = run("plan", thrifty, "--sample", "5")
        assert ran.code == 2
        assert ran.err.splitlines() == [
            "error: --sample asks real questions (found no llm.budget)",
            "  set llm.budget",
        ]
        assert llm.served == []


def test_a_model_without_a_price_is_an_error_of_two_lines(run, live, llm):
    ran = run("plan", live, "--set", "llm.model=fake-2")
    assert ran.code == 2
    assert ran.err.strip().splitlines() == [
        "error: no price for model 'fake-2' ([llm.prices]; found fake-1)",
        '  add [llm.prices."fake-2"] with input and output per million tokens; 0 where it is free',
    ]
    assert llm.served == []


def test_batches_are_planned_at_their_price(plan, live):
    live_, batch = money(plan(live)), money(plan(live, "--set", "llm.mode=batch"))
    assert batch[1] == pytest.approx(live_[1] / 2, abs=0.011)


def test_a_free_model_costs_nothing_at_most(plan, live):
    free = ["--set", "llm.prices.fake-1.input=0", "--set", "llm.prices.fake-1.output=0", "--set", "llm.budget=0"]
    assert money(plan(live, *free)) == (0, 0, 0)
    assert "llm.budget is 0.00: enough" in plan(live, *free)
