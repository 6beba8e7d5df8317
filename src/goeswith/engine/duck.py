"""DuckDB behind three verbs: `view` names an input, `table` fetches a result, `write` streams one to a file.

    with Engine(settings.build) as engine:
        engine.view("bills", "bills.parquet")
        engine.write(sql(pairs, "copurchase.sql"), out, minimum=2)

The SQL files are portable: `:name` stands for a literal, there are no list functions, hashes, regular expressions or
date functions in them, and they aggregate integers only, so that sums do not depend on the order of threads.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import duckdb
import pyarrow as pa

from goeswith.errors import DataError
from goeswith.settings import Build

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")


def sql(package: ModuleType | str, name: str) -> str:
    """The text of a stage's SQL file."""
    return importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")


def bind(text: str, **values: int | str) -> str:
    """Put literals where `:name` stands; names without a value stay (they may be part of a quoted column name).

    >>> bind("SELECT * FROM t WHERE n >= :minimum", minimum=2)
    'SELECT * FROM t WHERE n >= 2'
    """
    return _PARAMETER.sub(lambda match: _literal(values[match[1]]) if match[1] in values else match[0], text)


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def _literal(value: int | str) -> str:
    return str(int(value)) if isinstance(value, int) else quote(value)


class Engine:
    """A DuckDB connection with the build's threads and memory; spills to a folder that is removed at the end."""

    def __init__(self, build: Build, search_path: Path | None = None) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="goeswith-")
        self._connection = duckdb.connect(
            config={"threads": build.threads, "memory_limit": build.memory, "temp_directory": self._spill.name}
        )
        self._connection.execute("SET preserve_insertion_order = true")
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET autoinstall_known_extensions = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        if search_path is not None:
            self._connection.execute(f"SET file_search_path = {quote(str(search_path))}")

    def view(self, name: str, source: str | Path | pa.Table) -> None:
        """Name a Parquet file, an Arrow table or a SELECT, so that SQL can read from it."""
        if isinstance(source, pa.Table):
            self._connection.register(name, source)
            return
        select = f"SELECT * FROM read_parquet({quote(str(source))})" if isinstance(source, Path) else source
        with _readable_errors(name):
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS {select}")

    def keep(self, name: str, select: str, **values: int | str) -> None:
        """Materialise an intermediate result as a temporary table (on disk where memory is short)."""
        with _readable_errors(name):
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {bind(select, **values)}")

    def table(self, select: str, **values: int | str) -> pa.Table:
        with _readable_errors("query"):
            return self._connection.sql(bind(select, **values)).to_arrow_table()

    def row(self, select: str, **values: int | str) -> tuple[Any, ...]:
        """The first row of a small result, () where there is none."""
        with _readable_errors("query"):
            rows = self._connection.execute(bind(select, **values)).fetchall()
        return tuple(rows[0]) if rows else ()

    def write(self, select: str, path: Path, **values: int | str) -> None:
        """Stream a result into a Parquet file; the file appears only when it is whole."""
        partial = path.with_name(path.name + ".partial")
        with _readable_errors(path.name):
            self._connection.execute(
                f"COPY ({bind(select, **values).rstrip().rstrip(';')}) TO {quote(str(partial))} "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
        partial.replace(path)

    def close(self) -> None:
        self._connection.close()
        self._spill.cleanup()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def _readable_errors(where: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        first = next((line for line in str(error).splitlines() if line.strip()), "unknown error")
        raise DataError("SQL failed", where=where, found=first) from error
