"""Do rows repeat that should not?"""

from __future__ import annotations

from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, ShopTables, share, worst


def check(shop: ShopTables) -> Iterator[Finding]:
    items = shop.count("SELECT count(*) FROM items_in")
    repeated = shop.count("SELECT count(item_id) - count(DISTINCT item_id) FROM items_in")
    yield Finding(
        worst(repeated, items, 0.0001, 0.5),
        "duplicates: items",
        f"item_id repeats in {share(repeated, items)} rows",
        "the first row of an id is used" if repeated else "",
    )
    nameless = shop.count("SELECT count(*) FROM items_in WHERE item_id IS NULL OR title IS NULL")
    yield Finding(
        worst(nameless, items, 0.0001, 0.9),
        "duplicates: unnamed",
        f"{share(nameless, items)} items have no id or no title",
        "they are left out: without a title nothing is known of them" if nameless else "",
    )
    if "purchases" not in shop.tables:
        return
    lines, distinct = shop.engine.row(
        "SELECT count(*), count(DISTINCT (basket_id, user_id, item_id, timestamp, seq)) FROM purchases_in"
    )
    yield Finding(
        worst(lines - distinct, lines, 0.2, 2),
        "duplicates: purchases",
        f"{share(lines - distinct, lines)} lines repeat",
        "an item counts once a basket; check that the table was not loaded twice"
        if lines - distinct > 0.2 * lines
        else "",
    )
