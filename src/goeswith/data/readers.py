"""From the shop's files to typed views, with errors that name file, column and row.

    source = open_table(engine, ITEMS, settings.data, directory)   # view "items_raw" -> typed view "items_in"
    source.validate()

A typed view has the contract's columns (absent ones are NULL) and `row`, the 1-based row in the file. Nothing is read
into memory: DuckDB streams the files each time the view is used.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path

from goeswith.data.tables import TABLES, Column, Kind, Table
from goeswith.engine import Engine
from goeswith.engine.duck import identifier, quote
from goeswith.errors import DataError, SettingsError
from goeswith.settings import Data

_TEXT_OPTIONS = "all_varchar = true, header = true, skip = 0, union_by_name = true, strict_mode = true"
READERS = {
    ".parquet": "read_parquet({files}, union_by_name = true)",
    ".csv": f"read_csv({{files}}, delim = ',', {_TEXT_OPTIONS})",
    ".tsv": f"read_csv({{files}}, delim = '\t', {_TEXT_OPTIONS})",
    ".jsonl": "read_json({files}, format = 'newline_delimited', union_by_name = true)",
}
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}


def root(data: Data, directory: Path) -> Path:
    """The data folder: `data.folder` relative to goeswith.toml."""
    return (directory / data.folder).resolve()


@dataclass(frozen=True)
class Source:
    """One table of the shop as it was found."""

    engine: Engine
    table: Table
    where: str
    """How to name it to people: the file, as the settings give it."""
    columns: dict[str, str]
    """Our column -> theirs, for the columns that are there."""
    types: dict[str, str]
    """Their column -> SQL type."""

    @property
    def view(self) -> str:
        return f"{self.table.name}_in"

    def has(self, name: str) -> bool:
        return name in self.columns

    def count(self) -> int:
        return int(self.engine.row(f"SELECT count(*) FROM {self.view}")[0])

    def validate(self) -> None:
        """Raise DataError at the first value that its column cannot mean, or where there are no rows."""
        try:
            self._validate_columns()
        except DataError as error:
            if error.what != "SQL failed":
                raise
            raise DataError("cannot read", where=self.where, found=error.found, remedy=_remedy(self.where)) from error

    def _validate_columns(self) -> None:
        read = ", ".join(f"count({identifier(theirs)})" for theirs in self.columns.values())
        if self.engine.row(f"SELECT count(*), {read} FROM {self.table.name}_raw")[0] == 0:
            raise DataError("no rows", where=self.where, remedy=f"the table '{self.table.name}' needs at least one row")
        for column in self.table.columns:
            if self.has(column.name) and column.kind not in ("id", "text"):
                self._validate(column)

    def _validate(self, column: Column) -> None:
        theirs = self.columns[column.name]
        raw = f"CAST({identifier(theirs)} AS VARCHAR)"
        bad = self.engine.row(
            f"SELECT row, raw FROM (SELECT row_number() OVER () AS row, {raw} AS raw, "
            f"{typed(column.kind, theirs, self.types[theirs])} AS value FROM {self.table.name}_raw) "
            "WHERE value IS NULL AND trim(raw) <> '' ORDER BY row LIMIT 1"
        )
        if bad:
            raise DataError(
                f"row {bad[0]}, column '{theirs}': not a {MEANINGS[column.kind]}",
                where=self.where,
                found=repr(bad[1]),
                remedy=f'correct it, or map another column: [data.columns.{self.table.name}] {column.name} = "…"',
            )


MEANINGS: dict[Kind, str] = {
    "id": "text",
    "text": "text",
    "number": "number",
    "integer": "whole number",
    "flag": "yes or no (1, 0, true, false)",
    "time": "time (ISO 8601, or seconds since 1970)",
}


def open_table(engine: Engine, table: Table, data: Data, directory: Path) -> Source | None:
    """The typed view of one table, or None where the settings name no file for it."""
    unknown = sorted((set(data.columns) | set(data.sql)) - set(TABLES))
    if unknown:
        raise SettingsError(f"no table '{unknown[0]}'", where="[data]", remedy=f"tables: {', '.join(TABLES)}")
    configured = getattr(data, table.name)
    if table.name in data.sql:
        where, select = data.sql[table.name], _statement(directory / data.sql[table.name])
    elif configured is not None:
        where, select = str(configured), scan(root(data, directory), str(configured))
    else:
        return None
    return _typed_view(engine, table, select, where, data.columns.get(table.name, {}))


def open_file(engine: Engine, table: Table, path: Path, columns: dict[str, str] | None = None) -> Source:
    """The typed view of a single file outside the settings (queries, titles)."""
    return _typed_view(engine, table, scan(Path("."), str(path)), str(path), columns or {})


def _statement(path: Path) -> str:
    if not path.is_file():
        raise SettingsError("no such SQL file", where="[data.sql]", found=str(path))
    return path.read_text(encoding="utf-8").strip().rstrip(";")


def scan(folder: Path, pattern: str) -> str:
    """A SELECT over the file, or the files a glob names; what is wrong with them is said here, not by the engine."""
    path = folder / pattern
    if path.is_dir():
        raise DataError(
            "a directory, not a file", where=str(path), remedy=f'name files in it, e.g. "{pattern}/*.parquet"'
        )
    files = sorted(glob.glob(str(path)))
    if not files:
        raise DataError("no such file", where=str(path), remedy="paths are relative to [data] folder")
    endings = {Path(file).suffix.lower().replace(".ndjson", ".jsonl") for file in files}
    if len(endings) > 1 or not endings <= set(READERS):
        raise DataError(
            "unknown file ending",
            where=str(path),
            found=", ".join(sorted(endings)) or "none",
            remedy=f"one of {', '.join(READERS)}",
        )
    for file in files:
        if Path(file).stat().st_size == 0:
            raise DataError(
                "empty file", where=file, remedy="write at least a header and one row, or leave the table out"
            )
    listed = "[" + ", ".join(quote(file) for file in files) + "]"
    return f"SELECT * FROM {READERS[endings.pop()].format(files=listed)}"


def _typed_view(engine: Engine, table: Table, select: str, where: str, mapping: dict[str, str]) -> Source:
    raw = f"{table.name}_raw"
    try:
        engine.view(raw, select)
        described = engine.table(f"SELECT column_name, column_type FROM (DESCRIBE {raw})").to_pydict()
    except DataError as error:
        raise DataError("cannot read", where=where, found=error.found, remedy=_remedy(where)) from error
    types = dict(zip(described["column_name"], described["column_type"], strict=True))
    columns = _mapped(table, types, where, mapping)
    fields = [f"{_field(column, columns, types)} AS {column.name}" for column in table.columns]
    engine.view(f"{table.name}_in", f"SELECT row_number() OVER () AS row, {', '.join(fields)} FROM {raw}")
    return Source(engine, table, where, columns, types)


def _remedy(where: str) -> str:
    if where.endswith(".parquet"):
        return "the file is damaged or no Parquet file: write it again"
    if where.endswith(".sql"):
        return "correct the SELECT; file names in it are relative to [data] folder"
    return "check separator, quotes and encoding (UTF-8) of the file"


def _is_value(name: str) -> bool:
    """A number or a time is no name of a column: the first line is a row of the user's data, and not to be shown."""
    return re.fullmatch(r"[\d.,:/ T+-]+Z?", name) is not None


