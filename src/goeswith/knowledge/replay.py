"""The LLM answers of a workspace as recorded answer files, so that others replay a result without asking anybody.

Titles stand as they were sent (masked), pairs as terms; nothing of bills or customers is in the knowledge base at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.errors import KnowledgeError
from goeswith.knowledge.base import KnowledgeBase, Record

_PROVENANCE = [("model", pa.string()), ("prompt", pa.string()), ("asked_at", pa.string()), ("live", pa.bool_())]
ENTITIES = pa.schema(
    [(name, pa.string()) for name in ("item_id", "title", "category", "entity", "function")]
    + [("vote", pa.int32()), *_PROVENANCE]
)
RELATIONS = pa.schema(
    [(name, pa.string()) for name in ("a", "b", "item_a", "item_b", "label")]
    + [("confidence", pa.int8()), ("vote", pa.int32()), ("reason", pa.string()), *_PROVENANCE]
)
SCHEMAS = {"entities": ENTITIES, "relations": RELATIONS}


def export_answers(base: KnowledgeBase, folder: Path) -> dict[str, int]:
    """Write entities.parquet and relations.parquet into a new or empty folder; returns how many answers of each.

    Raises KnowledgeError where the folder holds something, or no LLM ever answered.
    """
    rows = {
        "entities": [_entity(r) for r in base.records("entity") if r.source == "llm"],
        "relations": [_relation(r) for r in base.records("relation") if r.source == "llm"],
    }
    if not any(rows.values()):
        raise KnowledgeError("no LLM answers on record", remedy="build with answers first")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KnowledgeError("not an empty folder", where=str(folder), remedy="name a new one; nothing is overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    for name, given in rows.items():
        if given:
            partial = folder / f"{name}.partial"
            pq.write_table(pa.Table.from_pylist(given, SCHEMAS[name]), partial, compression="zstd")
            partial.replace(folder / f"{name}.parquet")
    return {name: len(given) for name, given in rows.items()}


def _entity(r: Record) -> dict[str, Any]:
    return {
        "item_id": r.item_a,
        "title": r.a,
        "category": r.b,
        "entity": r.value,
        "function": r.detail,
        "vote": r.vote,
        **_provenance(r),
    }


def _relation(r: Record) -> dict[str, Any]:
    return {
        "a": r.a,
        "b": r.b,
        "item_a": r.item_a,
        "item_b": r.item_b,
        "label": r.value,
        "confidence": r.confidence,
        "vote": r.vote,
        "reason": r.detail,
        **_provenance(r),
    }


def _provenance(r: Record) -> dict[str, Any]:
    return {"model": r.who, "prompt": r.prompt, "asked_at": r.asked_at, "live": r.live}
