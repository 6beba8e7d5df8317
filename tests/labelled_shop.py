"""The tiny shop with labels of people on its items, in and out of distribution, and an LLM's answers on items.

    made = material()                    # KARL's experiment on it
    write(folder)                        # the same as a workspace: labels.csv, elsewhere.sql, answers/items.csv

People label what goes with one item of each entity, all say the truth; the LLM errs where it is not confident.
"""

from __future__ import annotations

import csv
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

import tiny_shop
from goeswith.evaluate.studies.karl.material import Material, gather
from goeswith.knowledge.base import Record
from goeswith.knowledge.relation import Relation
from goeswith.relations.ends import End, Ends, Language
from goeswith.relations.known import Known
from goeswith.text.encoders import Words
from goeswith.text.store import VectorStore
from tiny_shop import Item

INSIDE, OUTSIDE = ("tea", "light", "writing"), ("gift", "garden")
ITEMS = [item for item in tiny_shop.ITEMS if item.entity and not item.parent]
POOL, WRONG = 80, 12
"""Pairs that only the LLM was asked about, and how many of them it has wrong."""
Told = tuple[Item, Item, Relation]


class Short(Words):
    name, dimension = "short", 64


def relation(a: Item, b: Item) -> Relation:
    """What is true, directed from a to b."""
    pair = (a.entity, b.entity)
    if a.entity == b.entity or pair in tiny_shop.SUBSTITUTES or pair[::-1] in tiny_shop.SUBSTITUTES:
        return Relation.SUBSTITUTE
    if pair in tiny_shop.REFILLS:
        return Relation.REFILLS
    if pair[::-1] in tiny_shop.REFILLS:
        return Relation.REFILLED_BY
    return Relation.TOGETHER if a.activity == b.activity else Relation.UNRELATED


@cache
def labelled(activities: tuple[str, ...]) -> list[Told]:
    """Eight pairs of one item of each entity; three pairs are labelled the other way round, too."""
    rng = np.random.default_rng(len(activities))
    told: list[Told] = []
    for query in ITEMS[:: len(tiny_shop.DESIGNS)]:
        if query.activity in activities:
            others = [item for item in ITEMS if item is not query and item.activity in activities]
            kin = [item for item in others if item.entity == query.entity]
            near = [item for item in others if item.activity == query.activity and item.entity != query.entity]
            far = [item for item in others if item.activity != query.activity]
            for items, count in ((kin, 2), (near, 3), (far, 3)):
                chosen = [items[place] for place in rng.permutation(len(items))[:count]]
                told += [(query, item, relation(query, item)) for item in chosen]
    return told + [(b, a, relation(b, a)) for a, b, _ in told[2::16][:3]]


@cache
def answered() -> list[tuple[Item, Item, Relation, int]]:
    """The LLM on every second of people's pairs in distribution, on all others, and on the pool; with confidence."""
    people = [*labelled(INSIDE)[::2], *labelled(OUTSIDE)]
    seen = {frozenset((a.sku, b.sku)) for a, b, _ in [*labelled(INSIDE), *labelled(OUTSIDE)]}
    told = [(b, a, relation(b, a), 5) for a, b, _ in people]
    open_ = [pair for pair in combinations(ITEMS, 2) if frozenset(item.sku for item in pair) not in seen]
    rng = np.random.default_rng(5)
    rng.shuffle(open_)
    open_.sort(key=lambda pair: relation(*pair) is Relation.UNRELATED)
    chosen = [*open_[: POOL // 2], *open_[-POOL // 2 :]]
    wrong = set(rng.choice(POOL, WRONG, replace=False).tolist())
    for place, (a, b) in enumerate(chosen):
        told.append((a, b, Relation.UNCLEAR, 2) if place in wrong else (a, b, relation(a, b), 5))
    return told


def people(activities: tuple[str, ...]) -> list[Record]:
    return [_record(a, b, said, "p1", "person") for a, b, said in labelled(activities)]


def answers() -> list[Record]:
    return [_record(a, b, said, "a model", "llm", confidence) for a, b, said, confidence in answered()]


def _record(a: Item, b: Item, said: Relation, who: str, source: str, confidence: int | None = None) -> Record:
    return Record(
        "relation",
        a.name,
        said.name.lower(),
        who,
        b=b.name,
        item_a=a.sku,
        item_b=b.sku,
        confidence=confidence,
        source=source,  # type: ignore[arg-type]
    )


def known() -> Known:
    ends = [End(item.name, item.entity or "", f"serve {item.activity}") for item in ITEMS]
    return Known(ends, {item.sku: place for place, item in enumerate(ITEMS)}, {}, {})


@cache
def material(outside: bool = True) -> Material:
    return gather(people(INSIDE), people(OUTSIDE) if outside else [], answers(), known(), ("drop", "drop"))


@cache
def encoded(outside: bool = True) -> Ends:
    return Language.fit(known().ends).encode(material(outside).ends, VectorStore(Short()))


def write(folder: Path) -> Path:
    """The tiny shop as a workspace with labels and answers on items, unbuilt; --ood elsewhere.sql."""
    tiny_shop.write(folder)
    header = ("item_a", "item_b", "relation", "annotator")
    for name, activities in (("labels.csv", INSIDE), ("elsewhere.csv", OUTSIDE)):
        rows = [(a.sku, b.sku, said.name.lower(), "p1") for a, b, said in labelled(activities)]
        _csv(folder / name, header, rows)
    rows = [(a.name, b.name, a.sku, b.sku, said.name.lower(), c, "a model") for a, b, said, c in answered()]
    _csv(folder / "answers/items.csv", ("a", "b", "item_a", "item_b", "label", "confidence", "model"), rows)
    (folder / "elsewhere.sql").write_text("SELECT * FROM 'elsewhere.csv'\n")
    toml = tiny_shop.TOML.replace("[data]\n", '[data]\nlabels = "labels.csv"\n')
    (folder / "goeswith.toml").write_text(toml.replace('"answers/*.parquet"', '"answers/*"'), encoding="utf-8")
    return folder


def _csv(path: Path, header: tuple[str, ...], rows: list[tuple]) -> None:  # type: ignore[type-arg]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
