"""A person at the terminal: which pairs, in which order, what is left, and the way back.

    session = Session(Votes(base, "anna"), read_pairs(build))
    while (pair := session.next()) is not None:
        session.answer(pair, Relation.REFILLED_BY)
    session.undo()                                      # and that pair is asked again

Knows nothing of keys and screens: `goeswith.cli.label` has those.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.errors import WorkspaceError
from goeswith.knowledge.relation import Coarse, Relation, parse
from goeswith.knowledge.votes import Key, Mode, Pair, Vote, Votes

ARTIFACTS: dict[Mode, str] = {"label": "queue.parquet", "review": "review.parquet"}


def read_pairs(build: Path, mode: Mode = "label") -> list[Pair]:
    """The pairs that a build wants people to see, worth most first; raises WorkspaceError where it has none."""
    path = build / ARTIFACTS[mode]
    remedy = f"run: goeswith build {build.parent.parent}"
    if not path.is_file():
        raise WorkspaceError("this build has no stage 'relations'", where=str(build), remedy=remedy)
    try:
        return [_pair(row) for row in pq.read_table(path).to_pylist()]
    except (pa.ArrowException, KeyError) as error:
        raise WorkspaceError("not what was built", where=str(path), found=str(error), remedy=remedy) from error


def _pair(row: dict[str, Any]) -> Pair:
    ends = {name: row.get(name) or "" for name in ("title_a", "title_b", "item_a", "item_b")}
    given = parse(row["given"]) if row.get("given") else None
    return Pair(
        row["a"] or "", row["b"] or "", **ends, given=given, guess=row.get("suggested") or row.get("relation", "")
    )


class Session:
    """One person going through pairs. What is open is looked up again for each pair: the same person may sit at a
    second terminal, and what was undone is open again."""

    def __init__(self, votes: Votes, pairs: Sequence[Pair], limit: int | None = None) -> None:
        first: dict[Key, Pair] = {}
        for pair in pairs:
            first.setdefault(pair.key, pair)
        self.pairs = list(first.values())
        self.given = 0
        self._votes, self._limit = votes, limit
        self._skipped: set[Key] = set()
        self._undone: Pair | None = None

    def next(self) -> Pair | None:
        """The pair to ask about now; None at the end, or at the limit."""
        if self._limit is not None and self.given >= self._limit:
            return None
        if self._undone is not None:
            return self._undone
        labelled = self._votes.keys() | self._skipped
        return next((pair for pair in self.pairs if pair.key not in labelled), None)

    def progress(self) -> tuple[int, int]:
        """(labelled, left) of the pairs; what was skipped is neither."""
        labelled = self._votes.keys()
        done = sum(pair.key in labelled for pair in self.pairs)
        left = sum(pair.key not in labelled | self._skipped for pair in self.pairs)
        return done, left if self._limit is None else min(left, self._limit - self.given)

    def answer(self, pair: Pair, relation: Relation | Coarse) -> None:
        self._votes.give(pair, relation)
        self.given, self._undone = self.given + 1, None

    def skip(self, pair: Pair) -> None:
        """Not again in this session; the next one asks."""
        self._skipped.add(pair.key)
        self._undone = None

    def undo(self) -> Vote | None:
        """Withdraw the last vote and ask about its pair next, if this build still wants to know."""
        vote = self._votes.undo()
        if vote is None:
            return None
        self.given = max(self.given - 1, 0)
        self._undone = next((pair for pair in self.pairs if pair.key == vote.pair.key), None)
        return vote
