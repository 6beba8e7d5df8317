"""Tables out to files in the format their ending names; a file appears only when it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from goeswith.errors import DataError


def _parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def _csv(table: pa.Table, path: Path) -> None:
    csv.write_csv(table, path)


def _tsv(table: pa.Table, path: Path) -> None:
    csv.write_csv(table, path, csv.WriteOptions(delimiter="\t"))


def _jsonl(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for batch in table.to_batches(max_chunksize=10_000):
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
}


def check_ending(path: Path, also: tuple[str, ...] = (), only: tuple[str, ...] = tuple(WRITERS)) -> None:
    """Raise DataError where the ending names no format or the folder is missing; called before any work is done."""
    if path.suffix.lower() not in (*only, *also):
        raise DataError("unknown file ending", where=str(path), remedy=f"one of {', '.join((*only, *also))}")
    if not path.resolve().parent.is_dir():
        raise DataError("no such folder", where=str(path.parent), remedy="make it first")


def write_table(table: pa.Table, path: Path) -> None:
    check_ending(path)
    partial = path.with_name(path.name + ".partial")
    WRITERS[path.suffix.lower()](table, partial)
    partial.replace(path)
