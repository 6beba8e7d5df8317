from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goeswith.data.readers import Source, open_file, open_table
from goeswith.data.tables import IMPRESSIONS, ITEMS, LABELS, PURCHASES, Table
from goeswith.engine import Engine
from goeswith.errors import DataError, SettingsError
from goeswith.settings import Build, Data

Open = Callable[..., Source]
NOON = int(datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def opened(engine: Engine, tmp_path: Path) -> Open:
    """Write a file, text or bytes, and open it as a table of the shop."""

    def opened(name: str, content: str | bytes, table: Table = ITEMS, **settings: Any) -> Source:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        source = open_table(engine, table, Data(**{table.name: name}, **settings), tmp_path)
        assert source is not None
        return source

    return opened


def values(source: Source, column: str) -> list[Any]:
    return source.engine.table(f"SELECT {column} FROM {source.view} ORDER BY row")[column].to_pylist()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("items.csv", 'item_id,title\n1,Red cup\n2,"Cup, blue"\n'),
        ("items.tsv", "item_id\ttitle\n1\tRed cup\n2\tCup, blue\n"),
        ("items.jsonl", '{"item_id": 1, "title": "Red cup"}\n{"item_id": 2, "title": "Cup, blue"}\n'),
        ("items.ndjson", '{"item_id": 1, "title": "Red cup"}\n{"item_id": 2, "title": "Cup, blue"}\n'),
        ("ITEMS.CSV", 'item_id,title\n1,Red cup\n2,"Cup, blue"\n'),
    ],
)
def test_text_formats_follow_the_ending(opened, name, content):
    source = opened(name, content)
    source.validate()
    assert values(source, "item_id") == ["1", "2"]
    assert values(source, "title") == ["Red cup", "Cup, blue"]


def test_parquet_is_read(engine, parquet, tmp_path):
    parquet("items.parquet", [{"item_id": 1, "title": "cup", "available": False}])
    source = open_table(engine, ITEMS, Data(items="items.parquet"), tmp_path)
    assert (values(source, "item_id"), values(source, "available")) == (["1"], [False])


def test_a_glob_names_several_files(engine, parquet, tmp_path):
    parquet("items-1.parquet", [{"item_id": "1", "title": "cup"}])
    parquet("items-2.parquet", [{"item_id": "2", "title": "bowl", "brand": "b"}])
    source = open_table(engine, ITEMS, Data(items="items-*.parquet"), tmp_path)
    assert (source.count(), values(source, "brand")) == (2, [None, "b"])


def test_paths_are_relative_to_the_data_folder(engine, parquet, tmp_path):
    parquet("store/items.parquet", [{"item_id": "1", "title": "cup"}])
    (tmp_path / "shop").mkdir()
    assert open_table(engine, ITEMS, Data(folder="../store", items="items.parquet"), tmp_path / "shop").count() == 1


def test_a_table_that_is_not_named_is_none(engine, tmp_path):
    assert open_table(engine, PURCHASES, Data(), tmp_path) is None


def test_a_single_file_outside_the_settings_can_be_opened(engine, parquet):
    source = open_file(engine, ITEMS, parquet("titles.parquet", [{"item_id": "1", "name": "cup"}]), {"title": "name"})
    assert values(source, "title") == ["cup"]


def test_absent_columns_are_null_and_known_to_be_absent(opened):
    source = opened("items.csv", "item_id,title\n1,cup\n")
    assert values(source, "price") == [None]
    assert (source.has("price"), source.has("title")) == (False, True)


@pytest.mark.parametrize(
    ("raw", "read"), [("17850.0", "17850"), (" 17850 ", "17850"), ("0017", "0017"), ("1.0.0", "1.0.0"), ("A.0", "A.0")]
)
def test_ids_are_text_and_lose_the_float_of_a_spreadsheet(opened, raw, read):
    assert values(opened("items.csv", f"item_id,title\n{raw},cup\n"), "item_id") == [read]


def test_ids_of_a_float_column_are_whole(engine, parquet, tmp_path):
    parquet("items.parquet", [{"item_id": 17850.0, "title": "a"}, {"item_id": None, "title": "b"}])
    source = open_table(engine, ITEMS, Data(items="items.parquet"), tmp_path)
    assert values(source, "item_id") == ["17850", None]


def test_ids_of_a_jsonl_column_of_several_types_are_plain_text(opened):
    source = opened("items.jsonl", '{"item_id": 1, "title": "a"}\n{"item_id": "A2", "title": ["b"]}\n')
    assert values(source, "item_id") == ["1", "A2"]


def test_an_empty_text_is_no_text(opened):
    source = opened("items.csv", "item_id,title,brand\n1,cup,\n2,  ,b\n")
    assert (values(source, "brand"), values(source, "title")) == ([None, "b"], ["cup", None])


