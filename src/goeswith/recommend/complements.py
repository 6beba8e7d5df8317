"""What the graph says, as matrices over entities: who completes whom, who replaces whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from goeswith.graph.query import Graph
from goeswith.knowledge.relation import Coarse


@dataclass(frozen=True)
class Complements:
    """Symmetric, shape (e + 1, e + 1); the last row and column stand for "no entity"."""

    complementary: sp.csr_matrix
    """Probability that the two go together."""
    substitute: sp.csr_matrix
    """1 where the two do the same job: an entity and itself, and edges from the threshold on."""
    known: sp.csr_matrix
    """1 where anyone said anything about the pair."""

    @classmethod
    def of(cls, graph: Graph, terms: list[str], threshold: float) -> Complements:
        number = {term: place for place, term in enumerate(terms)}
        complementary, substitute, known = [], [(e, e, 1.0) for e in range(len(terms))], []
        for edge in graph.edges:
            pair = number[edge.term], number[edge.other]
            if edge.answered:
                known.append((*pair, 1.0))
            complementary.append((*pair, edge.p_complementary))
            if edge.coarse is Coarse.SUBSTITUTE and edge.probability >= threshold:
                substitute.append((*pair, 1.0))
        return cls(*(_symmetric(cells, len(terms) + 1) for cells in (complementary, substitute, known)))


def _symmetric(cells: list[tuple[int, int, float]], size: int) -> sp.csr_matrix:
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True)) if cells else (np.zeros(0, int),) * 3
    upper = sp.csr_matrix((values.astype(np.float32), (rows.astype(int), columns.astype(int))), shape=(size, size))
    return upper.maximum(upper.T).tocsr()
