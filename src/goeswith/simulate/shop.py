"""The bundled shop, simulated for a year: catalogue, bills and click log, as a real shop would hand them over.

shop = simulate(Config(seed=7))
shop.purchases                       # pyarrow tables with the columns of the data contract
shop.write(Path("shop"))             # items.csv, purchases.parquet, impressions.parquet
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from goeswith.simulate import customers as people
from goeswith.simulate.bills import FIRST_DAY, Bills, Year
from goeswith.simulate.config import Config
from goeswith.simulate.impressions import Visits, visit
from goeswith.simulate.world import Ints, World, load

__all__ = ["Config", "Shop", "simulate"]


@dataclass(frozen=True)
class Shop:
    items: pa.Table
    """item_id, title, category, brand, price, parent_id, available."""
    purchases: pa.Table
    """user_id, basket_id, item_id, timestamp, quantity, price (of one, pounds), in order of time."""
    impressions: pa.Table
    """user_id, item_id, timestamp, clicked, converted, position, context_item_id, request_id, in order of time."""
    random_requests: frozenset[str]
    """Requests whose list is purely random; in no file, as a shop would hardly know."""

    def write(self, folder: Path) -> None:
        """The three files that a workspace reads; the folder is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        csv.write_csv(self.items, folder / "items.csv")
        pq.write_table(self.purchases, folder / "purchases.parquet", compression="zstd")
        pq.write_table(self.impressions, folder / "impressions.parquet", compression="zstd")


def simulate(config: Config | None = None) -> Shop:
    """The whole shop. Customers and trips have random numbers of their own: what moves clicks does not move them."""
    config, world = config or Config(), load()
    drawing, buying, visiting = (np.random.default_rng([config.seed, part]) for part in range(3))
    customers = people.draw(config, world, drawing)
    year = Year(config, world, customers, buying)
    bills = year.run()
    visits = visit(config, world, customers, bills, visiting)
    impressions, random = _impressions(world, visits)
    return Shop(_items(world), _purchases(world, with_conversions(bills, visits, year)), impressions, random)


def with_conversions(bills: Bills, visits: Visits, year: Year) -> Bills:
    """The year's bills, with what was converted on the bill that followed, once, unless it is on it already."""
    inside = bills.where(np.flatnonzero(bills.bill >= 0))
    request, position = np.nonzero(visits.converted)
    added = np.stack([visits.next_bill[request], visits.item[request, position]], axis=1)
    held = set(zip(inside.bill.tolist(), inside.item.tolist(), strict=True))
    fresh = sorted({(bill, item) for bill, item in added.tolist()} - held)
    bill, item = np.array(fresh, np.int64).reshape(-1, 2).T
    first = np.searchsorted(inside.bill, bill)
    time = inside.time[first]
    extra = Bills(inside.customer[first], bill, time, item, np.ones_like(item), year.price(item, time))
    both = Bills(*(np.concatenate([getattr(part, name) for part in (inside, extra)]) for name in Bills.columns()))
    return both.where(np.argsort(both.bill, kind="stable"))


def _items(world: World) -> pa.Table:
    return pa.table(
        {
            "item_id": pa.array(world.item_id, pa.string()),
            "title": pa.array(world.title, pa.string()),
            "category": pa.array(world.category, pa.string()),
            "brand": pa.array([world.brands[brand] for brand in world.brand], pa.string()),
            "price": pa.array(world.price),
            "parent_id": pa.array([parent or None for parent in world.parent_id], pa.string()),
            "available": pa.array(world.available),
        }
    )


def _purchases(world: World, bills: Bills) -> pa.Table:
    order = np.lexsort((bills.bill, bills.time))
    ordered = bills.where(order)
    number = np.cumsum(np.diff(ordered.bill, prepend=-1) != 0) - 1
    return pa.table(
        {
            "user_id": _names("C", 5, ordered.customer),
            "basket_id": _names("B", 6, number),
            "item_id": _items_named(world, ordered.item),
            "timestamp": _timestamps(ordered.time),
            "quantity": pa.array(ordered.quantity),
            "price": pa.array(ordered.price),
        }
    )


def _impressions(world: World, visits: Visits) -> tuple[pa.Table, frozenset[str]]:
    requests, shown = visits.item.shape
    request = np.repeat(np.arange(requests), shown)
    names = _names("R", 6, request)
    table = pa.table(
        {
            "user_id": _names("C", 5, visits.customer[request]),
            "item_id": _items_named(world, visits.item.ravel()),
            "timestamp": _timestamps(visits.time[request]),
            "clicked": pa.array(visits.clicked.ravel()),
            "converted": pa.array(visits.converted.ravel()),
            "position": pa.array(np.tile(np.arange(1, shown + 1), requests)),
            "context_item_id": _items_named(world, visits.context[request]),
            "request_id": names,
        }
    )
    random = _names("R", 6, np.flatnonzero(visits.random))
    return table, frozenset(random.to_pylist())


def _names(letter: str, digits: int, numbers: Ints) -> pa.Array:
    distinct, place = np.unique(numbers, return_inverse=True)
    return pa.array([f"{letter}{number:0{digits}d}" for number in distinct.tolist()], pa.string()).take(pa.array(place))


def _items_named(world: World, items: Ints) -> pa.Array:
    """Ids of items; null for −1."""
    return pa.array([*world.item_id, None], pa.string()).take(pa.array(items % (len(world.item_id) + 1)))


def _timestamps(seconds: Ints) -> pa.Array:
    return pa.array((FIRST_DAY + seconds).astype("datetime64[us]"))