def _mapped(table: Table, types: dict[str, str], where: str, mapping: dict[str, str]) -> dict[str, str]:
    known = {column.name for column in table.columns}
    found = "a first line that looks like data, not a header" if any(map(_is_value, types)) else ", ".join(types)
    for ours, theirs in mapping.items():
        if ours not in known:
            raise SettingsError(
                f"unknown column '{ours}' in [data.columns.{table.name}]", remedy=f"known: {', '.join(sorted(known))}"
            )
        if theirs not in types:
            raise DataError(
                f"no column '{theirs}'", where=where, found=found, remedy=f"correct [data.columns.{table.name}] {ours}"
            )
    columns = {name: mapping.get(name, name) for name in known if mapping.get(name, name) in types}
    missing = [c.name for c in table.columns if c.required and c.name not in columns]
    missing += [" or ".join(group) for group in table.one_of if not any(name in columns for name in group)]
    if missing:
        raise DataError(
            f"no column '{missing[0]}'",
            where=where,
            found=found,
            remedy=f'map it: [data.columns.{table.name}] {missing[0].split(" or ")[0]} = "YOUR COLUMN"',
        )
    return columns


def _field(column: Column, columns: dict[str, str], types: dict[str, str]) -> str:
    if column.name not in columns:
        empty = {
            "id": "VARCHAR",
            "text": "VARCHAR",
            "number": "DOUBLE",
            "integer": "BIGINT",
            "flag": "BOOLEAN",
            "time": "BIGINT",
        }
        return f"CAST(NULL AS {empty[column.kind]})"
    return typed(column.kind, columns[column.name], types[columns[column.name]])


