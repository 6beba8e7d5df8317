from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from goeswith.data.readers import open_file
from goeswith.data.tables import ITEMS
from goeswith.data.writers import WRITERS, check_ending, write_table
from goeswith.errors import DataError

TABLE = pa.table({"item_id": ["1", "2"], "title": ['Cup, "red"', "茶碗"], "price": [1.5, None]})


@pytest.mark.parametrize("ending", [*WRITERS, ".CSV"])
def test_what_is_written_can_be_read_back(engine, tmp_path, ending):
    write_table(TABLE, tmp_path / f"out{ending}")
    source = open_file(engine, ITEMS, tmp_path / f"out{ending}")
    back = engine.table(f"SELECT item_id, title, price FROM {source.view} ORDER BY row")
    assert back.to_pylist() == TABLE.to_pylist()


def test_an_unknown_ending_lists_those_known():
    with pytest.raises(DataError, match=r"unknown file ending .*\none of \.parquet, \.csv, \.tsv, \.jsonl"):
        check_ending(Path("out.xlsx"))


def test_other_endings_can_be_allowed(tmp_path):
    check_ending(tmp_path / "out.graphml", also=(".graphml",))


def test_a_missing_folder_is_told_before_any_work(tmp_path):
    with pytest.raises(DataError, match=r"no such folder .*none"):
        check_ending(tmp_path / "none" / "out.csv")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    write_table(TABLE, tmp_path / "out.csv")
    before = (tmp_path / "out.csv").read_bytes()
    with pytest.raises(pa.ArrowException):
        write_table(pa.table({"list": [[1, 2]]}), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == before
