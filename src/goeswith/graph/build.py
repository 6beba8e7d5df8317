"""From answers to edges: one row a pair of entities, with a distribution over the nine relations and who said so.

An LLM's answers count as far as they can be believed (`annotate.quality`). A person's answer of reliability r puts r on
its class; 1 − r goes to the other classes as if each coarse class were equally likely (a coarse answer spreads r over
its fine classes), and the answers of several are averaged. A curated edge outranks people's labels, which outrank an
LLM; for the proposed pairs that nobody answered the classifier speaks.

edges.parquet: a, b (a < b), relation (from a to b), coarse, probability (of the coarse class), p_substitute,
p_complementary, p_unrelated, p1 … p9, directed, source, who, prompt, asked_at, votes, confidence, reason, baskets,
customers.

`baskets` and `customers` are empty below `graph.minimum_customers` distinct customers (promise 3).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from goeswith.annotate.quality import Judged, Quality, Vote
from goeswith.graph.query import CLASSIFIER
from goeswith.knowledge.relation import DIRECTED, Coarse, Relation, parse
from goeswith.settings import Graph

ARTIFACTS = ("edges.parquet",)
RANK = {"curated": 0, "person": 1, "llm": 2}
COARSE = (Coarse.SUBSTITUTE, Coarse.COMPLEMENTARY, Coarse.UNRELATED)
FINE = {coarse: [int(r) - 1 for r in Relation if r.coarse is coarse] for coarse in COARSE}
PRIOR = np.array([1 / len(FINE[relation.coarse]) for relation in Relation])
SCHEMA = pa.schema(
    [
        ("a", pa.string()),
        ("b", pa.string()),
        ("relation", pa.string()),
        ("coarse", pa.string()),
        ("probability", pa.float64()),
    ]
    + [(f"p_{coarse}", pa.float64()) for coarse in COARSE]
    + [(f"p{number}", pa.float64()) for number in range(1, 10)]
    + [
        ("directed", pa.bool_()),
        ("source", pa.string()),
        ("who", pa.string()),
        ("prompt", pa.string()),
        ("asked_at", pa.string()),
        ("votes", pa.int32()),
        ("confidence", pa.int8()),
        ("reason", pa.string()),
        ("baskets", pa.int64()),
        ("customers", pa.int64()),
    ]
)


def run(settings: Graph, folder: Path) -> dict[str, Any]:
    answers: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in pq.read_table(folder / "answers.parquet").to_pylist():
        answers[row["a"], row["b"]].append(row)
    support = _support(folder, settings.minimum_customers)
    quality = Quality.from_json((folder / "quality.json").read_text(encoding="utf-8"))
    lifts = _lifts(folder, settings.minimum_customers)
    none = (None, None)
    edges = []
    for pair, given in answers.items():
        heard = _heard(given)
        fine = distribution(heard, settings, quality, lifts.get(pair))
        edges.append(_edge(pair, heard, support.get(pair, none), fine))
    for row in pq.read_table(folder / "predicted.parquet").to_pylist():
        edges.append(_predicted(row, support.get((row["a"], row["b"]), none)))
    edges.sort(key=lambda edge: (edge["a"], edge["b"]))
    pq.write_table(pa.Table.from_pylist(edges, SCHEMA), folder / "edges.parquet", compression="zstd")
    kinds = [edge["coarse"] for edge in edges]
    sources = [edge["source"] for edge in edges]
    return {
        "edges": len(edges),
        "by_relation": {str(coarse): kinds.count(coarse) for coarse in COARSE},
        "by_source": {source: sources.count(source) for source in sorted(set(sources))},
    }


def distribution(
    answers: list[dict[str, Any]], settings: Graph, quality: Quality, lift: float | None = None
) -> NDArray[np.float64]:
    """Over the nine relations, shape (9,): an LLM's votes by their measured quality, people's as their mean."""
    if answers[0]["kind"] == "llm":
        votes = tuple(Vote(parse(answer["relation"]), answer["confidence"]) for answer in answers)
        return np.asarray(quality.nine([Judged(votes, lift=lift)])[0])
    return np.asarray(np.mean([_one(answer, settings) for answer in answers], axis=0))


def _one(answer: dict[str, Any], settings: Graph) -> NDArray[np.float64]:
    reliability = settings.person if answer["probability"] is None else float(answer["probability"])
    relation = parse(answer["relation"])
    fine = [int(relation) - 1] if isinstance(relation, Relation) else FINE[relation]
    doubt = PRIOR.copy()
    doubt[fine] = 0
    out: NDArray[np.float64] = (1 - reliability) * doubt / doubt.sum()
    out[fine] = reliability / len(fine)
    return out


def _heard(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the kind that outranks the others."""
    best = min(RANK[answer["kind"]] for answer in answers)
    return [answer for answer in answers if RANK[answer["kind"]] == best]


