"""knowledge.sqlite: every question ever asked and every answer, with who gave it, when and to which prompt.

    with KnowledgeBase.open(workspace / "knowledge.sqlite") as base:
        base.put("llm", "answers.parquet", digest, records)
        base.relation_records()

Nothing is ever deleted here. What a source said stays on record when the source leaves the settings; it is only no
longer `active`. What a person took back is marked `withdrawn_at`.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

from goeswith.errors import KnowledgeError

Kind = Literal["llm", "person", "curated"]
FILE = "knowledge.sqlite"
PATIENCE = 30.0
"""Seconds to wait for other processes."""

_LAST_MODEL = """(s.rank = 0 OR s.kind <> 'llm' OR s.rank = (
    SELECT max(t.rank) FROM answer o JOIN source t ON t.id = o.source WHERE o.question = a.question AND t.kind = 'llm'))
"""
_LAST_VOTE = """NOT (s.kind = 'person' AND :here AND EXISTS (
    SELECT 1 FROM answer o JOIN source t ON t.id = o.source
    WHERE o.question = a.question AND o.who = a.who AND o.withdrawn_at IS NULL
        AND t.kind = 'person' AND t.rank > 0 AND (s.rank = 0 OR o.id > a.id)))
"""
_RECORDS = f"""
SELECT q.kind, q.a, a.value, a.who, q.b, q.item_a, q.item_b, a.detail, a.confidence, a.vote, a.prompt, a.asked_at,
    a.probability, s.kind, a.live
FROM answer a JOIN question q ON q.id = a.question JOIN source s ON s.id = a.source
WHERE s.active = 1 AND a.withdrawn_at IS NULL AND q.kind = :kind AND (:live OR a.live = 0) AND (:here OR s.rank = 0)
    AND {_LAST_MODEL} AND {_LAST_VOTE}
ORDER BY s.rank > 0, s.name, s.digest, CASE WHEN s.rank > 0 THEN q.a END, CASE WHEN s.rank > 0 THEN q.b END,
    CASE WHEN s.rank > 0 THEN a.vote END, a.id
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer as it is stored."""

    kind: Literal["entity", "relation"]
    a: str
    value: str | None
    who: str
    b: str = ""
    item_a: str = ""
    item_b: str = ""
    detail: str = ""
    confidence: int | None = None
    vote: int = 1
    prompt: str = ""
    asked_at: str = ""
    probability: float | None = None
    source: Kind = "llm"
    live: bool = False
    """Asked about terms that a build had (here, or in the ledger it was replayed from): it brings no new term."""


class KnowledgeBase:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def open(cls, path: Path) -> KnowledgeBase:
        """Open or create the file and bring its schema up to date."""
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
            _write_ahead(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection)
        except sqlite3.DatabaseError as error:
            raise KnowledgeError(
                "cannot use the knowledge base",
                where=str(path),
                found=str(error),
                remedy="restore it from a backup, or move it away to start anew",
            ) from error
        return cls(connection)

    @classmethod
    def copy_of(cls, path: Path) -> KnowledgeBase:
        """What stands in the file, or nothing where there is none, in memory: to add to and never to keep."""
        copy = cls.open(Path(":memory:"))
        if path.is_file():
            with cls.open(path) as base:
                base.connection.backup(copy.connection)
        return copy

    def has(self, kind: Kind, name: str, digest: str) -> bool:
        query = "SELECT 1 FROM source WHERE kind = ? AND name = ? AND digest = ?"
        return self.connection.execute(query, (kind, name, digest)).fetchone() is not None

    def put(self, kind: Kind, name: str, digest: str, records: Iterable[Record]) -> int:
        """Store all answers of one source in one transaction; returns how many."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with transaction(self.connection) as connection:
            source = connection.execute(
                "INSERT INTO source (kind, name, digest, added_at) VALUES (?, ?, ?, ?)", (kind, name, digest, now)
            ).lastrowid
            stored = 0
            for record in records:
                put_answer(connection, int(source or 0), record)
                stored += 1
        return stored

    def activate(self, kind: Kind, live: Iterable[tuple[str, str]]) -> None:
        """Make exactly these sources (name, digest) of this kind active; what was asked here always is."""
        with transaction(self.connection) as connection:
            connection.execute("UPDATE source SET active = 0 WHERE kind = ? AND rank = 0", (kind,))
            connection.executemany(
                "UPDATE source SET active = 1 WHERE kind = ? AND name = ? AND digest = ?",
                [(kind, name, digest) for name, digest in live],
            )

    def records(self, kind: Literal["entity", "relation"], live: bool = True, here: bool = True) -> list[Record]:
        """Answers of all active sources. Without `live` none about terms that a build had, without `here` none that
        was asked in this workspace.

        Files keep their order; what was asked here stands in the order of the questions, whenever the answers came.
        Where two models that were asked here answered one question, the one used last is heard. Of people all are
        heard, each with the last vote on a question: one given here comes after one from a file.
        """
        rows = self.connection.execute(_RECORDS, {"kind": kind, "live": live, "here": here})
        return [Record(*(*row[:-1], bool(row[-1]))) for row in rows]

    def digest(self, kind: Literal["entity", "relation"], live: bool = True) -> str:
        """Changes when any active answer of that kind does."""
        digest = hashlib.sha256()
        for record in self.records(kind, live):
            digest.update(repr(record).encode())
        return digest.hexdigest()

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> KnowledgeBase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def put_answer(connection: sqlite3.Connection, source: int, record: Record, request: int | None = None) -> None:
    """Store one answer, inside the caller's transaction."""
    connection.execute(
        "INSERT INTO answer (question, source, value, detail, confidence, vote, who, prompt, asked_at, probability, "
        "live, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            question_id(connection, record),
            source,
            record.value,
            record.detail,
            record.confidence,
            record.vote,
            record.who,
            record.prompt,
            record.asked_at,
            record.probability,
            record.live,
            request,
        ),
    )


def question_id(connection: sqlite3.Connection, record: Record) -> int:
    """The number of the question that a record answers, new or not."""
    key = (record.kind, record.a, record.b, record.item_a, record.item_b)
    connection.execute("INSERT OR IGNORE INTO question (kind, a, b, item_a, item_b) VALUES (?, ?, ?, ?, ?)", key)
    query = "SELECT id FROM question WHERE kind = ? AND a = ? AND b = ? AND item_a = ? AND item_b = ?"
    return int(connection.execute(query, key).fetchone()[0])


class transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when the block fails."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for other openers then, whatever its timeout; so we do."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection) -> None:
    """Run the migrations that this file has not seen, all or none; `PRAGMA user_version` counts them."""
    folder = importlib.resources.files("goeswith.knowledge").joinpath("migrations")
    scripts = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    if _version(connection) == len(scripts):
        return
    with transaction(connection):  # processes that open a new file together take turns here
        version = _version(connection)
        if version > len(scripts):
            raise KnowledgeError(
                "the knowledge base was written by a newer goeswith",
                found=f"schema {version}",
                remedy=f"update goeswith (this one knows schema {len(scripts)})",
            )
        for script in scripts[version:]:
            for statement in _statements(script.read_text(encoding="utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(scripts)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: executed together they would end the transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
