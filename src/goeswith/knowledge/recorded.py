"""Recorded answer files: the answers of an LLM, one a row, put on record so that they can be used and replayed.

Entity files have the columns title, entity (null: no product) and, where known, item_id, category, function.
Relation files have a, b, label (1 to 9 or a name, directed from a to b) and, where known, item_a, item_b, confidence
(1 to 5), vote, reason. Both may name model, prompt and asked_at, and `live` where they were exported from a ledger.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.json as json
import pyarrow.parquet as pq

from goeswith.errors import DataError, KnowledgeError
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.relation import parse
from goeswith.text.normalise import clean


def load_recorded(base: KnowledgeBase, patterns: list[str], folder: Path) -> int:
    """Put the files the globs name on record and make them, and only them, the active LLM sources.

    Returns how many answers were new. Raises KnowledgeError for a pattern without files or a file without answers.
    """
    new, live = 0, []
    for path in _files(patterns, folder):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        live.append((path.name, digest))
        if not base.has("llm", path.name, digest):
            new += base.put("llm", path.name, digest, list(_records(path)))
    base.activate("llm", live)
    return new


def _files(patterns: list[str], folder: Path) -> list[Path]:
    files: list[Path] = []
    for pattern in patterns:
        found = sorted(Path(name) for name in glob.glob(str(folder / pattern)))
        if not found:
            raise KnowledgeError(
                "no recorded answers",
                where=str(folder / pattern),
                remedy="correct llm.recorded; its globs are relative to [data] folder",
            )
        files += [path for path in found if path not in files]
    return files


def _records(path: Path) -> Iterator[Record]:
    table = _read(path)
    names = set(table.column_names)
    if {"title", "entity"} <= names:
        build = _entity
    elif {"a", "b", "label"} <= names:
        build = _relation
    else:
        raise KnowledgeError(
            "neither entity nor relation answers",
            where=str(path),
            found=", ".join(sorted(names)),
            remedy="columns: title, entity; or a, b, label",
        )
    for number, row in enumerate(table.to_pylist(), start=1):
        try:
            yield build(row, path.name)
        except (DataError, ValueError, AttributeError, TypeError) as error:
            found = error.found if isinstance(error, DataError) else str(error)
            raise KnowledgeError(
                f"row {number}: not an answer", where=str(path), found=found, remedy=getattr(error, "remedy", "")
            ) from error


def _read(path: Path) -> pa.Table:
    readers = {".parquet": pq.read_table, ".csv": csv.read_csv, ".jsonl": json.read_json}
    if path.suffix not in readers:
        raise KnowledgeError("unknown file ending", where=str(path), remedy=f"one of {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except (pa.ArrowException, OSError) as error:
        raise KnowledgeError(
            "cannot read",
            where=str(path),
            found=str(error).splitlines()[0],
            remedy="the file is damaged or not what its ending says",
        ) from error


def _entity(row: dict[str, Any], file: str) -> Record:
    return Record(
        kind="entity",
        a=_name(row, "title"),
        item_a=_text(row.get("item_id")),
        b=_text(row.get("category")),
        value=_text(row["entity"]) or None,
        detail=clean(_text(row.get("function"))),
        vote=int(row.get("vote") or row.get("run") or 1),
        **_provenance(row, file),
    )


def _relation(row: dict[str, Any], file: str) -> Record:
    relation = parse(str(row["label"]))
    confidence = row.get("confidence")
    return Record(
        kind="relation",
        a=_name(row, "a"),
        b=_name(row, "b"),
        item_a=_text(row.get("item_a")),
        item_b=_text(row.get("item_b")),
        value=relation.name.lower(),
        detail=clean(_text(row.get("reason"))),
        confidence=None if confidence is None else min(5, max(1, int(confidence))),
        vote=int(row.get("vote") or 1),
        **_provenance(row, file),
    )


def _provenance(row: dict[str, Any], file: str) -> dict[str, Any]:
    return {
        "who": _text(row.get("model")) or "unknown model",
        "prompt": _text(row.get("prompt")) or f"recorded in {file}",
        "asked_at": _text(row.get("asked_at")),
        "live": bool(row.get("live")),
    }


def _name(row: dict[str, Any], column: str) -> str:
    name = _text(row[column])
    if not name:
        raise ValueError(f"no {column}")
    return name


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
