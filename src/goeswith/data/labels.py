"""People's labels from the shop's table into the knowledge base, one record a vote."""

from __future__ import annotations

import hashlib
from pathlib import Path

from goeswith.data.readers import open_table
from goeswith.data.tables import LABELS
from goeswith.engine import Engine
from goeswith.errors import DataError
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.relation import parse
from goeswith.settings import Settings


def load_labels(engine: Engine, settings: Settings, directory: Path, base: KnowledgeBase) -> int:
    """Put the labels on record and make them the active file of labels; returns how many votes were new.

    Labels given in this workspace (`goeswith label`) stand in no file and stay active beside it.
    Raises DataError, with the row, for a relation that is none.
    """
    source = open_table(engine, LABELS, settings.data, directory)
    if source is None:
        base.activate("person", [])
        return 0
    source.validate()
    rows = engine.table(f"SELECT * FROM {source.view} ORDER BY row").to_pylist()
    records = [_record(row, source.where) for row in rows]
    digest = hashlib.sha256(repr(records).encode()).hexdigest()
    stored = 0
    if not base.has("person", "labels", digest):
        stored = base.put("person", "labels", digest, records)
    base.activate("person", [("labels", digest)])
    return stored


def _record(row: dict[str, str], where: str) -> Record:
    try:
        relation = parse(row["relation"]) if row["relation"] else None
    except DataError as error:
        raise DataError(
            f"row {row['row']}, column 'relation': unknown relation",
            where=where,
            found=error.found,
            remedy=error.remedy,
        ) from None
    return Record(
        kind="relation",
        a=row["entity_a"] or "",
        b=row["entity_b"] or "",
        item_a=row["item_a"] or "",
        item_b=row["item_b"] or "",
        value=None if relation is None else relation.name.lower(),
        who=row["annotator"] or "",
        prompt="labels",
        source="person",
    )
