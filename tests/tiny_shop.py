"""A tiny gift shop, made by a seeded generator: files as a user has them, and what is true about them.

    folder = write(tmp_path / "shop")      # goeswith.toml, items.csv, purchases.parquet, answers/*.parquet

Entities belong to activities; a basket is one activity, mostly in one design, so both co-purchase and titles tell.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ACTIVITIES = {
    "tea": ["teapot", "tea cup", "saucer", "sugar bowl", "cake stand"],
    "light": ["candle", "candle holder", "lantern", "match box"],
    "writing": ["notebook", "notepad", "pen", "pencil case", "envelope"],
    "gift": ["gift bag", "ribbon", "wrapping paper", "greeting card"],
    "garden": ["watering can", "plant pot", "seed packet"],
}
DESIGNS = ["RED SPOT", "VINTAGE ROSE", "BLUE STRIPE", "WOODLAND"]
LATE = {("plant pot", "WOODLAND"): 175, ("tea cup", "BLUE STRIPE"): 172, ("candle", "VINTAGE ROSE"): 160}
SUBSTITUTES = [("notebook", "notepad"), ("gift bag", "wrapping paper")]
REFILLS = [("candle", "candle holder"), ("match box", "lantern")]
REASON = "both serve {activity}"
BASKETS, USERS, DAYS = 900, 90, 200
FIRST_DAY = datetime(2024, 1, 1, 9)
TOML = """\
[data]
items = "items.csv"
purchases = "purchases.parquet"

[data.columns.items]
item_id = "sku"
title = "name"

[llm]
provider = "recorded"
recorded = ["answers/*.parquet"]

[build]
threads = 1
memory = "512MB"

[text]
encoder = "words"

[recommend]
training_queries = 240

[evaluate]
bootstrap = 100
"""


@dataclass(frozen=True)
class Item:
    sku: str
    name: str
    entity: str | None
    activity: str
    design: str
    price: float
    available: bool = True
    parent: str = ""
    sold: bool = True
    since: int = 0
    """The day on which it is first offered."""


def catalogue() -> list[Item]:
    """Every entity in every design, some late, gone or never sold; large teapots; postage."""
    items = []
    for activity, entities in ACTIVITIES.items():
        for entity in entities:
            for design in DESIGNS:
                number = len(items)
                sku = str(10_000 + number)
                name = (f"{design} {entity.upper()}", f"{entity.upper()}, {design}", f"SET OF 4 {design} {entity}S")
                sold = (entity, design) not in (
                    ("saucer", "WOODLAND"),
                    ("lantern", "RED SPOT"),
                    ("pen", "VINTAGE ROSE"),
                    ("ribbon", "BLUE STRIPE"),
                )
                available = number not in (7, 30, 55)
                price = round(1 + number % 9 * 0.75, 2)
                since = LATE.get((entity, design), 0)
                items.append(Item(sku, name[number % 3], entity, activity, design, price, available, "", sold, since))
    large = [
        Item(f"{i.sku}L", f"LARGE {i.name}", i.entity, i.activity, i.design, i.price * 2, parent=i.sku)
        for i in items
        if i.entity == "teapot"
    ]
    return [*items, *large, Item("POST", "POSTAGE", None, "", "", 3.0)]


ITEMS = catalogue()
ENTITY_OF = {item.sku: item.entity for item in ITEMS}
WITHHELD = sorted(item.sku for place, item in enumerate(ITEMS) if place % 7 == 3 and item.entity)
"""Items whose titles nobody answered."""


def purchases(seed: int = 1) -> list[dict[str, Any]]:
    """One row an item of a basket, in order of time."""
    rng = np.random.default_rng(seed)
    sold = [item for item in ITEMS if item.sold and item.entity]
    rows = []
    minutes = np.sort(rng.integers(0, DAYS * 24 * 60, BASKETS))
    for number, minute in enumerate(minutes.tolist()):
        activity = rng.choice(list(ACTIVITIES), p=[0.34, 0.22, 0.18, 0.16, 0.1])
        design = rng.choice(DESIGNS)
        offered = [item for item in sold if item.since <= minute // (24 * 60)]
        fits = [i for i in offered if i.activity == activity and (i.design == design or rng.random() < 0.15)]
        chosen = [fits[place] for place in rng.permutation(len(fits))[: rng.integers(2, 6)]]
        if rng.random() < 0.3:
            chosen.append(offered[rng.integers(len(offered))])
        skus = {item.sku for item in chosen} | ({"POST"} if rng.random() < 0.3 else set())
        user = None if rng.random() < 0.2 else f"u{int(USERS * rng.random() ** 1.5):03d}"
        when = FIRST_DAY + timedelta(minutes=minute)
        rows += [
            {
                "user_id": user,
                "basket_id": f"b{number:04d}",
                "item_id": sku,
                "timestamp": when,
                "quantity": int(rng.integers(1, 4)),
            }
            for sku in sorted(skus)
        ]
    return rows


def entity_answers() -> list[dict[str, Any]]:
    """What an LLM said of the titles, some of them in two runs."""
    provenance = {"model": "a model", "prompt": "entities-1", "asked_at": "2024-08-01"}
    known = [item for item in ITEMS if item.sku not in WITHHELD]
    first = [{"title": item.name, "entity": item.entity, "vote": 1, **provenance} for item in known]
    return first + [{"title": item.name, "entity": item.entity, "vote": 2, **provenance} for item in known[::9]]


def relation_answers() -> list[dict[str, Any]]:
    provenance = {"model": "a model", "prompt": "relations-1", "asked_at": "2024-08-02"}
    rows = []
    for activity, entities in ACTIVITIES.items():
        for a, b in combinations(entities, 2):
            label = "substitute" if (a, b) in SUBSTITUTES else "refills" if (a, b) in REFILLS else "together"
            reason = REASON.format(activity=activity)
            rows.append({"a": a, "b": b, "label": label, "confidence": 5, "reason": reason, **provenance})
    firsts = [entities[0] for entities in ACTIVITIES.values()]
    for a, b in combinations(firsts, 2):
        rows.append({"a": a, "b": b, "label": "unrelated", "confidence": 4, "reason": "", **provenance})
    return rows


def write(folder: Path) -> Path:
    """The shop as a workspace that can be built."""
    (folder / "answers").mkdir(parents=True)
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("sku", "name", "price", "available", "parent_id"))
        writer.writerows((i.sku, i.name, i.price, int(i.available), i.parent) for i in ITEMS)
    pq.write_table(pa.Table.from_pylist(purchases()), folder / "purchases.parquet")
    pq.write_table(pa.Table.from_pylist(entity_answers()), folder / "answers/entities.parquet")
    pq.write_table(pa.Table.from_pylist(relation_answers()), folder / "answers/relations.parquet")
    (folder / "goeswith.toml").write_text(TOML, encoding="utf-8")
    return folder
