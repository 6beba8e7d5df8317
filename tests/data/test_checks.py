"""One example that passes and one that does not for each check."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from goeswith.data.checks import Finding, Level, run_checks
from goeswith.settings import LLM, Build, Data, Settings, Text

GOOD = {
    "items": "item_id,title,parent_id\n" + "".join(f"i{n},Title {n},\n" for n in range(4)),
    "purchases": "user_id,basket_id,item_id,timestamp,quantity\n"
    + "".join(f"u{n % 40},b{n},i{i},{1_600_000_000 + n * 86_400},1\n" for n in range(120) for i in range(3)),
    "impressions": "user_id,item_id,timestamp,clicked\nu1,i1,1600000000,1\n",
    "labels": "item_a,item_b,relation,annotator\ni1,i2,7,ann\ni2,i3,8,ann\n",
}
Check = Callable[..., dict[str, Finding]]


def findings(folder: Path, llm: LLM | None = None, **tables: str | bytes | None) -> dict[str, Finding]:
    """Findings by name for a good shop with some tables replaced; None leaves a table out."""
    files = {}
    for table, text in {**GOOD, **tables}.items():
        if text is not None:
            (folder / f"{table}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
            files[table] = f"{table}.csv"
    settings = Settings(data=Data(**files), build=Build(threads=1), text=Text(encoder="words"), llm=llm or LLM())
    return {finding.check: finding for finding in run_checks(settings, folder)}


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return partial(findings, tmp_path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    return findings(tmp_path_factory.mktemp("good"))


PASS, WARN, FAIL = Level.PASS, Level.WARN, Level.FAIL
ONE = "item_id,title\ni0,Title\n"
LABELS = "item_a,item_b,relation,annotator\n"
LINE = "user_id,basket_id,item_id,timestamp\n"


@pytest.mark.parametrize(
    ("name", "level", "tables"),
    [
        ("schema: items", FAIL, {"items": "sku,title\n1,cup\n"}),
        ("schema: items", FAIL, {"items": None}),
        ("schema: purchases", FAIL, {"purchases": b""}),
        ("schema: purchases", FAIL, {"purchases": b"basket_id,item_id\n" + b"1,i1\n" * 30_000 + b"1,2,3\n"}),
        ("types: purchases", FAIL, {"purchases": LINE + "u,b,i1,yesterday\n"}),
        ("duplicates: items", WARN, {"items": GOOD["items"] + "i0,Again,\n"}),
        ("duplicates: unnamed", WARN, {"items": GOOD["items"] + "i9,,\n"}),
        ("duplicates: purchases", WARN, {"purchases": LINE + "u,b,i1,1600000000\n" * 3}),
        ("joins: purchases.item_id", FAIL, {"items": ONE}),
        ("joins: purchases.item_id", WARN, {"purchases": GOOD["purchases"] + "u1,b1,nowhere,1600000000,1\n" * 10}),
        ("joins: impressions.item_id", FAIL, {"impressions": "user_id,item_id,timestamp,clicked\nu,x,1,0\n"}),
        ("joins: labels.item_b", FAIL, {"labels": "item_a,item_b,relation\ni1,x,7\n"}),
        ("labels: relations", FAIL, {"labels": "item_a,item_b,relation\ni1,i2,likes\n"}),
        ("labels: majority", WARN, {"labels": LABELS + "i1,i2,7,ann\ni1,i2,8,bob\n"}),
        ("labels: both ways", WARN, {"labels": LABELS + "i1,i2,7,ann\ni2,i1,8,ann\n"}),
        ("labels: classes", WARN, {"labels": LABELS + "i1,i2,7,ann\ni2,i3,4,ann\n"}),
        ("times: purchases", WARN, {"purchases": "basket_id,item_id\nb,i1\n"}),
        ("times: purchases", WARN, {"purchases": LINE + "u,b,i1,1600000000\nu,b,i2,1600086400\n"}),
        ("times: purchases", FAIL, {"purchases": LINE + "u,b,i1,\n"}),
        ("returns", WARN, {"purchases": GOOD["purchases"] + "u1,b1,i1,1600000000,-1\n" * 40}),
        ("baskets: baskets", WARN, {"purchases": LINE + "u,b,i1,1600000000\n"}),
        ("baskets: baskets", FAIL, {"purchases": LINE + "u,,i1,1600000000\n"}),
        ("variants", WARN, {"items": "item_id,title\n" + "".join(f"i{n},Same\n" for n in range(4))}),
        ("needs: purchases", WARN, {"purchases": None}),
    ],
)
def test_a_check_passes_a_good_shop_and_finds_what_is_wrong(good, check, name, level, tables):
    assert name not in good or good[name].level is PASS
    assert check(**tables)[name].level is level


def test_every_finding_that_is_no_pass_tells_the_consequence(check):
    assert all(finding.consequence for finding in check(purchases=None).values() if finding.level is not PASS)


def test_a_monster_basket_is_told(check):
    items = "item_id,title\n" + "".join(f"i{n},Title {n}\n" for n in range(101))
    big = "".join(f"u,big,i{n},1600000000,1\n" for n in range(101))
    finding = check(items=items, purchases=GOOD["purchases"] + big)["baskets: size"]
    assert (finding.level, "largest 101" in finding.what) == (WARN, True)


def test_histories_are_told_from_baskets(check):
    histories = "user_id,item_id\n" + "".join(f"u{n},i{i}\n" for n in range(120) for i in range(2))
    found = check(purchases=histories)
    assert found["baskets: histories"].level is PASS
    assert found["baskets: context"].level is WARN


def test_a_time_in_the_future_is_told(tmp_path):
    (tmp_path / "items.csv").write_text(ONE)
    (tmp_path / "p.csv").write_text(LINE + "u,b,i0,1600000000\nu,b,i0,9000000000\n")
    settings = Settings(data=Data(items="items.csv", purchases="p.csv"), build=Build(threads=1))
    whats = [finding.what for finding in run_checks(settings, tmp_path) if finding.check == "times: purchases"]
    assert "1 of 2 (50.0 %) rows lie in the future" in whats


def test_a_broken_table_does_not_stop_the_other_checks(check):
    found = check(purchases="basket_id,item_id,quantity\n1,i1,many\n")
    assert found["types: purchases"].level is FAIL
    assert found["duplicates: items"].level is PASS


def test_purchases_without_users_are_told(check):
    assert check(purchases="basket_id,item_id\n1,i1\n")["needs: users"].level is WARN


def test_tables_that_only_some_parts_need_cost_no_warning(check):
    found = check(impressions=None, labels=None)
    assert {found[name].level for name in ("needs: impressions", "needs: labels")} == {PASS}


def test_a_shop_without_answers_cannot_be_built(good):
    assert good["needs: answers"].level is FAIL


def test_answers_on_record_are_counted_and_nothing_is_written(check, parquet, tmp_path):
    parquet("e.parquet", [{"title": f"TITLE {n}", "entity": "cup"} for n in range(3)])
    parquet("r.parquet", [{"a": "cup", "b": "bowl", "label": 7}])
    found = check(llm=LLM(recorded=["*.parquet"]))
    assert (found["needs: entity answers"].level, found["needs: relation answers"].level) == (PASS, PASS)
    assert "3 of 4 (75.0 %)" in found["needs: entity answers"].what
    assert not list(tmp_path.glob("*.sqlite"))


def test_answers_that_cannot_be_read_are_told(check, parquet):
    parquet("r.parquet", [{"a": "cup", "b": "bowl", "label": 12}])
    finding = check(llm=LLM(recorded=["r.parquet"]))["needs: answers"]
    assert (finding.level, "row 1" in finding.what) == (FAIL, True)


def test_a_weaker_encoder_is_told(good):
    assert good["needs: encoder"].level is WARN
