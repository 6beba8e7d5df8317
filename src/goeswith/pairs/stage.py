"""Stage 2 as the pipeline runs it.

| artifact | one row is | columns |
|---|---|---|
| entity_pairs.parquet | two entities (a < b) of one basket | a, b, baskets, customers |
| pairs.parquet | a pair worth asking about | a, b, segment, route, baskets, customers, lift, cosine |
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

import goeswith.pairs
from goeswith.engine import Engine
from goeswith.engine.duck import sql
from goeswith.pairs.lift import shrunken_lift
from goeswith.pairs.propose import CoPurchase, Proposal, propose
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

ARTIFACTS = ("entity_pairs.parquet", "pairs.parquet")
MINIMUM_BASKETS = 2


def run(engine: Engine, settings: Settings, folder: Path, store: VectorStore) -> dict[str, Any]:
    engine.view("entity_bills", folder / "entity_bills.parquet")
    engine.write(sql(goeswith.pairs, "entity_pairs.sql"), folder / "entity_pairs.parquet", minimum=MINIMUM_BASKETS)
    entities = _present(folder)
    terms, bought = entities["term"].to_pylist(), entities["baskets"].to_numpy()
    baskets = int(engine.row("SELECT count(DISTINCT basket) FROM entity_bills")[0])
    popularity = bought if baskets else entities["items"].to_numpy()
    together = _renumbered(load_co_purchase(folder), entities["entity"].to_numpy())
    proposal = propose(popularity, together, store.rows(terms), baskets, settings.pairs)
    table = _table(proposal, terms, together, bought, baskets, settings, store)
    pq.write_table(table, folder / "pairs.parquet", compression="zstd")
    return {
        "proposed": len(proposal.candidates),
        "by_segment": dict(sorted(Counter(c.segment for c in proposal.candidates).items())),
        "cut_by_budget": proposal.cut,
        "entities_by_segment": {
            name: int((proposal.segment == n).sum()) for n, name in enumerate(("head", "torso", "tail"))
        },
    }


def load_co_purchase(folder: Path) -> CoPurchase:
    table = pq.read_table(folder / "entity_pairs.parquet")
    return CoPurchase(*(table[name].to_numpy().astype(np.int64) for name in ("a", "b", "baskets", "customers")))


def _present(folder: Path) -> pa.Table:
    """Entities that the shop has items of; nobody is asked about the others."""
    entities = pq.read_table(folder / "entities.parquet")
    return entities.filter(pc.greater(entities["items"], 0))


def _renumbered(together: CoPurchase, kept: NDArray[np.int64]) -> CoPurchase:
    """Pairs in numbers among the entities that are `kept` (sorted); bills hold no others."""
    return replace(together, a=np.searchsorted(kept, together.a), b=np.searchsorted(kept, together.b))


def _table(
    proposal: Proposal,
    terms: list[str],
    together: CoPurchase,
    bought: Any,
    baskets: int,
    settings: Settings,
    store: VectorStore,
) -> pa.Table:
    counts = {
        (a, b): (n, customers)
        for a, b, n, customers in zip(
            together.a.tolist(),
            together.b.tolist(),
            together.baskets.tolist(),
            together.customers.tolist(),
            strict=True,
        )
    }
    a = np.array([c.a for c in proposal.candidates], np.int64)
    b = np.array([c.b for c in proposal.candidates], np.int64)
    found = np.array([counts.get((c.a, c.b), (0, 0)) for c in proposal.candidates], np.int64).reshape(-1, 2)
    vectors = store.rows(terms)
    return pa.table(
        {
            "a": pa.array([terms[i] for i in a], pa.string()),
            "b": pa.array([terms[i] for i in b], pa.string()),
            "segment": pa.array([c.segment for c in proposal.candidates], pa.string()),
            "route": pa.array([c.route for c in proposal.candidates], pa.string()),
            "baskets": found[:, 0],
            "customers": found[:, 1],
            "lift": np.round(
                shrunken_lift(found[:, 0], bought[a], bought[b], baskets, settings.pairs.lift_shrinkage), 6
            ),
            "cosine": np.round((vectors[a] * vectors[b]).sum(axis=1), 6),
        }
    )
