"""Do ids lead anywhere?"""

from __future__ import annotations

from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, ShopTables, share, worst

IDS = {"purchases": ("item_id",), "impressions": ("item_id",), "labels": ("item_a", "item_b")}


def check(shop: ShopTables) -> Iterator[Finding]:
    for table, columns in IDS.items():
        if table not in shop.tables:
            continue
        for column in columns:
            if not shop.tables[table].has(column):
                continue
            rows = shop.count(f"SELECT count({column}) FROM {table}_in")
            lost = shop.count(
                f"SELECT count(*) FROM {table}_in t LEFT JOIN (SELECT DISTINCT item_id FROM items_in) i "
                f"ON i.item_id = t.{column} WHERE t.{column} IS NOT NULL AND i.item_id IS NULL"
            )
            example = shop.engine.row(
                f"SELECT min(t.{column}) FROM {table}_in t LEFT JOIN items_in i ON i.item_id = t.{column} "
                "WHERE i.item_id IS NULL"
            )[0]
            yield Finding(
                worst(lost, rows, 0.01, 0.5),
                f"joins: {table}.{column}",
                f"{share(lost, rows)} are not in the catalogue",
                f"those rows are ignored; e.g. {example!r}" if lost else "",
            )
