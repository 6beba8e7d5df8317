"""What each source of knowledge adds: the ranker trained again without it, on the same queries, exclusions and K.

Needs finished builds of the examples. Exclusions always come from the full graph: every variant is asked the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.shared import ROOT
from goeswith.data.prepare import load_facts
from goeswith.evaluate.completion import Question, questions
from goeswith.measure.intervals import ratio
from goeswith.measure.metrics import hit
from goeswith.measure.splits import split
from goeswith.recommend.bills import load_bills
from goeswith.recommend.rank import rank
from goeswith.recommend.ranker import fit_ranker
from goeswith.recommend.recall import Recall
from goeswith.recommend.stage import recaller
from goeswith.settings import load
from goeswith.text.encoders import load_encoder
from goeswith.text.store import ARTIFACT, VectorStore

EXAMPLES = ("online_retail",)


def _without_answers(recall: Recall) -> Recall:
    """No relation answers: an entity still replaces itself."""
    size = recall.complements.known.shape[0]
    nothing = sp.csr_matrix((size, size), dtype=np.float32)
    own = sp.diags(np.r_[np.ones(size - 1, np.float32), 0]).tocsr()
    return Recall(
        recall.catalogue,
        recall.behaviour,
        replace(recall.complements, complementary=nothing, known=nothing, substitute=own),
    )


def _without_entities(recall: Recall) -> Recall:
    """No entities at all: neither answers nor entity co-purchase."""
    catalogue = replace(recall.catalogue, entity=np.full_like(recall.catalogue.entity, -1))
    size = recall.complements.known.shape[0]
    nothing = sp.csr_matrix((size, size), dtype=np.float32)
    behaviour = replace(recall.behaviour, entity_lift=nothing, entity_share=nothing)
    return Recall(catalogue, behaviour, _without_answers(recall).complements)


def _without_ease(recall: Recall) -> Recall:
    behaviour = recall.behaviour
    return Recall(
        recall.catalogue,
        replace(behaviour, ease=sp.csr_matrix(behaviour.ease.shape, dtype=np.float32)),
        recall.complements,
    )


VARIANTS: dict[str, Callable[[Recall], Recall]] = {
    "everything": lambda recall: recall,
    "without relation answers": _without_answers,
    "without entities": _without_entities,
    "without text-augmented EASE": _without_ease,
}


def main() -> None:
    for name in EXAMPLES:
        directory = ROOT / "examples" / name
        if not (directory / "current" / "ranker.txt").is_file():
            print(f"skipped: build it first: goeswith build examples/{name}")
            continue
        _one(directory)


def _one(directory: Path) -> None:
    settings, build = load(directory), (directory / "current").resolve()
    store = VectorStore.open(build / ARTIFACT, load_encoder(settings.text.encoder))
    facts, (bills, counted) = load_facts(build), load_bills(build)
    fit = recaller(settings, build, store)
    seed, threads = settings.build.seed, settings.build.threads
    held = split(bills, facts.context, facts.clock, settings.evaluate.days, settings.evaluate.queries, seed)
    known, known_counted = bills.rows(held.train), counted[held.train]
    full = fit(known, known_counted)
    asked = questions(bills, held, full, facts, settings)
    print(f"{directory.name}: hit@{settings.evaluate.k} and its ratio to everything")
    hits: dict[str, list[np.ndarray]] = {}
    for variant, reduce in VARIANTS.items():
        ranker, _ = fit_ranker(
            known, known_counted, lambda b, c, reduce=reduce: reduce(fit(b, c)), facts.context, facts.clock,
            settings.evaluate.days, settings.recommend.training_queries, seed, threads, lambda what: None,
        )  # fmt: skip
        hits[variant] = [
            _hits(question, full, reduce(full), ranker, settings.evaluate.k, threads) for question in asked
        ]
        shown = [
            f"{question.name} {found.mean():.3f} ×{ratio(found, base, 1000, seed)}"
            for question, found, base in zip(asked, hits[variant], hits["everything"], strict=True)
        ]
        print(f"  {variant:<28} {'; '.join(shown)}", flush=True)


def _hits(question: Question, full: Recall, recall: Recall, ranker: object, k: int, threads: int) -> np.ndarray:
    contexts = [question.queries.context(number) for number in range(len(question.queries))]
    ranked = rank(
        recall,
        ranker,
        contexts,
        k,
        question.hold,
        threads,
        lambda number: full.allowed(contexts[number], question.hold),
    )  # type: ignore[arg-type]
    return hit(ranked.items, question.queries.target, k)
