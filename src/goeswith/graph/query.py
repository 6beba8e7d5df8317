"""The graph as one asks it: what goes with this, and why.

graph = Graph.load(build)
for edge in graph.neighbours("tea cup", Coarse.COMPLEMENTARY):
    print(edge.other, edge.relation, edge.probability, edge.reason)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from goeswith.errors import WorkspaceError
from goeswith.knowledge.relation import Coarse, Relation

CLASSIFIER = "classifier"
"""Source of the edges that nobody answered."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What `other` is to `term`."""

    term: str
    other: str
    relation: Relation
    """Directed from term to other."""
    coarse: Coarse
    probability: float
    p_substitute: float
    p_complementary: float
    source: str
    who: str
    prompt: str
    asked_at: str
    votes: int
    reason: str
    baskets: int | None
    customers: int | None

    @property
    def answered(self) -> bool:
        """Whether anybody said so; False where only the classifier speaks."""
        return self.source != CLASSIFIER


class Graph:
    def __init__(self, edges: list[Edge]) -> None:
        self._neighbours: dict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            self._neighbours[edge.term].append(edge)
            self._neighbours[edge.other].append(_reverse(edge))
        for found in self._neighbours.values():
            found.sort(key=lambda edge: (-edge.probability, -(edge.customers or 0), edge.other))
        self.edges = edges
        """Each pair once, a < b."""

    @classmethod
    def load(cls, build: Path) -> Graph:
        return cls([_edge(row) for row in pq.read_table(edges_of(build)).to_pylist()])

    def trusted(self, minimum: float) -> Graph:
        """Without the edges that only the classifier knows and is less sure of."""
        return Graph([edge for edge in self.edges if edge.answered or edge.probability >= minimum])

    def neighbours(self, term: str, coarse: Coarse | None = None, minimum: float = 0.0) -> list[Edge]:
        """Edges of an entity, surest first."""
        found = self._neighbours.get(term, [])
        return [e for e in found if (coarse is None or e.coarse is coarse) and e.probability >= minimum]

    def of(self, coarse: Coarse, minimum: float = 0.0) -> Iterator[Edge]:
        """Edges of one coarse class, each pair once."""
        return (edge for edge in self.edges if edge.coarse is coarse and edge.probability >= minimum)


def edges_of(build: Path) -> Path:
    """The file of a build's edges; raises WorkspaceError where the build ended before it (`--until`)."""
    path = build / "edges.parquet"
    if not path.is_file():
        raise WorkspaceError("this build has no stage 'graph'", where=str(build), remedy="run: goeswith build DIR")
    return path


def _edge(row: dict[str, Any]) -> Edge:
    return Edge(
        term=row["a"],
        other=row["b"],
        relation=Relation[row["relation"].upper()],
        coarse=Coarse(row["coarse"]),
        probability=row["probability"],
        p_substitute=row["p_substitute"],
        p_complementary=row["p_complementary"],
        source=row["source"],
        who=row["who"],
        prompt=row["prompt"],
        asked_at=row["asked_at"],
        votes=row["votes"],
        reason=row["reason"],
        baskets=row["baskets"],
        customers=row["customers"],
    )


def _reverse(edge: Edge) -> Edge:
    return Edge(
        edge.other,
        edge.term,
        edge.relation.swapped,
        edge.coarse,
        edge.probability,
        edge.p_substitute,
        edge.p_complementary,
        edge.source,
        edge.who,
        edge.prompt,
        edge.asked_at,
        edge.votes,
        edge.reason,
        edge.baskets,
        edge.customers,
    )
