"""Are there baskets to learn from, and monsters among them?"""

from __future__ import annotations

from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, Level, ShopTables, share


def check(shop: ShopTables) -> Iterator[Finding]:
    if "purchases" not in shop.tables:
        return
    source = shop.tables["purchases"]
    key = "basket_id" if source.has("basket_id") else "user_id"
    name = "baskets" if key == "basket_id" else "histories"
    cap = shop.settings.data.basket_cap
    total, several, three, monsters, largest = shop.engine.row(
        "SELECT count(*), sum(CASE WHEN n > 1 THEN 1 ELSE 0 END), sum(CASE WHEN n > 2 THEN 1 ELSE 0 END), "
        f"sum(CASE WHEN n > {cap} THEN 1 ELSE 0 END), max(n) FROM "
        f"(SELECT {key}, count(DISTINCT item_id) AS n FROM purchases_in WHERE {key} IS NOT NULL GROUP BY {key})"
    )
    if not total:
        yield Finding(
            Level.FAIL, f"baskets: {name}", f"no row has a {key}", "nothing can be learned from the purchases"
        )
        return
    few = several < 100
    yield Finding(
        Level.WARN if few else Level.PASS,
        f"baskets: {name}",
        f"{share(several, total)} have two items or more, {three:,} three",
        "co-purchase will be weak; the graph and the titles carry the recommendations" if few else "",
    )
    yield Finding(
        Level.WARN if monsters else Level.PASS,
        "baskets: size",
        f"{share(monsters, total)} hold more than {cap} items; largest {largest:,}",
        f"a draw of {cap} of their items takes part in counting (data.basket_cap)" if monsters else "",
    )
    if key == "user_id":
        yield Finding(
            Level.WARN, "baskets: context", "no basket_id", "what a customer ever took is the context, not one visit"
        )
