"""Returns and cancellations: lines that are no purchase."""

from __future__ import annotations

from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, Level, ShopTables, share, worst


def check(shop: ShopTables) -> Iterator[Finding]:
    if "purchases" not in shop.tables:
        return
    if not shop.tables["purchases"].has("quantity"):
        yield Finding(Level.PASS, "returns", "no quantity column", "every line counts as bought")
        return
    rows, returns = shop.engine.row("SELECT count(*), sum(CASE WHEN quantity <= 0 THEN 1 ELSE 0 END) FROM purchases_in")
    yield Finding(
        worst(returns or 0, rows, 0.05, 0.9),
        "returns",
        f"{share(returns or 0, rows)} lines have a quantity of 0 or less",
        "they are left out; the purchase they undo still counts" if returns else "",
    )
