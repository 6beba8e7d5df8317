"""goeswith build and plan with rounds of active learning: a live LLM is asked the first pairs, then what is needed."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest

import live_shop
from goeswith import pipeline
from goeswith.knowledge.annotator import RelationQuestion
from goeswith.knowledge.prices import UNIT, bound
from goeswith.knowledge.prompts import RELATION
from goeswith.workspace import Workspace
from live_shop import books, check_books
from llm_server import FakeLLM

FIRST, SIZE, ROUNDS, REQUEST = 60, 8, 2, 5
ASKED = FIRST + ROUNDS * SIZE
TITLES = 89
KILLED = -signal.SIGKILL
LOG, LEDGER = "goeswith.relations.rounds:Log.write", "goeswith.knowledge.ledger:Ledger.settle"
MONEY = re.compile(r"together [\d.,]+, at most ([\d.,]+);")
ENOUGH = re.compile(r"([\d.]+) would do for certain")
ADDED = f"\n[relations]\nrounds = {ROUNDS}\nfirst = {FIRST}\nround_size = {SIZE}\n"


@pytest.fixture(scope="module")
def answered(server: FakeLLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with rounds whose titles are answered; nothing in it may be changed."""
    server.answer = live_shop.truth
    folder = live_shop.write(tmp_path_factory.mktemp("titled") / "shop", server.url, questions=REQUEST)
    path = folder / "goeswith.toml"
    path.write_text(path.read_text() + ADDED)
    pipeline.build(Workspace(folder), "pairs")
    return folder


@pytest.fixture
def titled(answered: Path, llm: FakeLLM, tmp_path: Path) -> Path:
    """A copy of it, before any pair was asked."""
    llm.kill = None
    return Path(shutil.copytree(answered, tmp_path / "titled", symlinks=True))


