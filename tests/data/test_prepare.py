from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from goeswith.data.prepare import ARTIFACTS, Facts, load_facts, prepare, search_path
from goeswith.engine import Engine
from goeswith.errors import DataError
from goeswith.settings import Build, Data, Settings

ITEMS = "item_id,title\ncup,Cup\nbowl,Bowl\nlamp,Lamp\n"
Prepare = Callable[..., Facts]


@pytest.fixture
def prepared(tmp_path: Path) -> Prepare:
    """Prepare a shop of two CSV texts into tmp_path/out."""

    def run(items: str, purchases: str | None = None, seed: int = 7, **data: Any) -> Facts:
        (tmp_path / "items.csv").write_text(items)
        if purchases is not None:
            (tmp_path / "p.csv").write_text(purchases)
            data["purchases"] = "p.csv"
        settings = Settings(data=Data(items="items.csv", **data), build=Build(threads=1, seed=seed))
        (tmp_path / "out").mkdir(exist_ok=True)
        with Engine(settings.build, search_path(settings, tmp_path)) as engine:
            return prepare(engine, settings, tmp_path, tmp_path / "out")

    return run


def rows(tmp_path: Path, name: str, *columns: str) -> list[tuple[Any, ...]]:
    table = pq.read_table(tmp_path / "out" / name)
    return list(zip(*(table[column].to_pylist() for column in columns), strict=True))


def test_all_artifacts_are_written_and_the_facts_come_back(prepared, tmp_path):
    facts = prepared(ITEMS, "basket_id,item_id\n1,cup\n1,bowl\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(ARTIFACTS)
    assert load_facts(tmp_path / "out") == facts


def test_items_are_numbered_in_order_of_their_ids(prepared, tmp_path):
    prepared(ITEMS)
    assert rows(tmp_path, "items.parquet", "item", "item_id") == [(0, "bowl"), (1, "cup"), (2, "lamp")]


def test_of_a_repeated_item_the_first_row_is_used(prepared, tmp_path):
    facts = prepared("item_id,title\ncup,First\ncup,Second\n,Nameless\nlamp,\n")
    assert rows(tmp_path, "items.parquet", "item_id", "title") == [("cup", "First")]
    assert facts.dropped == {"items: repeated, or without id or title": 3}


def test_items_are_available_unless_they_say_no(prepared, tmp_path):
    prepared("item_id,title,available\na,A,1\nb,B,0\nc,C,\n")
    assert rows(tmp_path, "items.parquet", "available") == [(True,), (False,), (True,)]


def test_returns_leave_and_are_counted(prepared, tmp_path):
    facts = prepared(ITEMS, "basket_id,item_id,quantity\n1,cup,2\n1,bowl,-1\n1,lamp,0\n")
    assert rows(tmp_path, "bills.parquet", "item", "quantity") == [(1, 2)]
    assert facts.dropped["purchases: returns (quantity of 0 or less)"] == 2


def test_repeated_lines_become_one_with_their_quantities(prepared, tmp_path):
    prepared(ITEMS, "basket_id,item_id,quantity,timestamp\n1,cup,2,20\n1,cup,3,10\n")
    assert rows(tmp_path, "bills.parquet", "item", "quantity", "time") == [(1, 5, 10_000_000)]


def test_unknown_items_leave_and_are_counted(prepared, tmp_path):
    facts = prepared(ITEMS, "basket_id,item_id\n1,cup\n1,postage\n,cup\n")
    assert rows(tmp_path, "bills.parquet", "item") == [(1,)]
    assert facts.dropped["purchases: of items that the catalogue does not have"] == 1
    assert facts.dropped["purchases: without item or basket"] == 1


def test_ids_match_across_files_that_wrote_them_differently(prepared):
    assert prepared("item_id,title\n17850,Cup\n", "basket_id,item_id\n1.0,17850.0\n").bills == 1


def test_a_monster_basket_is_capped_and_counted(prepared, tmp_path):
    items = "item_id,title\n" + "".join(f"i{n:02},T\n" for n in range(20))
    lines = "basket_id,item_id\n" + "".join(f"big,i{n:02}\n" for n in range(20)) + "small,i00\nsmall,i01\n"
    facts = prepared(items, lines, basket_cap=5)
    counted = [basket for basket, counted in rows(tmp_path, "bills.parquet", "basket", "counted") if counted]
    assert (counted.count(0), counted.count(1)) == (5, 2)
    assert (facts.cut_baskets, facts.bills) == (1, 22)


def test_the_draw_from_a_monster_basket_is_seeded(prepared, tmp_path):
    items = "item_id,title\n" + "".join(f"i{n:02},T\n" for n in range(20))
    lines = "basket_id,item_id\n" + "".join(f"big,i{n:02}\n" for n in range(20))
    draws = []
    for seed in (1, 1, 2):
        prepared(items, lines, seed=seed, basket_cap=5)
        draws.append(rows(tmp_path, "bills.parquet", "item", "counted"))
    assert draws[0] == draws[1] != draws[2]


def test_an_anonymous_bill_is_a_customer_of_its_own(prepared, tmp_path):
    facts = prepared(ITEMS, "user_id,basket_id,item_id\nann,1,cup\n,2,cup\n,3,cup\n")
    assert rows(tmp_path, "bills.parquet", "basket", "user") == [(0, 0), (1, -2), (2, -3)]
    assert facts.users == 1


def test_without_baskets_the_history_is_the_context(prepared):
    facts = prepared(ITEMS, "user_id,item_id,seq\nann,cup,1\nann,bowl,2\nbob,cup,1\n")
    assert (facts.context, facts.clock, facts.baskets) == ("history", "seq", 2)


def test_bills_are_sorted_by_time(prepared, tmp_path):
    facts = prepared(ITEMS, "basket_id,item_id,timestamp\n1,cup,30\n2,bowl,10\n3,lamp,20\n")
    assert [time for (time,) in rows(tmp_path, "bills.parquet", "time")] == [10**7, 2 * 10**7, 3 * 10**7]
    assert (facts.context, facts.clock) == ("basket", "time")


def test_without_times_and_order_there_is_no_clock(prepared):
    assert prepared(ITEMS, "basket_id,item_id\n1,cup\n").clock == "none"


def test_a_shop_without_purchases_has_empty_bills(prepared, tmp_path):
    facts = prepared(ITEMS)
    assert (facts.context, facts.clock, facts.bills, facts.users) == ("none", "none", 0, 0)
    assert rows(tmp_path, "bills.parquet", "basket", "user", "item", "time", "quantity", "counted") == []


def test_the_same_shop_gives_the_same_bytes(prepared, tmp_path):
    written = []
    for _ in range(2):
        prepared(ITEMS, "user_id,basket_id,item_id\nann,1,cup\nann,1,bowl\n,2,cup\n")
        written.append([(tmp_path / "out" / name).read_bytes() for name in ARTIFACTS])
    assert written[0] == written[1]


def test_a_catalogue_without_a_single_usable_item_is_refused(prepared):
    with pytest.raises(DataError, match="no item has an id and a title"):
        prepared("item_id,title\n1,\n")


def test_a_shop_without_a_catalogue_is_refused(engine, tmp_path):
    with pytest.raises(DataError, match=r"no catalogue \(\[data\]\)"):
        prepare(engine, Settings(), tmp_path, tmp_path)
