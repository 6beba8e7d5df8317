"""A sample to judge by reading: random complementary edges and the top of random items, without scores or sources.

    python -m benchmarks.audit examples/online_retail --edges 80 --items 10 --seed 1 --out audit.csv

A person fills the column `right` (1, 0); `python -m benchmarks.audit --judged audit.csv` prints precision with its
Wilson interval for each kind.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

import goeswith
from goeswith.graph.phrases import phrase
from goeswith.knowledge.relation import Coarse
from goeswith.measure.intervals import wilson

COLUMNS = ("shop", "kind", "query", "candidate", "claim", "right")


def sample(directory: Path, edges: int, items: int, seed: int, threshold: float = 0.5) -> list[dict[str, str]]:
    """Edges that the product uses, and what it recommends for random items that were sold, five each."""
    shop = goeswith.open(directory)
    rng = np.random.default_rng(seed)
    used = list(shop.graph.of(Coarse.COMPLEMENTARY, threshold))
    chosen = rng.choice(len(used), min(edges, len(used)), replace=False)
    rows = [
        {
            "kind": "edge",
            "query": used[n].term,
            "candidate": used[n].other,
            "claim": phrase(used[n].relation, used[n].term, used[n].other),
        }
        for n in chosen
    ]
    recommender = shop.recommender
    sold = np.flatnonzero((recommender.recall.behaviour.bought > 0) & recommender.catalogue.offered)
    for item in rng.choice(sold, min(items, len(sold)), replace=False):
        for result in shop.recommend(item=recommender.catalogue.item_id[item], k=5):
            rows.append(
                {
                    "kind": "top 5",
                    "query": recommender.catalogue.title[item],
                    "candidate": result.title,
                    "claim": result.reason,
                }
            )
    return [{"shop": directory.name, **row, "right": ""} for row in rows]


def judged(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for shop, kind in sorted({(row["shop"], row["kind"]) for row in rows} | {("all", row["kind"]) for row in rows}):
        marks = [
            int(row["right"]) for row in rows if row["kind"] == kind and shop in ("all", row["shop"]) and row["right"]
        ]
        found = wilson(sum(marks), len(marks))
        print(f"{shop:<18} {kind:<6} {sum(marks)}/{len(marks)} = {found}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="*", type=Path)
    parser.add_argument("--edges", type=int, default=80)
    parser.add_argument("--items", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("audit.csv"))
    parser.add_argument("--judged", type=Path)
    given = parser.parse_args()
    if given.judged:
        judged(given.judged)
        return
    rows = [row for directory in given.directories for row in sample(directory, given.edges, given.items, given.seed)]
    with given.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} rows -> {given.out}")


if __name__ == "__main__":
    main()
