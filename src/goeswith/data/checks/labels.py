"""Do people's labels say something: known relations, a majority, the same both ways round, more than one class?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from goeswith.data.checks.shop import Finding, Level, ShopTables, share
from goeswith.errors import DataError
from goeswith.knowledge.people import majority
from goeswith.knowledge.relation import Coarse, Relation, coarse, parse

Pair = tuple[str, str]


def check(shop: ShopTables) -> Iterator[Finding]:
    if "labels" not in shop.tables:
        return
    rows = shop.engine.table("SELECT * FROM labels_in ORDER BY row").to_pylist()
    votes: dict[Pair, dict[str, Relation | Coarse | None]] = defaultdict(dict)
    for place, row in enumerate(rows):
        try:
            relation = parse(row["relation"]) if row["relation"] else None
        except DataError as error:
            what = f"row {row['row']}, column 'relation': unknown relation, found {error.found}"
            yield Finding(Level.FAIL, "labels: relations", what, error.remedy)
            return
        votes[_ends(row)].setdefault(row["annotator"] or f"vote {place}", relation)
    decided = {pair: majority(list(cast.values()), shop.settings.labels.tie) for pair, cast in votes.items()}
    yield from _majorities(decided)
    yield from _contradictions({pair: relation for pair, relation in decided.items() if relation is not None})


def _ends(row: dict[str, Any]) -> Pair:
    return row["item_a"] or row["entity_a"] or "", row["item_b"] or row["entity_b"] or ""


def _majorities(decided: dict[Pair, Relation | Coarse | None]) -> Iterator[Finding]:
    open_ = [pair for pair, relation in decided.items() if relation is None]
    yield Finding(
        Level.WARN if len(open_) > 0.2 * len(decided) else Level.PASS,
        "labels: majority",
        f"{share(len(open_), len(decided))} pairs without one",
        f"people do not decide these, they are left out (labels.tie); the first: {' and '.join(open_[0])}"
        if open_
        else "",
    )


def _contradictions(decided: dict[Pair, Relation | Coarse]) -> Iterator[Finding]:
    both = [(a, b) for a, b in decided if a < b and (b, a) in decided]
    differ = [(a, b) for a, b in both if coarse(decided[a, b]) != coarse(decided[b, a])]
    yield Finding(
        Level.WARN if differ else Level.PASS,
        "labels: both ways",
        f"{share(len(differ), len(both))} pairs labelled both ways round say different things",
        f"both count, so neither decides; the first: {' and '.join(differ[0])}. See goeswith label DIR --review"
        if differ
        else "",
    )
    classes = {coarse(relation) for relation in decided.values()}
    yield Finding(
        Level.WARN if len(classes) < 2 else Level.PASS,
        "labels: classes",
        f"{len(decided):,} labelled pairs, {len(classes)} of 3 coarse classes",
        "people's labels of a single class cannot teach the relation classifier: label other pairs too"
        if len(classes) < 2
        else "",
    )
