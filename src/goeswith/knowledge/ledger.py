"""The ledger of requests in knowledge.sqlite: money is reserved before a request is sent and settled with its answers.

    request = ledger.reserve(source, prompt.kind, asked, bound, llm)     # None: the budget does not allow it
    ledger.settle(request, Settled("answered", usage…), answers)         # one transaction

Every process that works on the workspace reserves here, inside one write transaction, so that together they keep the
budget. A request that stays `open` (its process died) or was `lost` (no reply came, but the provider may have charged
it) counts with its bound; one that was `refused` costs nothing.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from goeswith.knowledge.annotator import EntityQuestion, Question, RelationQuestion
from goeswith.knowledge.base import KnowledgeBase, Record, put_answer, question_id, transaction
from goeswith.knowledge.prices import Bound, limit
from goeswith.knowledge.shield import as_data
from goeswith.settings import LLM


@dataclass(frozen=True, slots=True)
class Ask:
    """One question as it is put: a pair as (a, b) or swapped; `vote` counts from 1."""

    question: Question
    vote: int = 1

    @property
    def key(self) -> tuple[str, str, int]:
        record = self.record(None)
        return record.a, record.b, record.vote

    def record(self, value: str | None, who: str = "", **more: Any) -> Record:
        """The record of an answer to it; a title stands there as it is sent."""
        question = self.question
        if isinstance(question, EntityQuestion):
            a, b = as_data(question.title), as_data(question.category)
            return Record("entity", a, value, who, b=b, vote=self.vote, **more)
        return Record("relation", question.a, value, who, b=question.b, vote=self.vote, **more)


@dataclass(frozen=True, slots=True)
class Settled:
    """How a request ended; `cost` in billionths."""

    state: Literal["answered", "refused", "lost"]
    cost: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ledger holds against the budgets: all requests that were ever sent, and the money they may have cost."""

    calls: int
    money: int


@dataclass(frozen=True, slots=True)
class Usual:
    """Totals of the answered requests of one source, to foretell from."""

    questions: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Spending:
    """Requests of one model and prompt that ended alike; money in billionths."""

    model: str
    kind: str
    state: str
    requests: int
    questions: int
    input_tokens: int
    output_tokens: int
    money: int
    seconds: float
    first: str
    last: str


@dataclass(frozen=True)
class Outcome:
    """What a settled request leaves: records to store, questions to set aside with the reason."""

    answers: Sequence[Record] = ()
    aside: Sequence[tuple[Ask, str]] = field(default=())


