"""Amazon Beauty: does p_complementary − p_substitute tell what is bought with it from what is viewed instead of it?

(also_bought ∪ bought_together) − also_viewed against also_viewed − also_bought: undirected pairs with both ends in the
catalogue, as many of each as shown, anew for each seed. Nothing of this, and no person's label, was ever learned from.
"By title": `relate` is given two titles; "by item": two items of the catalogue. Intervals resample first items.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import goeswith
from benchmarks.relations.shared import REPEATS, many, table
from benchmarks.shared import DATA, have
from goeswith.measure.intervals import interval
from goeswith.shop import Shop
from goeswith.text.normalise import clean

SEEDS = 3
EACH = 3000
"""Pairs of each kind that a seed draws."""
Pair = tuple[str, str]


def main(directory: Path, seeds: int) -> None:
    if not have("amazon_beauty/items.parquet", "amazon_beauty/relations.parquet"):
        return
    if not (directory / "current" / "relations.json").is_file():
        print(f"skipped: build it first: goeswith build {directory} --until relations")
        return
    shop = goeswith.open(directory, [f"data.folder={DATA}"])
    titles = _titles()
    kinds = _kinds(titles)
    print(f"{many(seeds, 'seed')} of {EACH:,} + {EACH:,} pairs of {len(kinds[0]):,} + {len(kinds[1]):,}")
    samples = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        pairs = [kind[place] for kind in kinds for place in rng.choice(len(kind), EACH, replace=False)]
        samples.append(Sample(pairs, _scores(shop, pairs, titles)))
    weights = _weights(samples)
    rows = []
    for system in samples[0].scores:
        values = np.mean([auc(sample.scores[system], w) for sample, w in zip(samples, weights, strict=True)], axis=0)
        each = [auc(sample.scores[system], w[:1])[0] for sample, w in zip(samples, weights, strict=True)]
        rows.append([system, interval(float(values[0]), values[1:]), f"{min(each):.3f}–{max(each):.3f}"])
    table(["system", "AUC", "range over seeds"], rows)


@dataclass(frozen=True)
class Sample:
    """Pairs, complements in the first half, and each system's score of them: higher, more complementary."""

    pairs: list[Pair]
    scores: dict[str, np.ndarray]


def _titles() -> dict[str, str]:
    items = pq.read_table(DATA / "amazon_beauty/items.parquet", columns=["asin", "title"]).to_pylist()
    return {row["asin"]: row["title"] for row in items if row["title"]}


def _kinds(known: dict[str, str]) -> tuple[list[Pair], list[Pair]]:
    """Bought with it and not viewed, viewed and not bought."""
    shown: dict[str, set[Pair]] = defaultdict(set)
    for row in pq.read_table(DATA / "amazon_beauty/relations.parquet").to_pylist():
        a, b = sorted((row["src"], row["dst"]))
        if a != b and a in known and b in known:
            shown[row["relation"]].add((a, b))
    bought, viewed = shown["also_bought"], shown["also_viewed"]
    return sorted((bought | shown["bought_together"]) - viewed), sorted(viewed - bought)


def _scores(shop: Shop, pairs: list[Pair], titles: dict[str, str]) -> dict[str, np.ndarray]:
    texts = [(titles[a], titles[b]) for a, b in pairs]
    first, second = (shop.vectors.rows([clean(text[side]) for text in texts]) for side in (0, 1))
    by_title = _told(shop, [{"title_a": a, "title_b": b} for a, b in texts])
    by_item = _told(shop, [{"item_a": a, "item_b": b} for a, b in pairs])
    return {
        "p_complementary − p_substitute, by title": by_title["p_complementary"] - by_title["p_substitute"],
        "p_complementary − p_substitute, by item": by_item["p_complementary"] - by_item["p_substitute"],
        "−p_substitute, by title": -by_title["p_substitute"],
        "p_complementary, by title": by_title["p_complementary"],
        "title distance (1 − cosine of MiniLM)": 1 - np.einsum("nd,nd->n", first, second),
    }


def _told(shop: Shop, rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    names = ("item_a", "item_b", "title_a", "title_b")
    full = [{name: row.get(name, "") for name in names} | {"pair_id": str(n)} for n, row in enumerate(rows)]
    told, missing = shop.relate_table(pa.Table.from_pylist(full))
    assert not missing, f"{missing} pairs with an item that the build does not know"
    return {name: told[name].to_numpy() for name in ("p_complementary", "p_substitute")}


def _weights(samples: list[Sample]) -> list[np.ndarray]:
    """Of each pair of each sample: one row of ones, then how often a draw took its first item; draws are shared."""
    items = sorted({a for sample in samples for a, _ in sample.pairs})
    place = {item: number for number, item in enumerate(items)}
    drawn = np.random.default_rng(0).multinomial(len(items), np.full(len(items), 1 / len(items)), size=REPEATS)
    drawn = np.vstack([np.ones(len(items)), drawn]).astype(np.float32)
    return [drawn[:, [place[a] for a, _ in sample.pairs]] for sample in samples]


def auc(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How often a pair of the first half outscores one of the second, ties by halves; one value a row of weights."""
    _, starts, rank = np.unique(scores, return_index=True, return_inverse=True)
    by_score = np.argsort(rank, kind="stable")
    edges = np.searchsorted(rank[by_score], np.arange(len(starts)))
    good = (np.arange(len(scores)) < len(scores) // 2)[by_score]
    sums = [np.add.reduceat(weights[:, by_score] * side, edges, axis=1, dtype=np.float64) for side in (good, ~good)]
    below = np.cumsum(sums[1], axis=1) - sums[1] / 2
    return np.asarray((sums[0] * below).sum(axis=1) / (sums[0].sum(axis=1) * sums[1].sum(axis=1)))
