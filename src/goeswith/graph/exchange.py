"""The graph out to other tools and a curated one back in.

Export writes Parquet, CSV, TSV, JSONL or GraphML by the file's ending; edges that say "unrelated" stay out of GraphML.
Import reads Parquet or CSV with entity_a, entity_b (or a, b) and relation, and optionally probability, reason, who; its
edges go on record as curated and outrank all others in the next build.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from goeswith.data.writers import check_ending, write_table
from goeswith.errors import DataError, GoeswithError
from goeswith.graph.query import edges_of
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.relation import Coarse, parse
from goeswith.text.normalise import clean
from goeswith.workspace import sha256

SHOWN = ("relation", "coarse", "probability", "source", "who", "asked_at", "reason", "baskets", "customers")


def export(build: Path, out: Path) -> int:
    """Write the edges to `out`; returns how many."""
    check_ending(out, also=(".graphml",))
    table = pq.read_table(edges_of(build))
    if out.suffix.lower() == ".graphml":
        return _graphml(build, [row for row in table.to_pylist() if row["coarse"] != Coarse.UNRELATED], out)
    write_table(table, out)
    return int(table.num_rows)


def _graphml(build: Path, edges: list[dict[str, Any]], out: Path) -> int:
    root = ET.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for name in SHOWN:
        kind = {"probability": "double", "baskets": "long", "customers": "long"}.get(name, "string")
        ET.SubElement(root, "key", {"id": name, "for": "edge", "attr.name": name, "attr.type": kind})
    ET.SubElement(root, "key", {"id": "items", "for": "node", "attr.name": "items", "attr.type": "long"})
    graph = ET.SubElement(root, "graph", edgedefault="directed")
    linked = {edge["a"] for edge in edges} | {edge["b"] for edge in edges}
    for row in pq.read_table(build / "entities.parquet", columns=["term", "items"]).to_pylist():
        if row["term"] in linked:
            node = ET.SubElement(graph, "node", id=clean(row["term"]))
            ET.SubElement(node, "data", key="items").text = str(row["items"])
    for edge in edges:
        element = ET.SubElement(
            graph, "edge", source=clean(edge["a"]), target=clean(edge["b"]), directed=str(edge["directed"]).lower()
        )
        for name in SHOWN:
            if edge[name] not in (None, ""):
                ET.SubElement(element, "data", key=name).text = clean(str(edge[name]))
    ET.indent(root)
    ET.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return len(edges)


def load_curated(base: KnowledgeBase, path: Path) -> int:
    """Put a curated graph on record, in place of the one imported before; returns its edges."""
    records = list(_curated(_read(path), path))
    digest = sha256(path)
    if not base.has("curated", path.name, digest):
        base.put("curated", path.name, digest, records)
    base.activate("curated", [(path.name, digest)])
    return len(records)


def _read(path: Path) -> list[dict[str, Any]]:
    readers = {".parquet": pq.read_table, ".csv": csv.read_csv}
    if not path.is_file() or path.suffix not in readers:
        raise DataError("no graph to import", where=str(path), remedy="give a .parquet or .csv file")
    try:
        rows: list[dict[str, Any]] = readers[path.suffix](path).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise DataError("cannot read", where=str(path), found=str(error).splitlines()[0]) from error
    return rows


def _curated(rows: list[dict[str, Any]], path: Path) -> Iterable[Record]:
    for number, row in enumerate(rows, start=1):
        a, b = row.get("entity_a", row.get("a")), row.get("entity_b", row.get("b"))
        if not a or not b or row.get("relation") is None:
            raise DataError(
                f"row {number}: no edge",
                where=str(path),
                found=", ".join(row),
                remedy="columns: entity_a, entity_b, relation; optional: probability, reason, who",
            )
        try:
            relation = parse(str(row["relation"]))
        except GoeswithError as error:
            raise DataError(
                f"row {number}, column 'relation': unknown relation",
                where=str(path),
                found=error.found,
                remedy=error.remedy,
            ) from None
        probability = _probability(row.get("probability"), number, path)
        yield Record(
            kind="relation",
            a=str(a),
            b=str(b),
            value=relation.name.lower(),
            who=str(row.get("who") or "curator"),
            detail=str(row.get("reason") or ""),
            prompt=f"imported from {path.name}",
            source="curated",
            asked_at=str(row.get("asked_at") or ""),
            probability=probability,
        )


def _probability(given: Any, number: int, path: Path) -> float | None:
    try:
        probability = None if given is None else float(given)
    except ValueError:
        probability = float("nan")
    if probability is not None and not 0 <= probability <= 1:
        raise DataError(f"row {number}, column 'probability': not between 0 and 1", where=str(path), found=str(given))
    return probability
