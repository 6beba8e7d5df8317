from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import goeswith.data
from goeswith.engine import Engine
from goeswith.engine.duck import bind, identifier, quote, sql
from goeswith.errors import DataError
from goeswith.settings import Build


def test_bind_puts_numbers_and_quoted_texts():
    assert bind("n >= :low AND t = :time", low=2, time="o'clock") == "n >= 2 AND t = 'o''clock'"


def test_bind_leaves_casts_alone():
    assert bind("SELECT x::time, :time", time="a") == "SELECT x::time, 'a'"


def test_bind_leaves_names_without_a_value():
    assert bind('SELECT "price :eur" WHERE n = :n', n=1) == 'SELECT "price :eur" WHERE n = 1'


@settings(max_examples=15)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_survives_quoting(text):
    with Engine(Build(threads=1, memory="256MB")) as engine:
        assert engine.row(f"SELECT {quote(text)}") == (text,)


def test_any_column_name_survives_quoting(engine):
    name = 'a "b" :c'
    engine.view("t", pa.table({name: [1]}))
    assert engine.row(f"SELECT {identifier(name)} FROM t") == (1,)


def test_the_sql_of_a_stage_is_found():
    assert "SELECT" in sql(goeswith.data, "items.sql")


def test_views_stand_for_parquet_arrow_and_selects(engine, parquet):
    engine.view("file", parquet("t.parquet", [{"n": 1}]))
    engine.view("arrow", pa.table({"n": [2]}))
    engine.view("select", "SELECT 3 AS n")
    numbers = engine.table('SELECT n FROM file UNION ALL SELECT n FROM arrow UNION ALL SELECT n FROM "select"')
    assert numbers["n"].to_pylist() == [1, 2, 3]


def test_a_view_can_be_replaced(engine):
    engine.view("t", "SELECT 1 AS n")
    engine.view("t", "SELECT 2 AS n")
    assert engine.row("SELECT n FROM t") == (2,)


def test_what_is_kept_is_computed_once(engine):
    engine.view("source", "SELECT 1 AS n")
    engine.keep("kept", "SELECT n + :more AS n FROM source", more=10)
    engine.view("source", "SELECT 2 AS n")
    assert engine.row("SELECT n FROM kept") == (11,)


def test_no_row_is_an_empty_tuple(engine):
    assert engine.row("SELECT 1 WHERE 1 = 0") == ()


def test_write_makes_a_parquet_file_and_leaves_no_part(engine, tmp_path):
    engine.write("SELECT :n AS n;\n", tmp_path / "out.parquet", n=5)
    assert pq.read_table(tmp_path / "out.parquet")["n"].to_pylist() == [5]
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_a_failed_write_leaves_the_old_file(engine, tmp_path):
    engine.write("SELECT 1 AS n", tmp_path / "out.parquet")
    with pytest.raises(DataError):
        engine.write("SELECT CAST('x' AS INTEGER) AS n", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet")["n"].to_pylist() == [1]


def test_an_sql_error_is_one_readable_line(engine):
    with pytest.raises(DataError) as caught:
        engine.table("SELECT nothing FROM nowhere")
    assert caught.value.what == "SQL failed"
    assert "nowhere" in caught.value.found
    assert "\n" not in caught.value.found


def test_file_names_are_looked_up_in_the_search_path(parquet):
    folder = parquet("t.parquet", [{"n": 1}]).parent
    with Engine(Build(threads=1), folder) as engine:
        assert engine.row("SELECT n FROM read_parquet('t.parquet')") == (1,)


def test_times_are_utc_wherever_the_machine_stands(engine):
    noon = int(datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp())
    assert engine.row("SELECT epoch_us(CAST('2024-01-01 12:00' AS TIMESTAMPTZ))") == (noon * 1_000_000,)


def test_threads_and_memory_follow_the_settings():
    with Engine(Build(threads=1, memory="100MiB")) as engine:
        threads, memory = engine.row("SELECT current_setting('threads'), current_setting('memory_limit')")
    assert (int(threads), memory) == (1, "100.0 MiB")


def test_the_spill_folder_leaves_with_the_engine():
    with Engine(Build(threads=1)) as engine:
        folder = Path(engine.row("SELECT current_setting('temp_directory')")[0])
        assert folder.is_dir()
    assert not folder.exists()
