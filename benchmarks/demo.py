"""The shop in the box: how long it takes, and where the LLM's word and the simulation's truth part.

An entity stands for the kind that most of its items are of; the truth calls two kinds substitutes if they do one job
(or are one kind), complementary if they serve one activity or one refills the other, and unrelated otherwise.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.parquet as pq

import goeswith
from benchmarks.shared import seconds
from goeswith.knowledge.relation import Coarse
from goeswith.pipeline import build
from goeswith.simulate.config import Config
from goeswith.simulate.demo import write_demo
from goeswith.simulate.shop import simulate
from goeswith.simulate.truth import complements
from goeswith.simulate.world import load
from goeswith.workspace import Workspace


def main() -> None:
    print(f"{'simulate a year':<24}{seconds(lambda: simulate(Config())):8.1f} s")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "demo"
        write_demo(folder)
        print(f"{'first build':<24}{seconds(lambda: build(Workspace(folder))):8.1f} s")
        print(f"{'unchanged build':<24}{seconds(lambda: build(Workspace(folder))):8.1f} s")
        shop = goeswith.open(folder)
        _entities(shop.build)
        _edges(shop)


def _kinds(folder: Path) -> list[tuple[str, int]]:
    """(entity, true kind) of every item that has an entity."""
    world = load()
    kind = dict(zip(world.item_id, world.kind.tolist(), strict=True))
    linked = pq.read_table(folder / "item_entities.parquet", columns=["item_id", "entity"]).to_pylist()
    return [(row["entity"], kind[row["item_id"]]) for row in linked if row["entity"]]


def _majority(folder: Path) -> dict[str, int]:
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for entity, kind in _kinds(folder):
        found[entity][kind] += 1
    return {entity: kinds.most_common(1)[0][0] for entity, kinds in found.items()}


def _entities(folder: Path) -> None:
    kinds, majority = _kinds(folder), _majority(folder)
    pure = sum(majority[entity] == kind for entity, kind in kinds)
    print(f"items with an entity    {len(kinds):,}; of their entity's main kind {pure / len(kinds):.3f}")
    print(f"entities                {len(majority):,} for {len(load().kinds):,} kinds")


def _edges(shop: goeswith.Shop) -> None:
    world, majority = load(), _majority(shop.build)
    completes = complements(world)
    table: Counter[tuple[str, str]] = Counter()
    for edge in shop.graph.edges:
        if edge.term in majority and edge.other in majority:
            a, b = majority[edge.term], majority[edge.other]
            same = a == b or world.same_job[a, b]
            truth = Coarse.SUBSTITUTE if same else Coarse.COMPLEMENTARY if completes[a, b] > 0 else Coarse.UNRELATED
            table[str(edge.coarse), str(truth)] += 1
    print(f"{'the LLM says':<18}" + "".join(f"{truth:>16}" for truth in Coarse) + "   (truth)")
    for said in Coarse:
        print(f"{said:<18}" + "".join(f"{table[str(said), str(truth)]:>16,}" for truth in Coarse))
    print(f"agreement {sum(table[str(c), str(c)] for c in Coarse) / table.total():.3f} of {table.total():,}")
