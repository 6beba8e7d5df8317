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
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.annotate.quality import Quality
from goeswith.entities.dictionary import EntityDict
from goeswith.knowledge.base import KnowledgeBase
from goeswith.measure import agreement
from goeswith.relations import saved
from goeswith.relations.asking import QUEUED, REVIEW, doubted, queue
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import End, Ends, Language
from goeswith.relations.examples import Examples
from goeswith.relations.guard import guarded, left_out
from goeswith.relations.known import Known
from goeswith.relations.relate import P_COARSE, Relater, as_rows
from goeswith.relations.self_training import confident
from goeswith.relations.together import Evidence, together
from goeswith.relations.training import over, training, untrainable
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

ARTIFACTS = (*saved.ARTIFACTS, "predicted.parquet", "queue.parquet", "review.parquet")
PREDICTED = pa.schema(
    [("a", pa.string()), ("b", pa.string()), ("relation", pa.string()), ("coarse", pa.string())]
    + [(name, pa.float64()) for name in P_COARSE]
    + [(f"p{number}", pa.float64()) for number in range(1, 10)]
)


def run(settings: Settings, folder: Path, base: KnowledgeBase, store: VectorStore) -> dict[str, Any]:
    known = Known.load(folder)
    resolve = EntityDict.load(folder).resolver()
    quality = Quality.from_json((folder / "quality.json").read_text(encoding="utf-8"))
    taught = training(base, known, resolve, settings, quality)
    facts: dict[str, Any] = {
        "people": taught.people,
        "llm": taught.llm,
        "llm_doubted": taught.doubted,
        "kin": taught.kin,
        "answers_on_unknown_ends": taught.unknown,
    }
    facts |= {"pairs_that_people_contradict": taught.contradictions}
    why = untrainable(taught.answers)
    if why:
        saved.save_untrained(folder, why)
        for name, schema in (("predicted", PREDICTED), ("queue", QUEUED), ("review", REVIEW)):
            _write(folder, name, [], schema)
        return facts | {"trained": False, "why": why}
    used, examples = over(taught.examples)
    language = Language.fit(known.ends, together(folder, Evidence.of(settings)))
    ends = language.encode([known.ends[row] for row in used], store)
    model, share = guarded(examples, ends, Config.of(settings))
    open_pairs = _open_pairs(folder)
    if settings.relations.self_training and open_pairs:
        examples = replace(examples, weight=np.where(examples.person, 1, share) * examples.weight)
        examples, ends = _with_own(model, examples, ends, language.encode(_faces(known, open_pairs), store))
        model = Classifier.fit(examples, ends, Config.of(settings))
    saved.save(folder, model, language, Evidence.of(settings))
    predicted = _predicted(Relater(model, language, store), known, open_pairs)
    review = doubted(taught, model, known)
    _write(folder, "predicted", predicted, PREDICTED)
    _write(folder, "queue", queue(predicted, known, folder), QUEUED)
    _write(folder, "review", review, REVIEW)
    return facts | {
        "trained": True,
        "llm_share": share,
        **_quality(examples, model),
        "predicted": dict(sorted(Counter(row["coarse"] for row in predicted).items())),
        "labels_to_review": len(review),
    }


def _open_pairs(folder: Path) -> list[tuple[str, str]]:
    """Proposed pairs without an answer, a < b, sorted."""
    answers = pq.read_table(folder / "answers.parquet", columns=["a", "b"])
    answered = set(zip(answers["a"].to_pylist(), answers["b"].to_pylist(), strict=True))
    proposed = pq.read_table(folder / "pairs.parquet", columns=["a", "b"])
    pairs = zip(proposed["a"].to_pylist(), proposed["b"].to_pylist(), strict=True)
    return sorted({(min(a, b), max(a, b)) for a, b in pairs} - answered)


def _faces(known: Known, pairs: list[tuple[str, str]]) -> list[End]:
    """First ends of the pairs, then second ends."""
    return [known.ends[known.by_term[pair[side]]] for side in (0, 1) for pair in pairs]


def _with_own(model: Classifier, examples: Examples, ends: Ends, faces: Ends) -> tuple[Examples, Ends]:
    """The examples joined by the classifier's own surest decisions on the pairs of faces (first ends, second ends)."""
    both, half = ends.join(faces), len(faces) // 2
    own = confident(model, both, len(ends) + np.arange(half), len(ends) + half + np.arange(half))
    return examples.join(own), both


def _predicted(relater: Relater, known: Known, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    ends = _faces(known, pairs)
    told = as_rows(relater.tell(ends[: len(pairs)], ends[len(pairs) :]))
    return [{"a": a, "b": b} | row for (a, b), row in zip(pairs, told, strict=True)]


def _write(folder: Path, name: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / f"{name}.parquet", compression="zstd")


def _quality(examples: Examples, model: Classifier) -> dict[str, float]:
    """How well people's labels are met by a model that did not see each; beside the constant class."""
    if not examples.person.any():
        return {}
    table = left_out(examples, model)
    return {
        "left_out_accuracy": round(float(agreement.accuracy(table)), 4),
        "left_out_macro_f1": round(float(agreement.macro_f1(table)), 4),
        "constant_accuracy": round(float(table.sum(axis=1).max() / table.sum()), 4),
    }