def typed(kind: Kind, name: str, sql_type: str) -> str:
    """SQL that reads a user's column as the kind it should be, NULL where it is not."""
    column = identifier(name)
    if sql_type == "JSON":  # a JSONL column of several types
        column, sql_type = f"json_extract_string({column}, '$')", "VARCHAR"
    text = f"trim(CAST({column} AS VARCHAR))"
    if kind == "id":
        return _id(column, text, sql_type)
    if kind == "text":
        return f"nullif({text}, '')" if not sql_type.endswith("[]") else f"array_to_string({column}, '|')"
    if kind == "time":
        return _time(column, text, sql_type)
    target = {"number": "DOUBLE", "integer": "BIGINT", "flag": "BOOLEAN"}[kind]
    if kind == "integer" and sql_type in ("DOUBLE", "FLOAT", "VARCHAR"):
        number = f"TRY_CAST({column} AS DOUBLE)"
        return f"CASE WHEN {number} = floor({number}) THEN TRY_CAST({number} AS BIGINT) END"
    return f"TRY_CAST({column if sql_type != 'VARCHAR' else text} AS {target})"


def _id(column: str, text: str, sql_type: str) -> str:
    """Ids are text; a number that went through a float column loses its `.0`."""
    if sql_type in ("DOUBLE", "FLOAT"):
        return (
            f"CASE WHEN {column} = floor({column}) AND abs({column}) < 9e15 "
            f"THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        )
    whole = f"left({text}, length({text}) - 2)"
    number = f"{text} LIKE '%.0' AND {whole} NOT LIKE '%.%' AND TRY_CAST({whole} AS BIGINT) IS NOT NULL"
    return f"CASE WHEN {number} THEN {whole} ELSE nullif({text}, '') END"


def _time(column: str, text: str, sql_type: str) -> str:
    """Microseconds since 1970 (UTC). Bare numbers are seconds, from 10^11 on ms, from 10^14 on µs, from 10^17 on ns."""

    def scaled(number: str) -> str:
        return (
            f"CASE WHEN abs({number}) < 100000000000 THEN {number} * 1000000 "
            f"WHEN abs({number}) < 100000000000000 THEN {number} * 1000 "
            f"WHEN abs({number}) < 100000000000000000 THEN {number} ELSE {number} // 1000 END"
        )

    if sql_type in _INTEGERS or sql_type in ("DOUBLE", "FLOAT"):
        return scaled(f"TRY_CAST({column} AS BIGINT)")
    if sql_type == "VARCHAR":
        number = f"TRY_CAST({text} AS BIGINT)"
        zoned = f"epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))"
        return f"CASE WHEN {number} IS NOT NULL THEN {scaled(number)} ELSE {zoned} END"
    return f"epoch_us(TRY_CAST({column} AS TIMESTAMP))"