class Ledger:
    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._base.connection

    def find(self, model: str, digest: str) -> int | None:
        """The source that answers of this model, prompt and schema belong to, if it was ever asked."""
        found = self._connection.execute(
            "SELECT id FROM source WHERE kind = 'llm' AND name = ? AND digest = ?", (model, digest)
        ).fetchone()
        return None if found is None else int(found[0])

    def source(self, model: str, digest: str) -> int:
        """That source, made where it is new; it becomes the one that is heard."""
        with transaction(self._connection) as connection:
            top = connection.execute("SELECT coalesce(max(rank), 0) FROM source").fetchone()[0]
            found = self.find(model, digest)
            if found is None:
                made = connection.execute(
                    "INSERT INTO source (kind, name, digest, added_at, rank) VALUES ('llm', ?, ?, ?, ?)",
                    (model, digest, now(), top + 1),
                )
                return int(made.lastrowid or 0)
            connection.execute("UPDATE source SET rank = ? WHERE id = ? AND rank < ?", (top + 1, found, top))
            return found

    def spent(self) -> Spent:
        return _spent(self._connection)

    def reserve(
        self, source: int, kind: str, asked: Sequence[Ask], bound: Bound, llm: LLM, batch: int | None = None
    ) -> int | None:
        """Write a request down before it is sent; None where budget or call budget does not hold its bound."""
        money = limit(llm)
        with transaction(self._connection) as connection:
            spent = _spent(connection)
            if money is None or spent.money + bound.money > money:
                return None
            if llm.call_budget is not None and spent.calls >= llm.call_budget:
                return None
            request = connection.execute(
                "INSERT INTO request (source, kind, state, bound, cost, sent_at, batch) "
                "VALUES (?, ?, 'open', ?, ?, ?, ?)",
                (source, kind, bound.money, bound.money, now(), batch),
            ).lastrowid
            connection.executemany(
                "INSERT INTO asked (request, place, question, vote) VALUES (?, ?, ?, ?)",
                [
                    (request, place, question_id(connection, ask.record(None)), ask.vote)
                    for place, ask in enumerate(asked)
                ],
            )
        return int(request or 0)

    def settle(self, request: int, end: Settled, outcome: Outcome = Outcome()) -> None:
        """Write down how a request ended, with its answers, all or nothing."""
        with transaction(self._connection) as connection:
            source = connection.execute("SELECT source FROM request WHERE id = ?", (request,)).fetchone()[0]
            connection.execute(
                "UPDATE request SET state = ?, cost = CASE WHEN ? = 'lost' THEN bound ELSE ? END, input_tokens = ?, "
                "output_tokens = ?, seconds = ?, error = ? WHERE id = ?",
                (
                    end.state,
                    end.state,
                    end.cost,
                    end.input_tokens,
                    end.output_tokens,
                    round(end.seconds, 3),
                    end.error,
                    request,
                ),
            )
            for record in outcome.answers:
                put_answer(connection, source, record, request)
            connection.executemany(
                "INSERT OR REPLACE INTO aside (source, question, vote, why, at) VALUES (?, ?, ?, ?, ?)",
                [
                    (source, question_id(connection, ask.record(None)), ask.vote, why, now())
                    for ask, why in outcome.aside
                ],
            )

    def done(self, source: int | None) -> set[tuple[str, str, int]]:
        """(a, b, vote) of what this source answered or set aside; a title stands as it was sent, b is its category."""
        rows = self._connection.execute(
            "SELECT q.a, q.b, x.vote FROM (SELECT question, vote FROM answer WHERE source = ? "
            "UNION SELECT question, vote FROM aside WHERE source = ?) x JOIN question q ON q.id = x.question",
            (source, source),
        )
        return {(a, b, vote) for a, b, vote in rows}

    def open_batch(self) -> tuple[int, str]:
        """A new batch: its number here and its token."""
        token = uuid.uuid4().hex
        with transaction(self._connection) as connection:
            made = connection.execute("INSERT INTO batch (token, created_at) VALUES (?, ?)", (token, now()))
            return int(made.lastrowid or 0), token

    def name_batch(self, number: int, name: str) -> None:
        """Write down what the provider calls it."""
        with transaction(self._connection) as connection:
            connection.execute("UPDATE batch SET name = ? WHERE id = ?", (name, number))

    def close_batch(self, number: int) -> None:
        with transaction(self._connection) as connection:
            connection.execute("UPDATE batch SET state = 'done' WHERE id = ?", (number,))

    def batches(self, source: int) -> list[tuple[int, str, str]]:
        """(number, token, name) of batches that are not settled and hold requests of this source."""
        return self._connection.execute(
            "SELECT DISTINCT b.id, b.token, b.name FROM batch b JOIN request r ON r.batch = b.id "
            "WHERE b.state = 'open' AND r.source = ? ORDER BY b.id",
            (source,),
        ).fetchall()

    def in_batch(self, number: int) -> dict[int, tuple[tuple[Ask, ...], bool]]:
        """Open requests of a batch: what they ask, and whether it was asked before (they are its repeat)."""
        rows = self._connection.execute(
            "SELECT a.request, q.kind, q.a, q.b, a.vote, EXISTS (SELECT 1 FROM asked o JOIN request s "
            "ON s.id = o.request WHERE o.question = a.question AND o.vote = a.vote AND s.source = r.source "
            "AND s.id < r.id AND s.state IN ('answered', 'lost')) "
            "FROM request r JOIN asked a ON a.request = r.id JOIN question q ON q.id = a.question "
            "WHERE r.batch = ? AND r.state = 'open' ORDER BY a.request, a.place",
            (number,),
        ).fetchall()
        found: dict[int, tuple[tuple[Ask, ...], bool]] = {}
        for request, kind, a, b, vote, again in rows:
            question = EntityQuestion(a, b) if kind == "entity" else RelationQuestion(a, b)
            asked, repeated = found.get(request, ((), True))
            found[request] = ((*asked, Ask(question, vote)), repeated and bool(again))
        return {request: (asked, again and len(asked) == 1) for request, (asked, again) in found.items()}

    def usual(self, source: int | None) -> Usual:
        row = self._connection.execute(
            "SELECT count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), "
            "coalesce(sum(seconds), 0) FROM request WHERE source = ? AND state = 'answered' AND input_tokens > 0",
            (source,),
        ).fetchone()
        questions = self._connection.execute(
            "SELECT count(*) FROM asked a JOIN request r ON r.id = a.request WHERE r.source = ? "
            "AND r.state = 'answered' AND r.input_tokens > 0",
            (source,),
        ).fetchone()[0]
        return Usual(questions, row[0], row[1], row[2], row[3])

    def spending(self) -> list[Spending]:
        """Where the money went: one line a model, prompt and kind of end, in the order of their first request."""
        rows = self._connection.execute(
            "SELECT s.name, r.kind, r.state, count(*), coalesce(sum(n.questions), 0), sum(r.input_tokens), "
            "sum(r.output_tokens), sum(r.cost), sum(r.seconds), min(r.sent_at), max(r.sent_at) FROM request r "
            "JOIN source s ON s.id = r.source LEFT JOIN (SELECT request, count(*) AS questions FROM asked "
            "GROUP BY request) n ON n.request = r.id GROUP BY r.source, r.state ORDER BY min(r.id)"
        )
        return [Spending(*row) for row in rows]

    def set_aside(self) -> list[tuple[str, str, str]]:
        """(model, question, why) of what got no usable answer even alone."""
        rows = self._connection.execute(
            "SELECT s.name, q.kind, q.a, q.b, x.why FROM aside x JOIN source s ON s.id = x.source "
            "JOIN question q ON q.id = x.question ORDER BY x.at, q.id, x.vote"
        )
        return [(name, f"{a} / {b}" if kind == "relation" else a, why) for name, kind, a, b, why in rows]

    def failures(self) -> list[tuple[int, str]]:
        """(how many, what) of requests that got no reply, the most frequent first."""
        return self._connection.execute(
            "SELECT count(*), error FROM request WHERE state IN ('refused', 'lost') GROUP BY error ORDER BY 1 DESC, 2"
        ).fetchall()

    def retry(self) -> int:
        """Forget what was set aside, so that it is asked again; returns how many questions."""
        with transaction(self._connection) as connection:
            return connection.execute("DELETE FROM aside").rowcount


def _spent(connection: sqlite3.Connection) -> Spent:
    calls, money = connection.execute("SELECT count(*), coalesce(sum(cost), 0) FROM request").fetchone()
    return Spent(calls, money)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
