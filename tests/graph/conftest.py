"""Small builds: entities, their co-purchase and answers on their pairs, made into edges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goeswith.annotate.quality import Quality
from goeswith.graph import build
from goeswith.graph.query import Graph as Loaded
from goeswith.knowledge.relation import coarse, parse
from goeswith.relations.stage import PREDICTED
from goeswith.settings import Graph

TERMS = ["cup", "lamp oil", "oil lamp", "saucer"]
Answer = dict[str, Any]
Make = Callable[..., Path]
PROPOSED = pa.schema([("a", pa.string()), ("b", pa.string()), ("lift", pa.float64()), ("customers", pa.int64())])


def answer(a: str, b: str, relation: str, kind: str = "llm", **more: Any) -> Answer:
    return {
        "a": a,
        "b": b,
        "relation": relation,
        "coarse": str(coarse(parse(relation))),
        "confidence": None,
        "probability": None,
        "vote": 1,
        "kind": kind,
        "who": f"a {kind}",
        "prompt": "p1",
        "asked_at": "2026-11-01",
        "reason": "",
        "proposed": True,
        **more,
    }


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A build of the given answers; `bought` maps a pair to its (baskets, customers), `lifts` to (lift, customers)."""

    def make(
        *answers: Answer,
        bought: dict[tuple[str, str], tuple[int, int]] | None = None,
        lifts: dict[tuple[str, str], tuple[float, int]] | None = None,
        predicted: list[dict[str, Any]] | None = None,
        name: str = "build",
        terms: list[str] = TERMS,
        **settings: Any,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        pq.write_table(pa.table({"term": terms, "items": [1] * len(terms)}), folder / "entities.parquet")
        rows = [(terms.index(a), terms.index(b), *counts) for (a, b), counts in (bought or {}).items()]
        columns = list(zip(*rows, strict=True)) or [()] * 4
        names = ("a", "b", "baskets", "customers")
        together = {name: pa.array(list(column), pa.int64()) for name, column in zip(names, columns, strict=True)}
        pq.write_table(pa.table(together), folder / "entity_pairs.parquet")
        proposed = [{"a": a, "b": b, "lift": lift, "customers": n} for (a, b), (lift, n) in (lifts or {}).items()]
        pq.write_table(pa.Table.from_pylist(proposed, PROPOSED), folder / "pairs.parquet")
        pq.write_table(pa.Table.from_pylist(predicted or [], PREDICTED), folder / "predicted.parquet")
        pq.write_table(pa.Table.from_pylist(list(answers)), folder / "answers.parquet")
        (folder / "quality.json").write_text(Quality.fit([]).to_json())
        build.run(Graph(**settings), folder)
        return folder

    return make


@pytest.fixture
def said() -> Callable[..., Answer]:
    """An answer: said("cup", "saucer", "together", kind="person")."""
    return answer


@pytest.fixture
def graph(make, said) -> Loaded:
    return Loaded.load(
        make(
            said("cup", "saucer", "together", confidence=5),
            said("cup", "lamp oil", "unrelated", confidence=5),
            said("lamp oil", "oil lamp", "refills", confidence=4),
            said("cup", "oil lamp", "substitute", confidence=3),
        )
    )
