"""Stage 7 as the pipeline runs it.

The ranker learns from bills before the days that evaluation holds out, so that the ranker which is measured is the one
that serves; counts and closed forms are then fitted on all bills.

| artifact | what |
|---|---|
| ranker.txt | LightGBM text; empty where there are no bills to learn from |
| behaviour.safetensors | co-purchase, EASE, popularity as of the last bill |
| replenishment.parquet | entity, days, customers: the usual days between two purchases |
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goeswith.data.prepare import load_facts
from goeswith.engine import Engine
from goeswith.graph.query import Graph
from goeswith.measure.splits import Bills, split
from goeswith.recommend import replenish
from goeswith.recommend.behaviour import Behaviour
from goeswith.recommend.bills import load_bills
from goeswith.recommend.catalogue import Catalogue
from goeswith.recommend.complements import Complements
from goeswith.recommend.ranker import fit_ranker
from goeswith.recommend.recall import Recall
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

ARTIFACTS = ("ranker.txt", "behaviour.safetensors", replenish.ARTIFACT)


def run(
    engine: Engine, settings: Settings, folder: Path, store: VectorStore, progress: Callable[[str], None]
) -> dict[str, Any]:
    facts = load_facts(folder)
    bills, counted = load_bills(folder)
    recall_of = recaller(settings, folder, store)
    intervals = replenish.write_intervals(engine, folder, settings.graph.minimum_customers, facts.clock == "time")
    known = np.ones(len(bills), bool)
    if len(bills):
        known = split(
            bills, facts.context, facts.clock, settings.evaluate.days, settings.evaluate.queries, settings.build.seed
        ).train
    ranker, report = fit_ranker(
        bills.rows(known),
        counted[known],
        recall_of,
        facts.context,
        facts.clock,
        settings.evaluate.days,
        settings.recommend.training_queries,
        settings.build.seed,
        settings.build.threads,
        progress,
    )
    (folder / "ranker.txt").write_text("" if ranker is None else ranker.model_to_string(), encoding="utf-8")
    recall_of(bills, counted).behaviour.save(folder / "behaviour.safetensors")
    fusion = "reciprocal rank (too few held-out baskets to learn from)" if ranker is None else "learned"
    return {"fusion": fusion, **report, "entities_with_replenishment": intervals}


def recaller(settings: Settings, folder: Path, store: VectorStore) -> Callable[[Bills, NDArray[np.bool_]], Recall]:
    """Fits what some bills say and joins it with catalogue and graph."""
    catalogue = Catalogue.load(folder, store, settings.recommend.banned)
    graph = Graph.load(folder).trusted(settings.recommend.classifier_threshold)
    complements = Complements.of(graph, catalogue.terms, settings.recommend.complement_threshold)
    timed = load_facts(folder).clock == "time"
    return lambda bills, counted: Recall(catalogue, Behaviour.fit(bills, counted, catalogue, timed), complements)
