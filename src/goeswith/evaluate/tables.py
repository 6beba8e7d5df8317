"""From recommended lists to tables: metrics with intervals, ratios to cosine, slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goeswith.evaluate.completion import OURS, Answered
from goeswith.measure.intervals import Interval, bootstrap, interval, ratio
from goeswith.measure.metrics import coverage, hit, leak, ndcg
from goeswith.recommend.recall import Recall
from goeswith.settings import Settings

Floats = NDArray[np.float64]
REFERENCE = "cosine"
FEWEST = 20
"""A slice with fewer queries is not shown."""


@dataclass(frozen=True)
class Block:
    """A table, and the hits behind it for plots."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    hits: dict[str, Interval]

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "columns": self.columns,
            "rows": self.rows,
            "hits": {name: [i.value, i.low, i.high] for name, i in self.hits.items()},
        }


def block(answered: Answered, items: int, settings: Settings) -> Block:
    """One question: every system with hit@k (= recall@k: one target), NDCG@k, coverage, leak, ratio to cosine."""
    k, repeats, seed = settings.evaluate.k, settings.evaluate.bootstrap, settings.build.seed
    target = answered.question.queries.target
    systems = list(answered.lists)
    hits = np.stack([hit(answered.lists[name], target, k) for name in systems])
    gains = np.stack([ndcg(answered.lists[name], target, k) for name in systems])
    hit_draws, gain_draws = bootstrap(hits, repeats, seed), bootstrap(gains, repeats, seed)
    reference = systems.index(REFERENCE)
    rows, found = [], {}
    for place, name in enumerate(systems):
        found[name] = interval(hits[place].mean(), hit_draws[place])
        against = "" if name == REFERENCE else _times(ratio(hits[place], hits[reference], repeats, seed))
        rows.append(
            [
                name,
                str(found[name]),
                str(interval(gains[place].mean(), gain_draws[place])),
                against,
                f"{coverage(answered.lists[name], k, items):.3f}",
                f"{leak(answered.replaces[name], answered.lists[name], k).mean():.3f}",
            ]
        )
    columns = ["system", f"hit@{k} = recall@{k}", f"NDCG@{k}", f"hit@{k} ÷ cosine", "coverage", "substitute leak"]
    mode = "substitutes held" if answered.question.hold else "substitutes allowed"
    return Block(f"{answered.question.name} ({len(target):,} queries, {mode})", columns, rows, found)


def _times(value: Interval) -> str:
    if not np.isfinite(value.value):
        return "cosine finds none"
    high = f"{value.high:.2f}" if np.isfinite(value.high) else "∞"
    return f"×{value.value:.2f} [{value.low:.2f}, {high}]"


def slices(answered: Answered, recall: Recall, settings: Settings) -> Block:
    """hit@k by size of the context, popularity of the target, and what the target is to the context."""
    k, repeats, seed = settings.evaluate.k, settings.evaluate.bootstrap, settings.build.seed
    queries = answered.question.queries
    names = (OURS, REFERENCE, "text")
    hits = {name: hit(answered.lists[name], queries.target, k) for name in names}
    rows = []
    for label, mask in _masks(answered, recall).items():
        if mask.sum() >= FEWEST:
            shown = [f"{hits[name][mask].mean():.3f}" for name in names]
            rows.append(
                [
                    label,
                    f"{mask.sum():,}",
                    *shown,
                    _times(ratio(hits[OURS][mask], hits[REFERENCE][mask], repeats, seed)),
                ]
            )
    title = f"slices of “{answered.question.name}”: hit@{k}"
    return Block(title, ["slice", "queries", *names, f"{OURS} ÷ cosine"], rows, {})


def _masks(answered: Answered, recall: Recall) -> dict[str, NDArray[np.bool_]]:
    queries = answered.question.queries
    size = np.diff(queries.start)
    bought = recall.behaviour.bought[queries.target]
    entity = recall.entity[queries.target]
    own = [np.unique(recall.entity[queries.context(n)]) for n in range(len(queries))]
    same = np.array([e in mine and e < len(recall.catalogue.terms) for e, mine in zip(entity, own, strict=True)])
    cells = recall.complements
    replaced = np.array([cells.substitute[mine][:, [e]].sum() > 0 for e, mine in zip(entity, own, strict=True)]) & ~same
    completes = np.array([cells.complementary[mine][:, [e]].max() > 0.5 for e, mine in zip(entity, own, strict=True)])
    return {
        "context of 1–4 items": size < 5,
        "context of 5–14 items": (size >= 5) & (size < 15),
        "context of 15 items or more": size >= 15,
        "target in under 20 baskets": bought < 20,
        "target in 20–199 baskets": (bought >= 20) & (bought < 200),
        "target in 200 baskets or more": bought >= 200,
        "target of an entity in the context": same,
        "target is a substitute of it": replaced,
        "target is a complement on record": completes & ~same & ~replaced,
        "target is none of these": ~(same | replaced | completes),
    }
