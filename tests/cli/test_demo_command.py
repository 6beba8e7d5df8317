"""goeswith demo: a shop in a box that is built, recommended from and measured without key, network or GPU."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from goeswith.cli import demo
from goeswith.errors import WorkspaceError
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.prompts import ENTITY, RELATION
from goeswith.knowledge.recorded import load_recorded
from goeswith.simulate import demo as made
from goeswith.simulate.config import Config
from goeswith.simulate.demo import write_demo

SMALL = Config(customers=60, bills=800, requests=300)
FILES = ["answers", "goeswith.toml", "impressions.parquet", "items.csv", "purchases.parquet"]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The demo's workspace with a quiet year, unbuilt."""
    assert write_demo(tmp_path / "demo", SMALL)
    return tmp_path / "demo"


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestTheWorkspace:
    def test_it_holds_the_tables_the_settings_and_the_answers(self, small):
        assert set(FILES) <= {path.name for path in small.iterdir()}
        assert sorted(path.name for path in (small / "answers").iterdir()) == ["entities.csv", "relations.csv"]

    def test_check_finds_nothing_to_mend(self, run, small):
        ran = run("check", small)
        assert ran.code == 0
        assert " 0 FAIL" in ran.out
        assert "FAIL " not in ran.out.replace(" 0 FAIL", "")

    def test_a_plan_says_that_it_costs_nothing(self, run, small):
        assert "asks nothing and costs nothing" in run("plan", small).out

    def test_written_again_it_stays_as_it_is(self, small):
        before = content(small)
        assert not write_demo(small, SMALL)
        assert content(small) == before

    def test_the_same_shop_is_the_same_bytes(self, small, tmp_path):
        write_demo(tmp_path / "second", SMALL)
        assert content(tmp_path / "second") == content(small)

    def test_a_write_that_was_cut_off_is_done_again(self, small, monkeypatch, tmp_path):
        def dies(config: Config | None) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(made, "simulate", dies)
        with pytest.raises(KeyboardInterrupt):
            write_demo(tmp_path / "second", SMALL)
        assert not (tmp_path / "second/goeswith.toml").exists()
        monkeypatch.undo()
        assert write_demo(tmp_path / "second", SMALL)
        assert content(tmp_path / "second") == content(small)

    def test_somebody_elses_workspace_is_left_alone(self, run, unbuilt):
        before = content(unbuilt)
        with pytest.raises(WorkspaceError, match="another workspace"):
            write_demo(unbuilt)
        ran = run("demo", unbuilt)
        assert ran.code == 2
        assert "name a new folder: goeswith demo FOLDER" in ran.err
        assert content(unbuilt) == before


class TestTheAnswers:
    @pytest.mark.parametrize(("name", "prompt"), [("entities", ENTITY), ("relations", RELATION)])
    def test_each_names_its_llm_and_the_prompt_of_today(self, small, name, prompt):
        with (small / f"answers/{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["model"] for row in rows} == {"Claude (Anthropic)"}
        assert {row["prompt"] for row in rows} == {prompt.version}
        assert all(row["asked_at"] for row in rows)

    def test_all_of_them_can_be_put_on_record_and_none_answers_twice(self, small, tmp_path):
        with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
            load_recorded(base, ["answers/*.csv"], small)
            titles, pairs = base.records("entity"), base.records("relation")
        assert len(titles) > 1000
        assert len(pairs) > 3000
        for records in (titles, pairs):
            assert max(Counter((r.a, r.b, r.vote) for r in records).values()) == 1
        assert not {frozenset((r.a, r.b)) for r in pairs if r.a == r.b}


@dataclass(frozen=True)
class Ended:
    folder: Path
    code: int
    out: str
    err: str


def started(folder: Path) -> Ended:
    """The installed program, in a folder of its own and without any key."""
    program = Path(sys.executable).with_name("goeswith")
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    ran = subprocess.run(
        [program, "demo", folder.name], cwd=folder.parent, env=clean, capture_output=True, text=True, check=False
    )
    return Ended(folder, ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One run of the whole demo; nothing in it may be changed."""
    return started(tmp_path_factory.mktemp("demos") / "demo")


class TestTheWholeDemo:
    def test_it_ends_well_and_says_what_was_built(self, ended):
        assert ended.code == 0, ended.err
        assert "A general store, built in" in ended.out
        assert "24,000 bills of 1,000 customers" in ended.out
        assert "complementary edges" in ended.out

    @pytest.mark.parametrize(
        ("told", "given"), [("item", demo.ITEM), ("basket", ",".join(demo.BASKET)), ("user", demo.USER)]
    )
    def test_it_recommends_with_reasons_under_the_command_that_does(self, ended, told, given):
        _, command, rest = ended.out.partition(f"$ goeswith recommend demo --{told} {given} -k {demo.RESULTS}\n")
        assert command
        table = rest.partition("$ goeswith")[0].partition("(1,")[0]
        assert [line.split()[0] for line in table.splitlines() if line[:4].strip().isdecimal()][: demo.RESULTS] == [
            str(rank) for rank in range(1, demo.RESULTS + 1)
        ]
        assert "complementary" in table
        assert any(word in table for word in ("refill", "used together", "more useful", "need each other"))

    def test_it_says_what_a_safety_razor_and_a_tent_go_with(self, ended):
        assert "razor blade refills safety razor" in ended.out
        assert "sleeping bag and sleeping mat are used together" in ended.out

    def test_it_stands_beside_the_baselines_with_intervals(self, ended):
        lines = [line.split() for line in ended.out.splitlines()]
        for system in ("goeswith", "popularity", "cosine", "lift", "text"):
            rows = [line for line in lines if line[:1] == [system] and "[" in " ".join(line)]
            assert len(rows) == 2, system

    def test_it_names_the_picture_the_report_and_the_server(self, ended):
        for name in (
            "demo/neighbourhood.png",
            "demo/current/report.html",
            "goeswith serve demo",
            "goeswith init myshop",
        ):
            assert name in ended.out
        assert (ended.folder / demo.PICTURE).read_bytes().startswith(b"\x89PNG")
        assert "popularity" in (ended.folder / "current/report.html").read_text(encoding="utf-8")

    def test_the_answers_cover_what_the_demo_proposes(self, ended):
        manifest = json.loads((ended.folder / "current/manifest.json").read_text())
        told = {stage["stage"]: stage["report"] for stage in manifest["stages"]}
        assert told["annotate"]["hit_rate"] >= 0.9
        assert all(rate >= 0.8 for rate in told["annotate"]["hit_rate_by_segment"].values())
        assert told["entities"]["items"]["answered"] > 1000

    def test_the_graph_it_names_can_be_shown(self, ended, run):
        ran = run("graph", "show", ended.folder, demo.TERM)
        assert ran.code == 0
        assert f"{demo.TERM}: " in ran.out
        assert "Claude (Anthropic)" in ran.out

    def test_nothing_was_spent(self, ended, run):
        assert "0 requests, 0.0000 spent" in run("ledger", "show", ended.folder).out

    def test_run_again_it_goes_on_from_what_stands(self, ended):
        live = (ended.folder / "current").resolve()
        again = started(ended.folder)
        assert again.code == 0, again.err
        assert (ended.folder / "current").resolve() == live
        assert again.out.partition("\n")[2] == ended.out.partition("\n")[2]
