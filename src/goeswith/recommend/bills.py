"""Bills as arrays, and whose history they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from goeswith.data.users import user_key
from goeswith.measure.splits import Bills

Ints = NDArray[np.int64]


def load_bills(build: Path) -> tuple[Bills, NDArray[np.bool_]]:
    """All bills and the mask of the rows that take part in pair counts."""
    table = pq.read_table(build / "bills.parquet", columns=["basket", "user", "item", "time", "counted"])
    columns = (table[name].to_numpy().astype(np.int64) for name in ("basket", "user", "item", "time"))
    return Bills(*columns), table["counted"].to_numpy(zero_copy_only=False).astype(bool)


class Histories:
    """What each known customer took, oldest first."""

    def __init__(self, build: Path) -> None:
        users = pq.read_table(build / "users.parquet")
        self._number = dict(zip(users["key"].to_pylist(), users["user"].to_pylist(), strict=True))
        self._bills, _ = load_bills(build)
        self._order = np.lexsort((self._bills.item, self._bills.time, self._bills.user))
        self._users = self._bills.user[self._order]
        self.now = int(self._bills.time.max()) if len(self._bills) else 0

    def of(self, user_id: str) -> tuple[Ints, Ints] | None:
        """(items, times) of a customer, None where the customer is unknown."""
        number = self._number.get(user_key(user_id))
        if number is None:
            return None
        rows = self._order[np.searchsorted(self._users, number) : np.searchsorted(self._users, number, side="right")]
        return self._bills.item[rows], self._bills.time[rows]