def test_lists_become_bars(engine, parquet, tmp_path):
    parquet("items.parquet", [{"item_id": "1", "title": "cup", "category": ["kitchen", "tea"]}])
    source = open_table(engine, ITEMS, Data(items="items.parquet"), tmp_path)
    assert values(source, "category") == ["kitchen|tea"]


@pytest.mark.parametrize(
    ("raw", "micros"),
    [
        ("2024-05-01T12:00:00", NOON * 10**6),
        ("2024-05-01 12:00:00+00:00", NOON * 10**6),
        ("2024-05-01T14:00:00+02:00", NOON * 10**6),
        ("2024-05-01T12:00:00.25Z", NOON * 10**6 + 250_000),
        ("2024-05-01", (NOON - 12 * 3600) * 10**6),
        (str(NOON), NOON * 10**6),
        (str(NOON * 10**3), NOON * 10**6),
        (str(NOON * 10**6), NOON * 10**6),
        (str(NOON * 10**9), NOON * 10**6),
    ],
)
def test_times_are_iso_or_numbers_since_1970(opened, raw, micros):
    source = opened("p.csv", f"user_id,item_id,timestamp\nu,1,{raw}\n", PURCHASES)
    source.validate()
    assert values(source, "timestamp") == [micros]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([NOON]),
        pa.array([float(NOON)]),
        pa.array([NOON * 10**3]),
        pa.array([NOON * 10**9]),
        pa.array([NOON * 10**6], pa.timestamp("us")),
        pa.array([NOON * 10**9], pa.timestamp("ns")),
        pa.array([NOON], pa.timestamp("s", tz="Europe/Paris")),
    ],
    ids=lambda column: f"{column.type} {column[0]}",
)
def test_times_of_typed_columns(engine, tmp_path, column):
    pq.write_table(pa.table({"user_id": ["u"], "item_id": ["1"], "timestamp": column}), tmp_path / "p.parquet")
    source = open_table(engine, PURCHASES, Data(purchases="p.parquet"), tmp_path)
    assert values(source, "timestamp") == [NOON * 10**6]


@pytest.mark.parametrize(("raw", "flag"), [("1", True), ("0", False), ("true", True), ("False", False), ("", None)])
def test_flags(opened, raw, flag):
    source = opened("i.csv", f"user_id,item_id,timestamp,clicked\nu,1,{NOON},{raw}\n", IMPRESSIONS)
    assert values(source, "clicked") == [flag]


