"""People's votes as the studies read them: by the pair they were shown, in the direction they saw it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from goeswith.knowledge.base import Record
from goeswith.knowledge.relation import Coarse, Relation, parse
from goeswith.text.normalise import title_key

Pair = tuple[str, str]


def votes_of_people(records: Sequence[Record]) -> dict[Pair, list[tuple[str, Relation | Coarse | None]]]:
    """(annotator, vote) by ordered pair, a blank vote None; of one person's votes on a pair the first counts."""
    votes: dict[Pair, dict[str, Relation | Coarse | None]] = defaultdict(dict)
    for place, r in enumerate(records):
        votes[ends_of(r)].setdefault(r.who or f"vote {place}", None if r.value is None else parse(r.value))
    return {pair: list(given.items()) for pair, given in votes.items()}


def ends_of(record: Record) -> Pair:
    """The two ends of a record: item ids, or keys of terms."""
    return record.item_a or title_key(record.a), record.item_b or title_key(record.b)
