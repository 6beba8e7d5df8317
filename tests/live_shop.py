"""The tiny shop with a live LLM instead of recorded answers, what a truthful LLM says of it, and what a build made.

with FakeLLM(answer=live_shop.truth) as llm:
    folder = live_shop.write(tmp_path / "shop", llm.url)     # goeswith build folder now asks the server
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import tiny_shop
from goeswith.knowledge import prices
from goeswith.knowledge.relation import Relation
from llm_server import INPUT_PRICE, OUTPUT_PRICE, FakeLLM

RECORDED = 'provider = "recorded"\nrecorded = ["answers/*.parquet"]\n'
CONCURRENCY, QUESTIONS = 2, 12
LLM = {
    "provider": "openai",
    "model": "fake-1",
    "api_key_env": "FAKE_LLM_KEY",
    "budget": 1.0,
    "questions": QUESTIONS,
    "concurrency": CONCURRENCY,
    "backoff": 0.01,
    "poll": 0.01,
}
TERM_OF = {item.name: item.entity for item in tiny_shop.ITEMS}
LABEL_OF = {(row["a"], row["b"]): row for row in tiny_shop.relation_answers()}


def write(folder: Path, url: str, **llm: object) -> Path:
    """The workspace, unbuilt; `llm` are further keys of [llm]."""
    tiny_shop.write(folder)
    keys = [f"{key} = {json.dumps(value)}" for key, value in ({**LLM, "base_url": url} | llm).items()]
    price = f'prices = {{"fake-1" = {{input = {INPUT_PRICE}, output = {OUTPUT_PRICE}}}}}'
    toml = tiny_shop.TOML.replace(RECORDED, "\n".join([*keys, price, ""]))
    (folder / "goeswith.toml").write_text(toml, encoding="utf-8")
    return folder


def truth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the tiny shop's makers know of titles and pairs."""
    return [{"id": row["id"], **(_entity(row["title"]) if "title" in row else _relation(row))} for row in rows]


def _entity(title: str) -> dict[str, Any]:
    return {"entity": TERM_OF.get(title), "function": ""}


def _relation(row: dict[str, Any]) -> dict[str, Any]:
    known = LABEL_OF.get((row["a"], row["b"])) or LABEL_OF.get((row["b"], row["a"]))
    if known is None:
        return {"relation": "unrelated", "confidence": 4, "reason": ""}
    label = Relation[known["label"].upper()]
    label = label if known["a"] == row["a"] else label.swapped
    return {"relation": label.name.lower(), "confidence": known["confidence"], "reason": known["reason"]}


def graph(folder: Path) -> list[dict[str, Any]]:
    """The edges of the live build, without the time at which they were asked."""
    return pq.read_table(folder / "current/edges.parquet").drop_columns(["asked_at"]).to_pylist()


@dataclass(frozen=True)
class Books:
    """What the ledger tells; questions are named as the server names them."""

    stored: list[str]
    """Questions with an answer, as often as they have one."""
    open_requests: int
    in_flight: Counter[str]
    """Questions of requests whose end nobody saw."""
    spent: float


def books(folder: Path) -> Books:
    connection = sqlite3.connect(folder / "knowledge.sqlite")
    try:
        name = "CASE q.kind WHEN 'entity' THEN q.a ELSE q.a || '|' || q.b END"
        answers = f"SELECT {name} FROM answer x JOIN question q ON q.id = x.question WHERE x.request IS NOT NULL"
        open_ = (
            f"SELECT {name} FROM asked x JOIN question q ON q.id = x.question "
            "JOIN request r ON r.id = x.request WHERE r.state = 'open'"
        )
        return Books(
            [row[0] for row in connection.execute(answers)],
            connection.execute("SELECT count(*) FROM request WHERE state = 'open'").fetchone()[0],
            Counter(row[0] for row in connection.execute(open_)),
            connection.execute("SELECT coalesce(sum(cost), 0) FROM request").fetchone()[0] / prices.UNIT,
        )
    finally:
        connection.close()


def check_books(folder: Path, llm: FakeLLM, kills: int, budget: float = 1.0) -> None:
    """Promise 1: what is stored was paid once; only what was in flight at a kill may be paid again; all in budget."""
    found, charged = books(folder), Counter(llm.asked)
    assert len(found.stored) == len(set(found.stored))
    assert charged.keys() >= set(found.stored)
    assert all(times <= (question in found.stored) + found.in_flight[question] for question, times in charged.items())
    assert found.open_requests <= kills * CONCURRENCY
    assert llm.bill <= found.spent + 1e-12
    assert found.spent <= budget
