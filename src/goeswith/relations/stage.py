"""Stage 4 as the pipeline runs it.

| artifact | one row is | columns |
|---|---|---|
| relations.* | the trained classifier | |
| predicted.parquet | a proposed pair that nobody answered (a < b) | a, b, relation, coarse, p_substitute …, p1 … p9 |
| queue.parquet | a pair worth a person's label, best first | a, b, title_a, title_b, worth, relation, p_substitute … |
| review.parquet | a label of people that the classifier doubts | a, b, item_a …, title_a …, given, suggested |

Where the answers on record cannot teach a classifier the tables are empty, and relations.json and the report say why.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.annotate.quality import Quality
from goeswith.annotate.review import suspicious
from goeswith.entities.dictionary import EntityDict
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.relation import Relation
from goeswith.measure import agreement
from goeswith.relations import saved
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import Language
from goeswith.relations.examples import COARSE, Examples
from goeswith.relations.known import Known
from goeswith.relations.relate import P_COARSE, Relater, as_rows
from goeswith.relations.training import Training, over, training
from goeswith.relations.worth import worth
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

ARTIFACTS = (*saved.ARTIFACTS, "predicted.parquet", "queue.parquet", "review.parquet")
FEWEST = 30
"""Examples below which nothing is trained."""
QUEUE = 500
PREDICTED = pa.schema(
    [("a", pa.string()), ("b", pa.string()), ("relation", pa.string()), ("coarse", pa.string())]
    + [(name, pa.float64()) for name in P_COARSE]
    + [(f"p{number}", pa.float64()) for number in range(1, 10)]
)
QUEUED = pa.schema(
    [(name, pa.string()) for name in ("a", "b", "title_a", "title_b")]
    + [("worth", pa.float64()), ("relation", pa.string())]
    + [(name, pa.float64()) for name in P_COARSE]
)
REVIEW = pa.schema(
    [(name, pa.string()) for name in ("a", "b", "item_a", "item_b", "title_a", "title_b", "given", "suggested")]
    + [("margin", pa.float64())]
)


def run(settings: Settings, folder: Path, base: KnowledgeBase, store: VectorStore) -> dict[str, Any]:
    known = Known.load(folder)
    resolve = EntityDict.load(folder).resolver()
    quality = Quality.from_json((folder / "quality.json").read_text(encoding="utf-8"))
    taught = training(base, known, resolve, settings.labels.tie, quality, settings.build.seed)
    facts = {"people": taught.people, "llm": taught.llm, "kin": taught.kin, "answers_on_unknown_ends": taught.unknown}
    facts |= {"pairs_that_people_contradict": taught.contradictions}
    why = untrainable(taught.examples)
    if why:
        saved.save_untrained(folder, why)
        for name, schema in (("predicted", PREDICTED), ("queue", QUEUED), ("review", REVIEW)):
            pq.write_table(schema.empty_table(), folder / f"{name}.parquet")
        return facts | {"trained": False, "why": why}
    used, examples = over(taught.examples)
    language = Language.fit(known.ends)
    ends = language.encode([known.ends[row] for row in used], store)
    model = Classifier.fit(examples, ends, Config(seed=settings.build.seed))
    saved.save(folder, model, language)
    predicted = _predicted(Relater(model, language, store), known, folder)
    pq.write_table(pa.Table.from_pylist(predicted, PREDICTED), folder / "predicted.parquet", compression="zstd")
    queue = _queue(predicted, known, folder)
    pq.write_table(pa.Table.from_pylist(queue, QUEUED), folder / "queue.parquet", compression="zstd")
    review = _review(taught, model, known)
    pq.write_table(pa.Table.from_pylist(review, REVIEW), folder / "review.parquet", compression="zstd")
    return facts | {
        "trained": True,
        **_quality(examples, model),
        "predicted": dict(sorted(Counter(row["coarse"] for row in predicted).items())),
        "labels_to_review": len(review),
    }


def untrainable(examples: Examples) -> str:
    """Why these examples cannot teach a classifier; "" where they can."""
    if len(examples) < FEWEST:
        return f"{len(examples)} labelled pairs on record, at least {FEWEST} are needed"
    classes = np.unique(examples.coarse.argmax(axis=1))
    if len(classes) < 2:
        return f"all {len(examples)} labelled pairs are {COARSE[int(classes[0])]}: nothing tells the classes apart"
    return ""


def _predicted(relater: Relater, known: Known, folder: Path) -> list[dict[str, Any]]:
    """Proposed pairs without an answer."""
    answers = pq.read_table(folder / "answers.parquet", columns=["a", "b"])
    answered = set(zip(answers["a"].to_pylist(), answers["b"].to_pylist(), strict=True))
    proposed = pq.read_table(folder / "pairs.parquet", columns=["a", "b"]).to_pylist()
    ordered = sorted({tuple(sorted((row["a"], row["b"]))) for row in proposed} - answered)
    rows = np.array([[known.by_term[term] for term in pair] for pair in ordered], np.int64).reshape(-1, 2)
    told = relater.tell([known.ends[row] for row in rows[:, 0]], [known.ends[row] for row in rows[:, 1]])
    return [{"a": a, "b": b} | row for (a, b), row in zip(ordered, as_rows(told), strict=True)]


def _queue(predicted: list[dict[str, Any]], known: Known, folder: Path) -> list[dict[str, Any]]:
    entities = pq.read_table(folder / "entities.parquet", columns=["term", "items", "baskets"]).to_pylist()
    matters = {row["term"]: row["baskets"] or row["items"] for row in entities}
    values = worth(predicted, matters)
    order = sorted(
        range(len(predicted)), key=lambda place: (-values[place], predicted[place]["a"], predicted[place]["b"])
    )
    titles = {term: known.ends[row].title for term, row in known.by_term.items()}
    return [
        {
            **{name: predicted[place].get(name) for name in QUEUED.names},
            "title_a": titles[predicted[place]["a"]],
            "title_b": titles[predicted[place]["b"]],
            "worth": values[place],
        }
        for place in order[:QUEUE]
    ]


def _review(taught: Training, model: Classifier, known: Known) -> list[dict[str, Any]]:
    """People's labels that a classifier which never saw them contradicts; of an answer on terms the first grounding."""
    probabilities = model.calibration(model.coarse.left_out)
    people = np.flatnonzero(taught.examples.person)
    given = taught.examples.coarse.argmax(axis=1)
    rows: list[dict[str, Any]] = []
    seen: set[tuple[int, int]] = set()
    items = {row: item for item, row in known.by_item.items()}
    for suspect in suspicious(given[people], probabilities[people]):
        place = people[suspect.index]
        pair = taught.pairs[place]
        if pair in seen:
            continue
        seen.add(pair)
        first, second = (known.ends[row] for row in pair)
        rows.append(
            {
                "a": first.entity,
                "b": second.entity,
                "item_a": items.get(pair[0], ""),
                "item_b": items.get(pair[1], ""),
                "title_a": first.title,
                "title_b": second.title,
                "given": Relation(int(taught.examples.nine[place].argmax()) + 1).name.lower(),
                "suggested": str(COARSE[suspect.suggested]),
                "margin": suspect.margin,
            }
        )
    return rows


def _quality(examples: Examples, model: Classifier) -> dict[str, float]:
    """How well people's labels are met by a model that saw all others; beside the constant class."""
    people = examples.person
    if not people.any():
        return {}
    truth = examples.coarse[people].argmax(axis=1)
    table = agreement.confusion(truth, model.coarse.left_out[people].argmax(axis=1), len(COARSE))
    return {
        "left_out_accuracy": round(float(agreement.accuracy(table)), 4),
        "left_out_macro_f1": round(float(agreement.macro_f1(table)), 4),
        "constant_accuracy": round(float(np.bincount(truth).max() / len(truth)), 4),
    }
