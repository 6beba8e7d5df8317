"""What is bought together, as evidence on a pair of entities: the logarithm of its shrunken lift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from goeswith.pairs.lift import shrunken_lift
from goeswith.settings import Settings

Together = Mapping[tuple[str, str], float]
"""(a, b), a < b -> log of the lift: 0 by chance, above it more often than by chance."""


@dataclass(frozen=True)
class Evidence:
    """How co-purchase is counted; a classifier keeps what it was trained with."""

    behaviour: bool
    minimum_customers: int
    shrinkage: float

    @classmethod
    def of(cls, settings: Settings) -> Evidence:
        return cls(settings.relations.behaviour, settings.graph.minimum_customers, settings.pairs.lift_shrinkage)


def together(folder: Path, evidence: Evidence) -> Together:
    """Of the pairs that enough customers share; empty without bills, or where behaviour shall not tell."""
    if not evidence.behaviour:
        return {}
    entities = pq.read_table(folder / "entities.parquet", columns=["term", "baskets"])
    terms, bought = entities["term"].to_pylist(), entities["baskets"].to_numpy()
    shared = pq.read_table(folder / "entity_pairs.parquet", filters=[("customers", ">=", evidence.minimum_customers)])
    a, b, count = (shared[name].to_numpy() for name in ("a", "b", "baskets"))
    bills = pq.read_table(folder / "entity_bills.parquet", columns=["basket"])["basket"]
    lift = np.log(shrunken_lift(count, bought[a], bought[b], len(bills.unique()), evidence.shrinkage))
    pairs = ((min(terms[i], terms[j]), max(terms[i], terms[j])) for i, j in zip(a.tolist(), b.tolist(), strict=True))
    return dict(zip(pairs, lift.round(6).tolist(), strict=True))
