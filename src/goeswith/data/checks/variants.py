"""Variants of one product: known by parent_id, or only visible as repeated titles?"""

from __future__ import annotations

from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, Level, ShopTables, share


def check(shop: ShopTables) -> Iterator[Finding]:
    items = shop.count("SELECT count(*) FROM items_in")
    if shop.tables["items"].has("parent_id"):
        variants = shop.count("SELECT count(parent_id) FROM items_in")
        yield Finding(
            Level.PASS,
            "variants",
            f"{share(variants, items)} items name their parent",
            "variants never follow each other",
        )
        return
    same = shop.count("SELECT count(*) - count(DISTINCT upper(title)) FROM items_in WHERE title IS NOT NULL")
    yield Finding(
        Level.WARN if same > 0.02 * items else Level.PASS,
        "variants",
        f"no parent_id; {share(same, items)} items repeat a title",
        "variants are told apart by title alone and may be recommended to each other; give parent_id" if same else "",
    )