@pytest.mark.parametrize(
    ("column", "good", "bad", "meaning"),
    [
        ("timestamp", "2024-05-01", "yesterday", "time"),
        ("quantity", "1.5", "many", "number"),
        ("seq", "3.0", "3.5", "whole number"),
        ("price", "9.99", "9,99 €", "number"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_by_row_and_column(opened, column, good, bad, meaning):
    source = opened("p.tsv", f"user_id\titem_id\t{column}\nu\t1\t{good}\nu\t2\t\nu\t3\t{bad}\n", PURCHASES)
    with pytest.raises(DataError) as caught:
        source.validate()
    assert caught.value.what.startswith(f"row 3, column '{column}': not a {meaning}")
    assert (caught.value.where, caught.value.found) == ("p.tsv", repr(bad))
    assert f"[data.columns.purchases] {column}" in caught.value.remedy


def test_the_row_is_right_far_down_a_file(opened):
    rows = "1,cup,2\n" * 30_000
    with pytest.raises(DataError, match="row 30001, column 'price'"):
        opened("items.csv", f"item_id,title,price\n{rows}1,cup,x\n").validate()


def test_a_number_that_is_no_time_is_named(engine, tmp_path):
    table = pa.table({"user_id": ["u"], "item_id": ["1"], "timestamp": [float("nan")]})
    pq.write_table(table, tmp_path / "p.parquet")
    source = open_table(engine, PURCHASES, Data(purchases="p.parquet"), tmp_path)
    with pytest.raises(DataError, match="row 1, column 'timestamp': not a time"):
        source.validate()


def test_a_missing_column_lists_those_found(opened):
    with pytest.raises(DataError) as caught:
        opened("items.csv", "sku,title\n1,cup\n")
    assert str(caught.value) == (
        "no column 'item_id' (items.csv; found sku, title)\nmap it: [data.columns.items] item_id = \"YOUR COLUMN\""
    )


def test_of_some_columns_one_is_enough(opened):
    assert opened("p.csv", "basket_id,item_id\nb,1\n", PURCHASES).count() == 1
    assert opened("l.csv", "entity_a,item_b,relation\ncup,1,7\n", LABELS).count() == 1
    with pytest.raises(DataError, match="no column 'basket_id or user_id'"):
        opened("p.csv", "item_id\n1\n", PURCHASES)


def test_columns_are_mapped_even_with_odd_names(opened):
    mapping = {"items": {"item_id": "Stock Code", "title": 'the "name"', "price": "price :eur"}}
    source = opened("items.csv", 'Stock Code,"the ""name""",price :eur\n1,cup,2.5\n', columns=mapping)
    source.validate()
    assert (values(source, "title"), values(source, "price")) == (["cup"], [2.5])


def test_a_mapping_to_a_column_that_is_not_there_is_refused(opened):
    with pytest.raises(DataError, match=r"no column 'Titel' \(items.csv; found item_id, title\)"):
        opened("items.csv", "item_id,title\n1,cup\n", columns={"items": {"title": "Titel"}})


def test_a_mapping_of_an_unknown_column_is_refused(opened):
    with pytest.raises(SettingsError, match=r"unknown column 'titel' in \[data\.columns\.items\]"):
        opened("items.csv", "item_id,title\n1,cup\n", columns={"items": {"titel": "title"}})


def test_a_mapping_of_an_unknown_table_is_refused(opened):
    with pytest.raises(SettingsError, match="no table 'item'"):
        opened("items.csv", "item_id,title\n1,cup\n", columns={"item": {"title": "title"}})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("items.csv", b"", "empty file"),
        ("items.parquet", b"PAR1 and then nothing", r"cannot read \(items\.parquet.*\nthe file is damaged"),
        ("items.jsonl", b'{"item_id": 1, "title"', r"cannot read \(items\.jsonl"),
        ("items.xlsx", b"x", r"unknown file ending .*found \.xlsx.*\none of \.parquet, \.csv, \.tsv, \.jsonl"),
        ("items", b"x", "unknown file ending"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(opened, name, content, message):
    with pytest.raises(DataError, match=message):
        opened(name, content)


@pytest.mark.parametrize("tail", [b"1,cup,9\n", b"1,\xff\xfe\n"], ids=["too many columns", "no UTF-8"])
def test_damage_far_down_a_file_is_named_by_file_and_line(opened, tail):
    source = opened("items.csv", b"item_id,title\n" + b"1,cup\n" * 30_000 + tail)
    with pytest.raises(DataError, match=r"cannot read \(items\.csv; found .*Line: 30002"):
        source.validate()


def test_a_header_alone_is_no_table(opened):
    with pytest.raises(DataError, match=r"no rows \(items\.csv\)"):
        opened("items.csv", "item_id,title\n").validate()


def test_a_directory_is_no_file(engine, tmp_path):
    (tmp_path / "items").mkdir()
    with pytest.raises(DataError, match=r'a directory, not a file .*\n.*"items/\*\.parquet"'):
        open_table(engine, ITEMS, Data(items="items"), tmp_path)


def test_a_file_that_is_not_there_is_named(engine, tmp_path):
    with pytest.raises(DataError, match=r"no such file \(.*none\.csv\)"):
        open_table(engine, ITEMS, Data(items="none.csv"), tmp_path)


def test_files_of_one_glob_have_one_format(engine, tmp_path):
    for name in ("items.csv", "items.tsv"):
        (tmp_path / name).write_text("item_id\n1\n")
    with pytest.raises(DataError, match=r"found \.csv, \.tsv"):
        open_table(engine, ITEMS, Data(items="items.*"), tmp_path)


@pytest.fixture
def sql_shop(parquet: Any, tmp_path: Path) -> Iterator[Callable[[str], Source]]:
    """A shop whose items come from a SELECT."""
    parquet("store/raw.parquet", [{"code": "a", "label": "cup"}, {"code": "b", "label": "bowl"}])
    with Engine(Build(threads=1), tmp_path / "store") as engine:

        def open_with(select: str) -> Source:
            (tmp_path / "items.sql").write_text(select)
            source = open_table(engine, ITEMS, Data(folder="store", sql={"items": "items.sql"}), tmp_path)
            assert source is not None
            return source

        yield open_with


def test_sql_says_what_renaming_cannot(sql_shop):
    source = sql_shop("-- a note\nSELECT upper(code) AS item_id, label AS title FROM read_parquet('raw.parquet');\n")
    source.validate()
    assert values(source, "item_id") == ["A", "B"]


def test_sql_that_fails_is_named_by_its_file(sql_shop):
    with pytest.raises(DataError, match=r"cannot read \(items\.sql; found .*\)\ncorrect the SELECT"):
        sql_shop("SELECT nothing FROM read_parquet('raw.parquet')")


def test_a_missing_sql_file_is_named(engine, tmp_path):
    with pytest.raises(SettingsError, match=r"no such SQL file \(\[data\.sql\]; found .*none\.sql"):
        open_table(engine, ITEMS, Data(sql={"items": "none.sql"}), tmp_path)
