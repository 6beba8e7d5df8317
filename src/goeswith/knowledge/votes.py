"""Votes that people give in this workspace, one committed transaction each.

    votes = Votes(base, "anna")
    votes.give(Pair("oil lamp", "lamp oil"), Relation.REFILLED_BY)      # when this returns it outlives the process
    votes.undo()

All of them belong to one source that is always active. A person's later vote on a question takes the place of the
earlier one; undo withdraws the later one, so that the earlier one is heard again. Nothing is deleted.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from goeswith.knowledge.base import KnowledgeBase, Record, put_answer, transaction
from goeswith.knowledge.ledger import now
from goeswith.knowledge.relation import Coarse, Relation, parse, swapped
from goeswith.text.normalise import title_key

Mode = Literal["label", "review"]
Key = tuple[str, frozenset[str]]
"""What a pair is about, in either order: two items of the catalogue, or two terms."""
HERE = "goeswith label"
"""The source that votes given here belong to."""
Ends = tuple[str, str, str, str]
"""a, b, item a, item b of a question on record."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair to ask a person about."""

    a: str
    b: str
    title_a: str = ""
    title_b: str = ""
    item_a: str = ""
    item_b: str = ""
    given: Relation | Coarse | None = None
    """The earlier label, where it is under review."""
    guess: str = ""
    """What the classifier thinks: never shown before the answer."""

    @property
    def key(self) -> Key:
        if self.item_a and self.item_b:
            return "items", frozenset((self.item_a, self.item_b))
        return "terms", frozenset((title_key(self.a), title_key(self.b)))


@dataclass(frozen=True, slots=True)
class Vote:
    """A person's vote on a pair as it is on record."""

    pair: Pair
    relation: Relation | Coarse


class Votes:
    """What one person says in this workspace; several people, and terminals, may do so at once."""

    def __init__(self, base: KnowledgeBase, who: str, mode: Mode = "label") -> None:
        self.who, self.mode = who, mode
        self._connection = base.connection

    def keys(self) -> set[Key]:
        """What this person has voted on, here or in the file of labels; in a review only what was reviewed."""
        rows = self._connection.execute(
            "SELECT DISTINCT q.a, q.b, q.item_a, q.item_b FROM answer a JOIN source s ON s.id = a.source "
            "JOIN question q ON q.id = a.question WHERE s.kind = 'person' AND s.active = 1 AND q.kind = 'relation' "
            "AND a.who = ? AND a.value IS NOT NULL AND a.withdrawn_at IS NULL AND (? = 'label' OR a.prompt = 'review')",
            (self.who, self.mode),
        )
        return {Pair(a, b, item_a=item_a, item_b=item_b).key for a, b, item_a, item_b in rows}

    def give(self, pair: Pair, relation: Relation | Coarse) -> None:
        """Put a vote on record; when this returns it outlives the process."""
        with transaction(self._connection) as connection:
            (a, b, item_a, item_b), turned = _question(connection, pair)
            value = swapped(relation) if turned else relation
            record = Record(
                kind="relation",
                a=a,
                b=b,
                item_a=item_a,
                item_b=item_b,
                value=value.name.lower(),
                who=self.who,
                prompt=self.mode,
                asked_at=now(),
                live=True,
            )
            put_answer(connection, _source(connection), record)

    def undo(self) -> Vote | None:
        """Withdraw this person's last vote, of this session or an earlier one; None where none is left."""
        with transaction(self._connection) as connection:
            last = connection.execute(
                "SELECT a.id, a.value, q.a, q.b, q.item_a, q.item_b FROM answer a JOIN question q ON q.id = a.question "
                "WHERE a.source = ? AND a.who = ? AND a.withdrawn_at IS NULL ORDER BY a.id DESC LIMIT 1",
                (_source(connection), self.who),
            ).fetchone()
            if last is None:
                return None
            number, value, a, b, item_a, item_b = last
            connection.execute("UPDATE answer SET withdrawn_at = ? WHERE id = ?", (now(), number))
        return Vote(Pair(a, b, item_a=item_a, item_b=item_b), parse(value))


def _source(connection: sqlite3.Connection) -> int:
    """The one source of all votes given here. Its rank says "asked here", so that loading files leaves it active."""
    connection.execute(
        "INSERT OR IGNORE INTO source (kind, name, digest, added_at, rank) VALUES ('person', ?, '', ?, 1)",
        (HERE, now()),
    )
    found = connection.execute("SELECT id FROM source WHERE kind = 'person' AND name = ? AND digest = ''", (HERE,))
    return int(found.fetchone()[0])


def _question(connection: sqlite3.Connection, pair: Pair) -> tuple[Ends, bool]:
    """(a, b, item a, item b) that people's votes on a pair stand under already, else new; and whether turned round.

    Votes are counted together only where they stand under one question.
    """
    between_items = pair.key[0] == "items"
    ends = (pair.item_a, pair.item_b) if between_items else (pair.a, pair.b)
    same = "q.item_a = ? AND q.item_b = ?" if between_items else "q.a = ? AND q.b = ? AND q.item_a || q.item_b = ''"
    for turned, (first, second) in ((False, ends), (True, ends[::-1])):
        found = connection.execute(
            f"SELECT q.a, q.b, q.item_a, q.item_b FROM question q WHERE q.kind = 'relation' AND {same} AND EXISTS "
            "(SELECT 1 FROM answer a JOIN source s ON s.id = a.source WHERE a.question = q.id AND s.kind = 'person' "
            "AND s.active = 1) ORDER BY q.id",
            (first, second),
        ).fetchone()
        if found is not None:
            return found, turned
    return (("", "", *ends) if between_items else (*ends, "", "")), False
