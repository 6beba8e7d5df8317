"""What changed between two builds: entities and edges that came, went, or say something else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from goeswith.graph.query import Edge, Graph

MOVED = 0.1


@dataclass
class Difference:
    entities_added: list[str] = field(default_factory=list)
    entities_removed: list[str] = field(default_factory=list)
    edges_added: list[Edge] = field(default_factory=list)
    edges_removed: list[Edge] = field(default_factory=list)
    edges_changed: list[tuple[Edge, Edge]] = field(default_factory=list)
    """Before and after, where the relation is another or its probability moved by more than 0.1."""


def diff(before: Path, after: Path) -> Difference:
    old_terms, new_terms = _terms(before), _terms(after)
    old = {(edge.term, edge.other): edge for edge in Graph.load(before).edges}
    new = {(edge.term, edge.other): edge for edge in Graph.load(after).edges}
    return Difference(
        sorted(new_terms - old_terms),
        sorted(old_terms - new_terms),
        [new[pair] for pair in sorted(new.keys() - old.keys())],
        [old[pair] for pair in sorted(old.keys() - new.keys())],
        [(old[pair], new[pair]) for pair in sorted(old.keys() & new.keys()) if _changed(old[pair], new[pair])],
    )


def _terms(build: Path) -> set[str]:
    return set(pq.read_table(build / "entities.parquet", columns=["term"])["term"].to_pylist())


def _changed(before: Edge, after: Edge) -> bool:
    return before.relation != after.relation or abs(before.probability - after.probability) > MOVED
