"""What a customer had bought by a moment: the last bill, the last lines, and how long ago any kind was bought."""

from __future__ import annotations

import numpy as np

from goeswith.simulate.bills import BEFORE, DAY, DAYS, Bills
from goeswith.simulate.world import Floats, Ints, World

SPAN = 4 * DAYS * DAY
"""More than any two times lie apart, so that customer · SPAN + time is in order of both."""
LINES, RECENT = 12, 30
"""At most so many lines, at most so many days old, are recent."""


class History:
    """Questions are arrays of one shape; everything asked for lies strictly before the times given."""

    def __init__(self, world: World, bills: Bills) -> None:
        self._kinds = len(world.kinds)
        kind = world.kind[bills.item]
        self._bought = np.sort(self._key(bills.customer * self._kinds + kind, bills.time))
        lines = bills.where(np.flatnonzero(bills.bill != BEFORE))
        self._lines, self._kind = lines, world.kind[lines.item]
        self._line = self._key(lines.customer, lines.time)
        first = np.flatnonzero(np.diff(lines.bill, prepend=-1))
        self._first, self._last = first, np.append(first[1:], len(lines))
        self._bill = self._line[first]

    def days_since(self, customer: Ints, kind: Ints, time: Ints) -> Floats:
        """Days since the customer last bought the kind; infinite for never."""
        who = customer * self._kinds + kind
        place = np.searchsorted(self._bought, self._key(who, time)) - 1
        found = self._bought[np.maximum(place, 0)]
        same = (place >= 0) & (found // SPAN == who)
        return np.where(same, (self._key(who, time) - found) / DAY, np.inf)

    def recent(self, customer: Ints, time: Ints) -> tuple[Ints, Floats]:
        """Kinds of the last lines and their age in days (infinite where there are fewer); shapes (m, LINES)."""
        end = np.searchsorted(self._line, self._key(customer, time))
        place = end[:, None] - 1 - np.arange(LINES)
        line = np.maximum(place, 0)
        age = (time[:, None] - self._lines.time[line]) / DAY
        known = (place >= 0) & (self._lines.customer[line] == customer[:, None]) & (age <= RECENT)
        return self._kind[line], np.where(known, age, np.inf)

    def last_bill(self, customer: Ints, time: Ints) -> Ints:
        """The latest bill, or BEFORE where there is none yet."""
        bill = np.searchsorted(self._bill, self._key(customer, time)) - 1
        found = (bill >= 0) & (self._bill[np.maximum(bill, 0)] // SPAN == customer)
        return np.where(found, bill, BEFORE)

    def next_bill(self, customer: Ints, time: Ints, days: float) -> Ints:
        """The first bill after a time and within some days, or BEFORE."""
        key = self._key(customer, time)
        bill = np.searchsorted(self._bill, key, side="right")
        ahead = self._bill[np.minimum(bill, len(self._bill) - 1)] - key
        return np.where((bill < len(self._bill)) & (ahead <= days * DAY), bill, BEFORE)

    def bill(self, bill: Ints) -> tuple[Ints, Ints]:
        """Customer and time of bills."""
        return self._lines.customer[self._first[bill]], self._lines.time[self._first[bill]]

    def line_of(self, bill: Ints, share: Floats) -> Ints:
        """The item that lies at a share (0 … 1) of a bill's lines; −1 for no bill."""
        first, last = self._first[bill], self._last[bill]
        item = self._lines.item[first + ((last - first) * share).astype(np.int64)]
        return np.where(bill == BEFORE, -1, item)

    @staticmethod
    def _key(who: Ints, time: Ints) -> Ints:
        return np.asarray(who * SPAN + time + SPAN // 2, np.int64)
