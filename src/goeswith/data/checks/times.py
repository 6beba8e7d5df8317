"""Is there a time, does it make sense, does it reach far enough?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from goeswith.data.checks.shop import Finding, Level, ShopTables, share

DAY = 86_400_000_000


def check(shop: ShopTables) -> Iterator[Finding]:
    for table in ("purchases", "impressions"):
        if table not in shop.tables:
            continue
        source = shop.tables[table]
        if not source.has("timestamp"):
            has_seq = source.has("seq")
            yield Finding(
                Level.WARN,
                f"times: {table}",
                "only an order (seq)" if has_seq else "neither timestamp nor seq",
                "no split in time, no seasons, no replenishment; evaluation holds out "
                + ("each user's last items" if has_seq else "random baskets"),
            )
            continue
        rows, missing, first, last, future = shop.engine.row(
            f"SELECT count(*), sum(CASE WHEN timestamp IS NULL THEN 1 ELSE 0 END), min(timestamp), max(timestamp), "
            f"sum(CASE WHEN timestamp > {int((time.time() + 86_400) * 1e6)} THEN 1 ELSE 0 END) FROM {table}_in"
        )
        if missing:
            yield Finding(
                Level.WARN, f"times: {table}", f"{share(missing, rows)} rows have no time", "they count as the oldest"
            )
        if future:
            yield Finding(
                Level.WARN,
                f"times: {table}",
                f"{share(future, rows)} rows lie in the future",
                "they would be the evaluation's test: correct the clock or the time zone",
            )
        if first is None:
            yield Finding(Level.FAIL, f"times: {table}", "no time at all", "map another column to timestamp")
            continue
        days, needed = (last - first) / DAY, 2 * shop.settings.evaluate.days
        short = table == "purchases" and days < needed
        yield Finding(
            Level.WARN if short else Level.PASS,
            f"times: {table}",
            f"{_date(first)} to {_date(last)}, {days:,.0f} days",
            f"less than {needed} days: lower evaluate.days, now {shop.settings.evaluate.days}" if short else "",
        )


def _date(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).date().isoformat()
