"""The last stage: measure what was built and write it down.

| artifact | what |
|---|---|
| metrics.json | the tables of the report, and notes |
| report.html | the same to read, with plots and examples |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from goeswith.data.prepare import Facts, load_facts
from goeswith.evaluate import completion
from goeswith.evaluate.baselines import Baselines
from goeswith.evaluate.report import render
from goeswith.evaluate.tables import Block, block, slices
from goeswith.measure.splits import split
from goeswith.recommend.bills import load_bills
from goeswith.recommend.recommender import Query, Recommender, load_ranker
from goeswith.recommend.stage import recaller
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

ARTIFACTS = ("metrics.json", "report.html")
EXAMPLES, RESULTS = 12, 5


def run(settings: Settings, folder: Path, store: VectorStore, progress: Callable[[str], None]) -> dict[str, Any]:
    facts = load_facts(folder)
    blocks, notes = _measure(settings, folder, store, facts, progress)
    document = {"blocks": [found.as_json() for found in blocks], "notes": notes}
    (folder / "metrics.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = render(blocks, _facts(folder, facts), _examples(settings, folder, store), notes)
    (folder / "report.html").write_text(page, encoding="utf-8")
    return {
        found.title: f"{completion.OURS} {found.hits[completion.OURS]}, cosine {found.hits['cosine']}"
        for found in blocks
        if found.hits
    }


def _measure(
    settings: Settings, folder: Path, store: VectorStore, facts: Facts, progress: Callable[[str], None]
) -> tuple[list[Block], list[str]]:
    bills, counted = load_bills(folder)
    if len(bills) == 0:
        return [], ["Nothing was measured: there are no purchases. Give purchases to compare with baselines."]
    held = split(
        bills, facts.context, facts.clock, settings.evaluate.days, settings.evaluate.queries, settings.build.seed
    )
    if not held.train.any() or len(held.queries) == 0:
        return [], [
            "Nothing was measured: the purchases leave no test queries. Lower evaluate.days, or give a longer history."
        ]
    known, known_counted = bills.rows(held.train), counted[held.train]
    recall = recaller(settings, folder, store)(known, known_counted)
    baselines = Baselines(known.rows(known_counted), recall.catalogue)
    ranker = load_ranker(folder)
    answered = [
        completion.answer(question, recall, ranker, baselines, settings.evaluate.k, settings.build.threads, progress)
        for question in completion.questions(bills, held, recall, facts, settings)
    ]
    shown = [part for found in answered for part in (found, *completion.parts(found, recall))]
    blocks = [block(found, len(recall.catalogue), settings) for found in shown]
    blocks += [slices(found, recall, settings) for found in answered[:2]]
    how = {
        (
            "basket",
            "time",
        ): f"baskets of the last {settings.evaluate.days} days, one held-out item each; all earlier bills are training",
        ("basket", "seq"): "a seeded tenth of the baskets, one held-out item each (no common time)",
        ("basket", "none"): "a seeded tenth of the baskets, one held-out item each (no times)",
        (
            "history",
            "time",
        ): f"customers with earlier purchases; the first new item of the last {settings.evaluate.days} days",
    }.get((facts.context, facts.clock), "the last item of a seeded sample of customers")
    return blocks, [
        f"Test queries: {how}. Seed {settings.build.seed}, {settings.evaluate.bootstrap:,} bootstrap repeats."
    ]


def _facts(folder: Path, facts: Facts) -> dict[str, str]:
    entities = pq.read_table(folder / "entities.parquet", columns=["items"])["items"].to_numpy()
    methods = pq.read_table(folder / "item_entities.parquet", columns=["method"])["method"].to_pylist()
    edges = pq.read_table(folder / "edges.parquet", columns=["coarse"])["coarse"].to_pylist()
    return {
        "items": f"{facts.items:,}: " + ", ".join(f"{methods.count(name):,} {name}" for name in sorted(set(methods))),
        "bills": f"{facts.baskets:,} of {facts.users:,} customers, {facts.bills:,} lines; {facts.cut_baskets:,} cut",
        "entities": f"{int((entities > 0).sum()):,} with items",
        "edges": ", ".join(f"{edges.count(name):,} {name}" for name in sorted(set(edges))) or "none",
    }


def _examples(settings: Settings, folder: Path, store: VectorStore) -> list[dict[str, Any]]:
    """The most bought items of different entities and what goes with them, as the live build says it."""
    recommender = Recommender.load(folder, settings, store)
    catalogue = recommender.catalogue
    chosen: dict[int, int] = {}
    for item in np.argsort(-recommender.recall.behaviour.bought, kind="stable").tolist():
        if catalogue.entity[item] >= 0 and catalogue.offered[item] and len(chosen) < EXAMPLES:
            chosen.setdefault(int(catalogue.entity[item]), item)
    answers = recommender.answer([Query((catalogue.item_id[item],)) for item in chosen.values()], RESULTS)
    return [
        {"title": catalogue.title[item], "entity": catalogue.terms[entity], "results": results}
        for (entity, item), results in zip(chosen.items(), answers.results, strict=True)
    ]