@pytest.fixture(scope="module")
def unbroken(answered: Path, server: FakeLLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, built up to the graph without any disturbance."""
    server.plan, server.fate, server.answer = [], "ok", live_shop.truth
    folder = Path(shutil.copytree(answered, tmp_path_factory.mktemp("unbroken") / "shop", symlinks=True))
    pipeline.build(Workspace(folder), "graph")
    return folder


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Builds in processes of their own that die where they are told to."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "knowledge"))
    return importlib.import_module("self_destruct")


def rounds(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "rounds").glob("*.json"))]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "rounds").iterdir()}


def pairs(folder: Path) -> list[str]:
    """The proposals in their order, as the server names them."""
    return [f"{row['a']}|{row['b']}" for row in pq.read_table(folder / "current/pairs.parquet").to_pylist()]


def asked_in(turn: dict[str, Any]) -> list[str]:
    return [name.replace("\t", "|") for name in turn["asked"]]


def planned(out: str) -> list[str]:
    """The cells of the line on pairs."""
    return next(re.split(r"\s{2,}", line.strip()) for line in out.splitlines() if line.strip().startswith("pairs"))


class TestBuild:
    def test_it_asks_the_first_pairs_and_then_the_rounds_and_no_more(self, run, titled, llm):
        ran = run("build", titled, "--until", "graph")
        assert (ran.code, [path.name for path in sorted((titled / "rounds").iterdir())]) == (
            0,
            ["001.json", "002.json"],
        )
        assert Counter(llm.asked[:FIRST]) == Counter(pairs(titled)[:FIRST])
        assert [len(turn["asked"]) for turn in rounds(titled)] == [SIZE] * ROUNDS
        chosen = [name for turn in rounds(titled) for name in asked_in(turn)]
        assert Counter(llm.asked[FIRST:]) == Counter(chosen)
        assert set(chosen) <= set(pairs(titled)[FIRST:])
        assert len(set(llm.asked)) == len(llm.asked) == ASKED
        said = [line for line in ran.out.splitlines() if line.startswith("asked:")]
        assert [line.split(",")[0] for line in said] == [
            f"asked: {count} of {count} pairs answered" for count in (FIRST, SIZE, SIZE)
        ]
        # the answers reach the graph; what nobody answered is there as the classifier's
        edges = {f"{row['a']}|{row['b']}": row for row in live_shop.graph(titled)}
        assert {name for name, row in edges.items() if row["source"] == "llm"} == set(llm.asked)
        assert set(edges) == set(pairs(titled))

        before = files(titled)
        again = run("build", titled, "--until", "graph")
        assert (again.code, "asked:" in again.out, len(llm.asked)) == (0, False, ASKED)
        assert files(titled) == before

    def test_progress_tells_of_the_rounds(self, titled, llm):
        said: list[tuple[str, str]] = []
        pipeline.build(Workspace(titled), "annotate", lambda stage, what: said.append((stage, what)))
        told = [what for stage, what in said if stage == "annotate" and what.startswith("round ")]
        assert told == [f"round {number}: {SIZE} asked, {SIZE} accepted" for number in (1, 2)]

    def test_more_rounds_ask_only_what_they_add(self, run, titled, unbroken, llm):
        folder = shutil.copytree(unbroken, titled.parent / "more", symlinks=True)
        run("build", folder, "--until", "annotate", "--set", "relations.rounds=3", "--set", "relations.round_size=4")
        assert [len(turn["asked"]) for turn in rounds(folder)] == [SIZE, SIZE, 4]
        assert len(llm.asked) == 4

    def test_rounds_without_end_ask_every_pair_once_whatever_was_set_aside(self, run, titled, llm):
        """Those of the first that got no usable answer are not chosen again."""
        bad = set(pairs(titled)[:5])

        def answer(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            told = live_shop.truth(rows)
            for row, said in zip(rows, told, strict=True):
                if f"{row['a']}|{row['b']}" in bad:
                    said["relation"] = "goes nicely with"
            return told

        llm.answer = answer
        sets = ("--set", "relations.rounds=50", "--set", "relations.round_size=20", "--set", "relations.sampler=random")
        ran = run("build", titled, "--until", "annotate", *sets)
        assert ran.code == 0
        everything = pairs(titled)
        assert Counter(name for turn in rounds(titled) for name in asked_in(turn)) == Counter(everything[FIRST:])
        assert [len(turn["asked"]) for turn in rounds(titled)][-1] == (len(everything) - FIRST) % 20
        assert Counter(llm.asked) == Counter(everything) + Counter(bad)

    def test_with_too_little_to_learn_from_it_stops_after_the_first(self, run, titled, llm):
        for _ in range(2):
            ran = run("build", titled, "--until", "annotate", "--set", "relations.first=10")
            assert ran.code == 0
            assert len(llm.asked) == 10
        assert not (titled / "rounds").exists()

    def test_fewer_pairs_than_the_first_are_all_asked(self, run, titled, llm):
        run("build", titled, "--until", "annotate", "--set", "relations.first=1000")
        assert Counter(llm.asked) == Counter(pairs(titled))
        assert not (titled / "rounds").exists()

    def test_without_a_live_llm_there_are_no_rounds(self, run, unbuilt):
        ran = run("build", unbuilt, "--until", "annotate", "--set", "relations.rounds=2", "--set", "relations.first=5")
        assert ran.code == 0
        assert not (unbuilt / "rounds").exists()

    def test_people_measure_the_rounds_and_patience_ends_them(self, run, titled, llm):
        rows = [f"{a},{b},{row['label']}" for (a, b), row in list(live_shop.LABEL_OF.items())[::2]]
        (titled / "labels.csv").write_text("\n".join(["entity_a,entity_b,relation", *rows, ""]))
        sets = ["data.labels=labels.csv", "relations.rounds=8", "relations.round_size=4", "relations.patience=1"]
        ran = run("build", titled, "--until", "annotate", *[part for text in sets for part in ("--set", text)])
        assert ran.code == 0
        qualities = [turn["quality"] for turn in rounds(titled)]
        assert 1 <= len(qualities) < 8
        assert all(0 <= quality <= 1 for quality in qualities)
        assert all(later > max(qualities[:place]) for place, later in enumerate(qualities) if place)
        labelled = {frozenset(row.split(",")[:2]) for row in rows}
        assert not labelled & {frozenset(name.split("|")) for name in llm.asked}

    def test_a_damaged_round_is_an_error_of_two_lines(self, run, titled, llm):
        (titled / "rounds").mkdir()
        (titled / "rounds/001.json").write_text('{"number": 1, "sam')
        ran = run("build", titled, "--until", "annotate")
        assert ran.code == 2
        lines = ran.err.strip().splitlines()[-2:]
        assert lines[0].startswith("error: a round that cannot be read (")
        assert lines[1].strip() == "delete it: another is drawn"

    def test_a_batch_a_round(self, run, titled, llm):
        llm.looks = 1
        ran = run("build", titled, "--until", "annotate", "--set", "llm.mode=batch")
        assert ran.code == 0
        assert len(llm.batches) == 1 + ROUNDS
        assert len(set(llm.asked)) == len(llm.asked) == ASKED


class TestKilled:
    """Promise 1, in the middle of a round."""

    def test_by_the_server_when_a_request_of_a_round_arrives(self, titled, unbroken, llm):
        command = [sys.executable, "-m", "goeswith", "build", str(titled), "--until", "annotate"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        llm.kill = (process.pid, FIRST // REQUEST + 2)
        assert process.wait() == KILLED
        llm.kill = None
        (begun,) = rounds(titled)
        assert begun["answered"] is None
        subprocess.run(command, check=True, capture_output=True)
        self.same(titled, unbroken, llm, kills=1)

    def test_at_points_of_the_code(self, apart, titled, unbroken, llm):
        kills = [
            apart.Kill(LOG, "before"),  # round 1 is drawn and not on disk
            apart.Kill(LEDGER, "before", 2),  # on disk, half of it is answered
            apart.Kill(LOG, "before", 2),  # on disk since the last kill; answered, and round 2 is drawn and not on disk
            apart.Kill(LOG, "before", 2),  # round 2 is on disk; answered, which is not on disk
        ]
        for done, kill in enumerate(kills, start=1):
            assert apart.build(titled, kill) == KILLED
            check_books(titled, self.with_titles(llm), done)
        assert [turn["answered"] for turn in rounds(titled)] == [SIZE, None]
        assert apart.build(titled) == 0
        self.same(titled, unbroken, llm, len(kills))
        assert live_shop.graph(titled) == live_shop.graph(unbroken)

    def same(self, folder: Path, unbroken: Path, llm: FakeLLM, kills: int) -> None:
        """What an unbroken run made; what may be paid twice was in flight at a kill."""
        check_books(folder, self.with_titles(llm), kills)
        stored = [name for name in books(folder).stored if "|" in name]
        assert len(stored) == len(set(stored)) == ASKED
        assert files(folder) == files(unbroken)

    def with_titles(self, llm: FakeLLM) -> Any:
        """The server's books with the titles that were answered before."""
        titles = [item.name for item in live_shop.tiny_shop.ITEMS]

        class Whole:
            asked, bill = titles + llm.asked, llm.bill

        return Whole


def test_a_budget_raised_step_by_step_is_never_passed_and_pays_for_no_answer_twice(titled, unbroken, llm):
    """Where it ends in the middle of a round that round waits, and is completed first."""
    half = SIZE // 2  # of a round in each of two requests that are bound alike
    first = [RelationQuestion(*name.split("|")) for name in pairs(titled)[:half]]
    reserved = bound(Workspace(titled).settings.llm, RELATION, first).money / UNIT
    before, waiting = books(titled).spent, 0
    budget = books(unbroken).spent + reserved - 0.005  # where about the first pairs are answered
    while sum(turn["answered"] is not None for turn in rounds(titled)) < ROUNDS:
        pipeline.build(Workspace(titled, [f"llm.budget={budget:.6f}", f"llm.questions={half}"]), "annotate")
        assert books(titled).spent <= budget
        assert llm.bill <= budget - before
        begun = [turn for turn in rounds(titled) if turn["answered"] is None]
        waiting += any(set(asked_in(turn)) & set(llm.asked) for turn in begun)
        budget += 0.0005
    assert waiting
    assert len(set(llm.asked)) == len(llm.asked) == ASKED
    assert files(titled) == files(unbroken)


class TestPlan:
    @pytest.fixture
    def plan(self, run: Callable[..., Any]) -> Callable[..., str]:
        def plan(*arguments: Any) -> str:
            ran = run("plan", *arguments)
            assert (ran.code, ran.err.strip()) == (0, "")
            return str(ran.out)

        return plan

    def test_before_any_answer_the_first_and_the_rounds_bound_the_pairs(self, plan, live):
        path = live / "goeswith.toml"
        path.write_text(path.read_text() + ADDED)
        assert planned(plan(live))[:2] == ["pairs, at most", str(ASKED)]
        every = TITLES * (TITLES - 1) // 2
        assert planned(plan(live, "--set", "relations.first=100000"))[1] == f"{every:,}"
        assert planned(plan(live, "--set", "relations.round_size=100000"))[1] == f"{every:,}"

    def test_that_bound_holds(self, run, plan, live, llm):
        path = live / "goeswith.toml"
        path.write_text(path.read_text().replace("budget = 1.0\n", "") + ADDED)
        enough = ENOUGH.search(plan(live))[1]
        llm.fate = "no usage"  # every request costs all that it can
        ran = run("build", live, "--until", "annotate", "--set", f"llm.budget={enough}")
        assert (ran.code, "left:" in ran.out) == (0, False)
        assert len(rounds(live)) == ROUNDS

    @pytest.mark.parametrize(
        "sets", [(), ("llm.votes=3", "llm.swap=true"), ("relations.round_size=3", "relations.rounds=9")]
    )
    def test_once_the_titles_are_answered_the_pairs_to_come_are_counted(self, run, plan, titled, llm, sets):
        sets = [part for text in sets for part in ("--set", text)]
        out = plan(titled, *sets)
        votes, count = (3, ASKED) if "llm.votes=3" in sets else (1, FIRST + 27 if sets else ASKED)
        assert planned(out)[:2] == ["pairs", str(votes * count)]
        llm.plan = ["429", "no usage", "cut", "500", *["ok"] * 9, "missing row", *["429", "no usage", "twice"] * 3]
        before = books(titled).spent
        ran = run("build", titled, "--until", "annotate", *sets, "--set", "llm.budget=1000")
        assert ran.code == 0
        assert all(turn["answered"] is not None for turn in rounds(titled))
        assert sum(len(turn["asked"]) for turn in rounds(titled)) == count - FIRST
        most = float(MONEY.search(out)[1].replace(",", ""))
        assert books(titled).spent - before <= most
        assert len(llm.served) <= int(planned(out)[3].replace(",", ""))

    def test_what_is_planned_is_enough_when_every_request_costs_all_it_can(self, run, plan, titled, llm):
        path = titled / "goeswith.toml"
        path.write_text(path.read_text().replace("budget = 1.0\n", ""))
        enough = ENOUGH.search(plan(titled))[1]
        llm.fate = "no usage"
        ran = run("build", titled, "--until", "annotate", "--set", f"llm.budget={enough}")
        assert (ran.code, "left:" in ran.out, len(llm.asked)) == (0, False, ASKED)

    def test_no_more_than_are_open(self, plan, titled):
        every = len(pairs(titled))
        assert planned(plan(titled, "--set", "relations.first=100000"))[1] == str(every)
        assert planned(plan(titled, "--set", "relations.round_size=100000"))[1] == str(every)
        assert planned(plan(titled, "--set", "relations.rounds=900"))[1] == str(every)
        assert planned(plan(titled, "--set", "relations.rounds=0"))[1] == str(every)

    def test_what_is_answered_counts_no_more(self, plan, titled, unbroken, llm):
        assert planned(plan(unbroken))[1:4] == ["0", "0", "0"]
        assert "nothing is left to ask" in plan(unbroken)
        assert planned(plan(unbroken, "--set", "relations.rounds=3"))[1] == str(SIZE)
        out = plan(titled, "--sample", "20")
        assert planned(out)[1] == str(ASKED - 20)

    def test_of_a_round_begun_only_the_rest(self, run, plan, titled, llm):
        llm.plan = ["ok"] * (FIRST // REQUEST + 1) + ["429"] * 99
        run("build", titled, "--until", "annotate", "--set", "llm.retries=1")
        (begun,) = rounds(titled)
        assert begun["answered"] is None
        assert len(llm.asked) == FIRST + REQUEST
        llm.plan = []
        assert planned(plan(titled))[1] == str(ASKED - FIRST - REQUEST)
        run("build", titled, "--until", "annotate")
        assert len(set(llm.asked)) == len(llm.asked) == ASKED
