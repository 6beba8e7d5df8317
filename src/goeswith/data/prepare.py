"""From typed views to the build's own tables: items, users, bills.

| artifact | one row is | columns |
|---|---|---|
| items.parquet | an item, sorted by id | item (its row number from 0) and the columns of the items table |
| users.parquet | a customer with an id | user, key (a digest of the id) |
| bills.parquet | an item in a basket, by time | basket, user, item, time (µs, or the user's seq), quantity, counted |

A bill without a customer counts as a customer of its own: `user` = −1 − basket. Returns, rows of unknown items and
repeated lines leave; of a basket above `data.basket_cap` a seeded draw of items stays `counted`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import goeswith.data
from goeswith.data.readers import open_table, root
from goeswith.data.tables import ITEMS, PURCHASES
from goeswith.data.users import write_users
from goeswith.engine import Engine
from goeswith.engine.duck import sql
from goeswith.errors import DataError
from goeswith.settings import Settings

ARTIFACTS = ("items.parquet", "users.parquet", "bills.parquet", "facts.json")


@dataclass(frozen=True)
class Facts:
    """What the later stages must know about the bills."""

    items: int
    bills: int
    """Rows of bills.parquet."""
    baskets: int
    users: int
    context: str
    """`basket`: what lies in one basket goes together; `history`: what one customer ever took; `none`: no bills."""
    clock: str
    """`time`: comparable between users; `seq`: an order within each user's history only; `none`."""
    cut_baskets: int
    dropped: dict[str, int]


def prepare(engine: Engine, settings: Settings, directory: Path, out: Path) -> Facts:
    """Write the artifacts above into `out`."""
    items = open_table(engine, ITEMS, settings.data, directory)
    if items is None:
        raise DataError("no catalogue", where="[data]", remedy='name your item file: items = "items.csv"')
    items.validate()
    package = goeswith.data
    engine.write(sql(package, "items.sql"), out / "items.parquet")
    engine.view("items", out / "items.parquet")
    kept = int(engine.row("SELECT count(*) FROM items")[0])
    dropped = {"items: repeated, or without id or title": items.count() - kept}
    if kept == 0:
        raise DataError("no item has an id and a title", where=items.where, remedy="check [data.columns.items]")

    purchases = open_table(engine, PURCHASES, settings.data, directory)
    if purchases is None:
        engine.keep("lines", sql(package, "no_lines.sql"))
        context, clock = "none", "none"
    else:
        purchases.validate()
        context = "basket" if purchases.has("basket_id") else "history"
        clock = next(
            (name for name, column in (("time", "timestamp"), ("seq", "seq")) if purchases.has(column)), "none"
        )
        key = "basket_id" if context == "basket" else "user_id"
        when = {"time": "timestamp", "seq": "seq", "none": "row"}[clock]
        dropped |= _dropped(engine, key)
        engine.keep("lines", sql(package, "lines.sql").replace("{context}", key).replace("{when}", when))
    engine.keep("users", sql(package, "users.sql"))
    write_users(engine, out / "users.parquet")
    engine.write(
        sql(package, "bills.sql"), out / "bills.parquet", cap=settings.data.basket_cap, seed=settings.build.seed
    )
    engine.view("bills", out / "bills.parquet")
    bills, baskets, cut = engine.row(
        "SELECT count(*), count(DISTINCT basket), count(DISTINCT CASE WHEN NOT counted THEN basket END) FROM bills"
    )
    facts = Facts(kept, bills, baskets, int(engine.row("SELECT count(*) FROM users")[0]), context, clock, cut, dropped)
    (out / "facts.json").write_text(json.dumps(asdict(facts), indent=1, sort_keys=True) + "\n")
    return facts


def _dropped(engine: Engine, key: str) -> dict[str, int]:
    nameless, returns, unknown = engine.row(sql(goeswith.data, "dropped.sql").replace("{context}", key))
    return {
        "purchases: without item or basket": nameless,
        "purchases: returns (quantity of 0 or less)": returns,
        "purchases: of items that the catalogue does not have": unknown,
    }


def load_facts(build: Path) -> Facts:
    return Facts(**json.loads((build / "facts.json").read_text()))


def search_path(settings: Settings, directory: Path) -> Path:
    """Where file names inside a user's SQL are looked up."""
    return root(settings.data, directory)
