"""The data contract: four tables, their columns and what each column means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "number", "integer", "flag", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    """Of each group at least one column must be there."""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


ITEMS = Table(
    "items",
    (
        Column("item_id", "id", required=True),
        Column("title", "text", required=True),
        Column("category", "text"),
        Column("brand", "text"),
        Column("price", "number"),
        Column("description", "text"),
        Column("available", "flag"),
        Column("parent_id", "id"),
    ),
)
PURCHASES = Table(
    "purchases",
    (
        Column("user_id", "id"),
        Column("basket_id", "id"),
        Column("item_id", "id", required=True),
        Column("timestamp", "time"),
        Column("seq", "integer"),
        Column("quantity", "number"),
        Column("price", "number"),
    ),
    one_of=(("basket_id", "user_id"),),
)
IMPRESSIONS = Table(
    "impressions",
    (
        Column("user_id", "id", required=True),
        Column("item_id", "id", required=True),
        Column("timestamp", "time", required=True),
        Column("clicked", "flag", required=True),
        Column("converted", "flag"),
        Column("position", "integer"),
        Column("context_item_id", "id"),
        Column("request_id", "id"),
    ),
)
LABELS = Table(
    "labels",
    (
        Column("item_a", "id"),
        Column("item_b", "id"),
        Column("entity_a", "text"),
        Column("entity_b", "text"),
        Column("relation", "text", required=True),
        Column("annotator", "id"),
    ),
    one_of=(("item_a", "entity_a"), ("item_b", "entity_b")),
)
QUERIES = Table(
    "queries",
    (
        Column("query_id", "id", required=True),
        Column("item_id", "id"),
        Column("basket", "text"),
        Column("user_id", "id"),
        Column("timestamp", "time"),
    ),
    one_of=(("basket", "item_id", "user_id"),),
)
TITLES = Table(
    "titles",
    (Column("item_id", "id", required=True), Column("title", "text", required=True), Column("category", "text")),
)
PAIRS = Table(
    "pairs",
    (
        Column("pair_id", "id", required=True),
        Column("title_a", "text"),
        Column("title_b", "text"),
        Column("item_a", "id"),
        Column("item_b", "id"),
    ),
    one_of=(("title_a", "item_a"), ("title_b", "item_b")),
)
TABLES = {table.name: table for table in (ITEMS, PURCHASES, IMPRESSIONS, LABELS)}
