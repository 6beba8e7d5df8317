"""Simulated tables as arrays of numbers, for tests to count in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from goeswith.simulate.shop import Shop
from goeswith.simulate.world import load

DAY = 86_400
YEAR_BEGINS = 1_704_067_200
"""2024-01-01 in seconds since 1970."""


def column(table: pa.Table, name: str) -> np.ndarray:
    """Text as objects, times as seconds since the year began."""
    if pa.types.is_timestamp(table.schema.field(name).type):
        return table[name].cast(pa.int64()).to_numpy() // 1_000_000 - YEAR_BEGINS
    return table[name].to_numpy(zero_copy_only=False)


def numbers(table: pa.Table, name: str = "item_id") -> np.ndarray:
    """Places of items in the catalogue; −1 for none."""
    place = {item: number for number, item in enumerate(load().item_id)}
    return np.array([place.get(item, -1) for item in table[name].to_pylist()])


@dataclass(frozen=True)
class Lines:
    user: np.ndarray
    basket: np.ndarray
    item: np.ndarray
    kind: np.ndarray
    time: np.ndarray

    @classmethod
    def of(cls, shop: Shop) -> Lines:
        bills = shop.purchases
        item = numbers(bills)
        return cls(
            column(bills, "user_id"), column(bills, "basket_id"), item, load().kind[item], column(bills, "timestamp")
        )

    def again(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows that follow each other in the purchases of one kind by one customer: the earlier and the later."""
        order = np.lexsort((self.time, self.kind, self.user))
        same = (self.user[order][1:] == self.user[order][:-1]) & (self.kind[order][1:] == self.kind[order][:-1])
        return order[:-1][same], order[1:][same]