def _edge(
    pair: tuple[str, str],
    heard: list[dict[str, Any]],
    support: tuple[int | None, int | None],
    fine: NDArray[np.float64],
) -> dict[str, Any]:
    fine = np.round(fine, 9)
    by_coarse = {coarse: float(fine[FINE[coarse]].sum()) for coarse in COARSE}
    coarse = max(COARSE, key=lambda c: by_coarse[c])
    relation = Relation(FINE[coarse][int(np.argmax(fine[FINE[coarse]]))] + 1)
    witness = max(heard, key=lambda a: (parse(a["relation"]) == relation, a["confidence"] or 0, bool(a["reason"])))
    return {
        "a": pair[0],
        "b": pair[1],
        "relation": relation.name.lower(),
        "coarse": str(coarse),
        "probability": round(by_coarse[coarse], 9),
        **{f"p_{c}": round(p, 9) for c, p in by_coarse.items()},
        **{f"p{number}": float(p) for number, p in enumerate(fine, start=1)},
        "directed": relation in DIRECTED,
        "source": witness["kind"],
        "who": witness["who"],
        "prompt": witness["prompt"],
        "asked_at": witness["asked_at"],
        "votes": len(heard),
        "confidence": witness["confidence"],
        "reason": witness["reason"],
        "baskets": support[0],
        "customers": support[1],
    }


def _predicted(row: dict[str, Any], support: tuple[int | None, int | None]) -> dict[str, Any]:
    """An edge that nobody answered, with the classifier's calibrated probabilities."""
    relation = Relation[row["relation"].upper()]
    numbers = {name: round(row[name], 9) for name in SCHEMA.names if name.startswith("p_") or name[1:].isdecimal()}
    return {
        "a": row["a"],
        "b": row["b"],
        "relation": row["relation"],
        "coarse": row["coarse"],
        "probability": numbers[f"p_{row['coarse']}"],
        **numbers,
        "directed": relation in DIRECTED,
        "source": CLASSIFIER,
        "who": "goeswith",
        "prompt": "",
        "asked_at": "",
        "votes": 0,
        "confidence": None,
        "reason": "",
        "baskets": support[0],
        "customers": support[1],
    }


def _lifts(folder: Path, minimum: int) -> dict[tuple[str, str], float]:
    """Shrunken lift of the proposed pairs that enough customers share."""
    table = pq.read_table(folder / "pairs.parquet", filters=[("customers", ">=", minimum)])
    columns = [table[name].to_pylist() for name in ("a", "b", "lift")]
    return {(a, b): lift for a, b, lift in zip(*columns, strict=True)}


def _support(folder: Path, minimum: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Co-purchase of the pairs that enough customers share."""
    terms = pq.read_table(folder / "entities.parquet", columns=["term"])["term"].to_pylist()
    table = pq.read_table(folder / "entity_pairs.parquet", filters=[("customers", ">=", minimum)])
    columns = [table[name].to_pylist() for name in ("a", "b", "baskets", "customers")]
    return {(terms[a], terms[b]): (baskets, customers) for a, b, baskets, customers in zip(*columns, strict=True)}
