"""The commands on the built tiny shop: what they print and write."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.json as json
import pyarrow.parquet as pq
import pytest

import goeswith
import tiny_shop
from goeswith.knowledge.relation import Coarse
from goeswith.workspace import Workspace

READERS = {".csv": csv.read_csv, ".parquet": pq.read_table, ".jsonl": json.read_json}
CONTRACT = ["query_id", "rank", "item_id", "score", "route", "reason"]


def read(path: Path) -> list[dict]:
    text = csv.ConvertOptions(column_types={"item_id": pa.string(), "query_id": pa.string()})
    table = csv.read_csv(path, convert_options=text) if path.suffix == ".csv" else READERS[path.suffix](path)
    return table.to_pylist()


def test_the_installed_program_runs(tiny):
    program = Path(sys.executable).with_name("goeswith")
    ran = subprocess.run([program, "entities", "list", tiny, "-n", "3"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "21 entities" in ran.stdout


def test_without_a_command_the_help_is_shown(run):
    ran = run()
    assert "recommend" in ran.out + ran.err


class TestCheck:
    def test_a_good_shop_passes_and_says_what_is_missing(self, run, unbuilt):
        ran = run("check", unbuilt)
        assert ran.code == 0
        assert f"PASS schema: items: {len(tiny_shop.ITEMS)} rows in items.csv" in ran.out
        assert "WARN needs: encoder" in ran.out
        assert "you have no impressions" in ran.out
        assert " 0 FAIL" in ran.out

    def test_a_shop_that_cannot_be_built_fails_with_code_2(self, run, unbuilt):
        (unbuilt / "items.csv").write_text("sku,name,price\n1,Cup,cheap\n")
        ran = run("check", unbuilt)
        assert ran.code == 2
        assert "FAIL" in ran.out
        assert "row 1" in ran.out

    def test_checking_writes_nothing(self, run, unbuilt):
        before = sorted(unbuilt.rglob("*"))
        run("check", unbuilt)
        assert sorted(unbuilt.rglob("*")) == before


class TestBuild:
    def test_an_unchanged_build_reuses_every_stage(self, run, tiny_copy):
        live = (tiny_copy / "current").resolve()
        ran = run("build", tiny_copy)
        assert ran.code == 0
        assert ran.err.count("unchanged") == 8
        assert "done" not in ran.err
        assert (tiny_copy / "current").resolve() == live
        assert f"live: {live}" in ran.out

    def test_until_stops_after_a_stage(self, run, unbuilt):
        ran = run("build", unbuilt, "--until", "pairs")
        assert ran.code == 0
        assert [line.split(":")[0] for line in ran.out.splitlines()] == ["data", "entities", "pairs", "live"]

    def test_an_unknown_stage_is_refused_with_those_there_are(self, run, unbuilt):
        ran = run("build", unbuilt, "--until", "grahp")
        assert ran.code == 2
        assert "no such stage (found grahp)" in ran.err
        assert "graph" in ran.err.splitlines()[1]

    def test_a_setting_can_be_given(self, run, unbuilt):
        ran = run("build", unbuilt, "--until", "entities", "--set", "entities.threshold=1.0")
        assert ran.code == 0
        assert f"unresolved {len(tiny_shop.WITHHELD)}" in ran.out


class TestRecommend:
    @pytest.mark.parametrize(
        ("of", "route", "reason"),
        [
            (("--item", "10000"), "complementary", "both serve"),
            (("--basket", "10000,10004"), "complementary", "both serve"),
            (("--user", "u001"), "replenishment", "due again"),
        ],
    )
    def test_results_are_printed_with_route_and_reason(self, run, tiny, of, route, reason):
        ran = run("recommend", tiny, *of, "-k", 5)
        assert (ran.code, ran.err) == (0, "")
        assert re.findall(r"^ *(\d)  +\d{5}", ran.out, re.MULTILINE) == list("12345")
        assert route in ran.out
        assert reason in ran.out

    @pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
    def test_one_query_to_a_file(self, run, tiny, tmp_path, ending):
        out = tmp_path / f"out{ending}"
        assert run("recommend", tiny, "--item", "10000", "-k", 3, "--out", out).code == 0
        rows = read(out)
        assert list(rows[0]) == CONTRACT
        assert [row["rank"] for row in rows] == [1, 2, 3]

    @pytest.mark.parametrize("ending", [".csv", ".parquet"])
    @pytest.mark.parametrize("out_ending", [".csv", ".parquet", ".jsonl"])
    def test_many_queries_from_a_file(self, run, tiny, tmp_path, ending, out_ending):
        queries, out = tmp_path / f"queries{ending}", tmp_path / f"out{out_ending}"
        basket = pa.array([["10000", "10004"], None, ["no such item"]]) if ending == ".parquet" else None
        table = pa.table(
            {
                "query_id": ["q1", "q2", "q3"],
                "basket": ["10000|10004", None, "no such item"] if basket is None else basket,
                "user_id": [None, "u001", None],
            }
        )
        (csv.write_csv if ending == ".csv" else pq.write_table)(table, queries)
        ran = run("recommend", tiny, "--queries", queries, "-k", 4, "--out", out)
        assert ran.code == 0
        assert "3 queries, 12 rows" in ran.out
        assert "1 unknown ids ignored, 1 queries of which nothing is known got popular items" in ran.out
        rows = read(out)
        assert list(rows[0]) == CONTRACT
        assert [row["query_id"] for row in rows] == ["q1"] * 4 + ["q2"] * 4 + ["q3"] * 4
        assert [row["rank"] for row in rows] == [1, 2, 3, 4] * 3
        assert {row["route"] for row in rows if row["query_id"] == "q3"} == {"fallback"}
        assert not {row["item_id"] for row in rows if row["query_id"] == "q1"} & {"10000", "10004"}

    def test_bulk_and_single_agree(self, run, tiny, tmp_path):
        (tmp_path / "q.csv").write_text("query_id,item_id\nx,10040\n")
        run("recommend", tiny, "--queries", tmp_path / "q.csv", "--out", tmp_path / "bulk.csv")
        run("recommend", tiny, "--item", "10040", "--out", tmp_path / "one.csv")
        bulk, one = ([r["item_id"] for r in read(tmp_path / name)] for name in ("bulk.csv", "one.csv"))
        assert bulk == one

    def test_ids_that_went_through_a_float_column_are_known(self, run, tiny, tmp_path):
        pq.write_table(pa.table({"query_id": [1.0], "item_id": [10000.0]}), tmp_path / "q.parquet")
        ran = run("recommend", tiny, "--queries", tmp_path / "q.parquet", "--out", tmp_path / "o.csv")
        assert "0 unknown ids" in ran.out

    def test_a_banned_item_is_banned_at_once(self, run, tiny, tmp_path):
        def found(*more: str) -> list[str]:
            run("recommend", tiny, "--item", "10000", "--out", tmp_path / "o.csv", *more)
            return [row["item_id"] for row in read(tmp_path / "o.csv")]

        first = found()[0]
        assert first not in found("--set", f'recommend.banned=["{first}"]')

    def test_long_runs_tell_their_progress_on_the_error_stream(self, run, tiny, tmp_path):
        rows = "".join(f"{n},{item.sku}\n" for n, item in enumerate(tiny_shop.ITEMS * 4))
        (tmp_path / "q.csv").write_text(f"query_id,item_id\n{rows}")
        ran = run("recommend", tiny, "--queries", tmp_path / "q.csv", "-k", 1, "--out", tmp_path / "o.csv")
        assert f"256/{4 * len(tiny_shop.ITEMS)}" in ran.err


class TestExtract:
    def test_known_new_and_empty_titles(self, run, tiny, tmp_path):
        known = tiny_shop.ITEMS[0]
        names = [known.name.lower(), "GOLDEN TEAPOT", "", "POSTAGE"]
        titles = pa.table({"item_id": ["a", "b", "c", "d"], "title": names})
        pq.write_table(titles, tmp_path / "t.parquet")
        ran = run("extract", tiny, "--titles", tmp_path / "t.parquet", "--out", tmp_path / "o.csv")
        assert ran.code == 0
        assert "4 titles, 2 unresolved" in ran.out
        rows = read(tmp_path / "o.csv")
        assert list(rows[0]) == ["item_id", "entity", "probability", "method"]
        assert [(r["item_id"], r["entity"] or None, r["method"]) for r in rows] == [
            ("a", "teapot", "answered"),
            ("b", "teapot", "linked"),
            ("c", None, "empty"),
            ("d", None, "no product"),
        ]

    def test_titles_of_the_catalogue_keep_their_entity(self, run, tiny, tmp_path):
        titles = pa.table({"item_id": [i.sku for i in tiny_shop.ITEMS], "title": [i.name for i in tiny_shop.ITEMS]})
        pq.write_table(titles, tmp_path / "t.parquet")
        run("extract", tiny, "--titles", tmp_path / "t.parquet", "--out", tmp_path / "o.parquet")
        built = pq.read_table(tiny / "current/item_entities.parquet").to_pylist()
        entity = {row["item_id"]: row["entity"] for row in built}
        assert {row["item_id"]: row["entity"] for row in read(tmp_path / "o.parquet")} == entity


class TestEntities:
    def test_list_shows_the_most_popular_first(self, run, tiny):
        out = run("entities", "list", tiny, "-n", 2).out
        assert "21 entities" in out
        assert "lantern" not in out.splitlines()[-1]

    def test_list_unresolved(self, run, tiny):
        assert "0 unresolved titles" in run("entities", "list", tiny, "--unresolved").out

    def test_show_tells_items_and_how_they_were_linked(self, run, tiny):
        out = run("entities", "show", tiny, "Tea-Pots").out
        assert out.startswith("teapot: 8 items")
        assert "RED SPOT TEAPOT" in out
        assert "answered" in out

    def test_show_of_an_unknown_entity_names_near_ones(self, run, tiny):
        ran = run("entities", "show", tiny, "hold")
        assert ran.code == 2
        assert "no such entity (found hold)" in ran.err
        assert "candle holder" in ran.err

    def test_search_finds_by_words(self, run, tiny):
        lines = run("entities", "search", tiny, "holder for candles").out.splitlines()
        assert lines[3].split()[:2] == ["candle", "holder"]

    def test_search_finds_an_exact_name_first(self, run, tiny):
        out = run("entities", "search", tiny, "Candles", "-n", 1).out
        assert "candle " in out
        assert "1.0" in out


class TestGraph:
    def test_show_tells_complements_and_substitutes_with_their_witness(self, run, tiny):
        out = run("graph", "show", tiny, "notebook").out
        edges = goeswith.open(tiny).graph.neighbours("notebook", Coarse.COMPLEMENTARY)
        assert f"notebook: {len(edges)} complementary" in out
        assert sum(edge.answered for edge in edges) == 3  # the others only the classifier knows
        assert "both serve writing" in out
        assert "a model" in out
        assert "notebook: 1 substitute" in out

    @pytest.mark.parametrize("ending", [".parquet", ".csv", ".graphml"])
    def test_export(self, run, tiny, tmp_path, ending):
        ran = run("graph", "export", tiny, "--out", tmp_path / f"g{ending}")
        assert ran.code == 0
        assert (tmp_path / f"g{ending}").stat().st_size > 1000

    def test_an_imported_edge_outranks_the_others_in_the_next_build(self, run, unbuilt, tmp_path):
        run("build", unbuilt, "--until", "graph")
        (tmp_path / "mine.csv").write_text(
            "entity_a,entity_b,relation,reason\nteapot,watering can,together,both pour\n"
        )
        ran = run("graph", "import", unbuilt, tmp_path / "mine.csv")
        assert "1 curated edges on record" in ran.out
        run("build", unbuilt, "--until", "graph")
        assert "both pour" in run("graph", "show", unbuilt, "teapot").out
        assert "~" in run("graph", "diff", unbuilt).out
        first, second = Workspace(unbuilt).finished()
        assert run("graph", "diff", unbuilt, second.name, second.name).out.startswith("entities: +0 −0; edges: +0 −0")
        assert run("rollback", unbuilt).out.strip().endswith(first.name)
        assert "both pour" not in run("graph", "show", unbuilt, "teapot").out

    def test_diff_needs_two_builds_that_are_there(self, run, tiny):
        assert "no earlier build" in run("graph", "diff", tiny).err
        ran = run("graph", "diff", tiny, "0009-nope")
        assert ran.code == 2
        assert "no such build (found 0009-nope)" in ran.err


def test_rollback_without_an_earlier_build_is_refused(run, tiny):
    ran = run("rollback", tiny)
    assert ran.code == 2
    assert "no earlier build" in ran.err


def test_evaluate_prints_figures_beside_baselines_and_names_the_report(run, tiny_copy):
    ran = run("evaluate", tiny_copy)
    assert ran.code == 0
    for system in ("goeswith", "popularity", "cosine", "lift", "text"):
        assert system in ran.out
    report = Path(ran.out.strip().splitlines()[-1].removeprefix("report: "))
    assert report.is_file()


def test_doctor_says_what_is_installed(run):
    ran = run("doctor")
    assert ran.code == 0
    assert re.search(r"^ok +duckdb 2", ran.out, re.MULTILINE)


def test_titles_are_data_never_markup(run, unbuilt):
    text = (unbuilt / "items.csv").read_text().replace("RED SPOT TEAPOT", "[red]SPOT[/red] TEAPOT")
    (unbuilt / "items.csv").write_text(text)
    assert run("build", unbuilt, "--until", "entities").code == 0
    assert "[red]SPOT[/red] TEAPOT" in run("entities", "show", unbuilt, "teapot").out
