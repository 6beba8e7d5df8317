"""The ends that a build knows: its items, and its entities, each through its most typical item.

known = Known.load(build)
known.ends[known.by_item["22423"]], known.ends[known.by_term["tea cup"]]
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from goeswith.entities.terms import tokens
from goeswith.knowledge.shield import reads_like_instructions
from goeswith.relations.ends import End


@dataclass(frozen=True)
class Known:
    ends: list[End]
    """Items in the order of the catalogue, then entities in the order of the Entity Dict."""
    by_item: dict[str, int]
    by_term: dict[str, int]
    items_of: dict[str, list[int]]
    """Items of each entity, surest first; titles that read like instructions speak for none (promise 4)."""

    @classmethod
    def load(cls, build: Path) -> Known:
        items = pq.read_table(build / "item_entities.parquet").to_pylist()
        categories = pq.read_table(build / "items.parquet", columns=["category"])["category"].to_pylist()
        ends = [
            End(row["title"], row["entity"] or row["guess"] or "", row["function"], category or "")
            for row, category in zip(items, categories, strict=True)
        ]
        items_of: dict[str, list[int]] = defaultdict(list)
        for place, row in sorted(enumerate(items), key=lambda entry: -entry[1]["probability"]):
            if row["entity"] is not None and not reads_like_instructions(row["title"]):
                items_of[row["entity"]].append(place)
        entities = pq.read_table(build / "entities.parquet", columns=["term", "function"]).to_pylist()
        by_term = {row["term"]: len(ends) + place for place, row in enumerate(entities)}
        own = [[ends[place] for place in items_of.get(row["term"], [])] for row in entities]
        faces = [_face(row["term"], row["function"], items) for row, items in zip(entities, own, strict=True)]
        return cls(ends + faces, {row["item_id"]: place for place, row in enumerate(items)}, by_term, dict(items_of))


def _face(term: str, function: str, items: list[End]) -> End:
    """An entity as an end: with the title and category of the item whose words most of its items share."""
    if not items:
        return End(term, term, function)
    shared = Counter(word for item in items for word in set(tokens(item.title)))

    def typical(item: End) -> float:
        words = set(tokens(item.title))
        return sum(shared[word] for word in words) / max(len(words), 1)

    face = max(items, key=typical)
    return End(face.title, term, function, face.category)
