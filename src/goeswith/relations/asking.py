"""What people are asked (`goeswith label`): pairs whose label is worth most, and labels that the classifier doubts.

| table | one row is | columns |
|---|---|---|
| queue | a pair that nobody answered, worth most first | a, b, title_a, title_b, worth, relation, p_substitute … |
| review | a label of people, most doubted first | a, b, item_a, item_b, title_a, title_b, given, suggested, margin |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.annotate.review import suspicious
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.relations.classifier import Classifier
from goeswith.relations.examples import COARSE, Floats64
from goeswith.relations.known import Known
from goeswith.relations.relate import P_COARSE
from goeswith.relations.training import Training

LONGEST_QUEUE = 500
QUEUED = pa.schema(
    [(name, pa.string()) for name in ("a", "b", "title_a", "title_b")]
    + [("worth", pa.float64()), ("relation", pa.string())]
    + [(name, pa.float64()) for name in P_COARSE]
)
REVIEW = pa.schema(
    [(name, pa.string()) for name in ("a", "b", "item_a", "item_b", "title_a", "title_b", "given", "suggested")]
    + [("margin", pa.float64())]
)


def queue(predicted: list[dict[str, Any]], known: Known, folder: Path) -> list[dict[str, Any]]:
    """The predicted pairs worth most, at most LONGEST_QUEUE."""
    entities = pq.read_table(folder / "entities.parquet", columns=["term", "items", "baskets"]).to_pylist()
    values = worth(predicted, {row["term"]: row["baskets"] or row["items"] for row in entities})
    rows = [
        row | {"worth": value, "title_a": _title(known, row["a"]), "title_b": _title(known, row["b"])}
        for row, value in zip(predicted, values, strict=True)
    ]
    best = sorted(rows, key=lambda row: (-row["worth"], row["a"], row["b"]))[:LONGEST_QUEUE]
    return [{name: row[name] for name in QUEUED.names} for row in best]


def _title(known: Known, term: str) -> str:
    return known.ends[known.by_term[term]].title


def worth(predicted: Sequence[Mapping[str, Any]], matters: Mapping[str, int]) -> list[float]:
    """Of each pair, between 0 and 1: entropy of its coarse probabilities × log popularity of its rarer end, divided by
    how often its ends stand in pairs that are worth more, so that the first dozen are not all about one entity.

    `matters` counts the baskets (or items) of each entity.
    """
    p = np.array([[row[f"p_{coarse}"] for coarse in COARSE] for row in predicted]).reshape(-1, len(COARSE))
    doubt = -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1) / np.log(len(COARSE))
    weight = np.log1p([min(matters.get(row["a"], 0), matters.get(row["b"], 0)) for row in predicted])
    raw = doubt * (1 + weight) / (1 + weight.max(initial=0))
    met: Counter[str] = Counter()
    out = [0.0] * len(predicted)
    for place in np.argsort(-raw, kind="stable"):
        a, b = predicted[place]["a"], predicted[place]["b"]
        out[place] = float(raw[place] / (1 + met[a] + met[b]))
        met.update((a, b))
    return out


def doubted(taught: Training, model: Classifier, known: Known) -> list[dict[str, Any]]:
    """People's labels that a classifier which never saw them contradicts; of an answer on terms the first grounding."""
    probabilities = model.calibration(model.coarse.left_out)
    people = np.flatnonzero(taught.examples.person)
    given = taught.examples.coarse.argmax(axis=1)
    items = {row: item for item, row in known.by_item.items()}
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for suspect in suspicious(given[people], probabilities[people]):
        place = people[suspect.index]
        pair = taught.pairs[place]
        first, second = (known.ends[row] for row in pair)
        row = {"a": first.entity, "b": second.entity, "title_a": first.title, "title_b": second.title}
        row |= {"item_a": items.get(pair[0], ""), "item_b": items.get(pair[1], "")}
        row |= {"given": _named(taught.examples.nine[place], COARSE[suspect.given])}
        rows.setdefault(pair, row | {"suggested": str(COARSE[suspect.suggested]), "margin": suspect.margin})
    return list(rows.values())


def _named(nine: Floats64, coarse: Coarse) -> str:
    """The label behind a row of examples: one of the nine, or the coarse class that was spread over several."""
    return Relation(int(nine.argmax()) + 1).name.lower() if nine.max() == 1 else str(coarse)
