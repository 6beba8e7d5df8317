"""A year of trips: who comes when, for which activities, and what is on the bill."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from goeswith.simulate.config import Config
from goeswith.simulate.cupboard import Cupboard
from goeswith.simulate.customers import Customers
from goeswith.simulate.world import Activity, Floats, Ints, World

DAY = 86_400
FIRST_DAY = np.datetime64("2024-01-01", "s")
DAYS = 365
MONTH = (FIRST_DAY + np.arange(DAYS) * DAY).astype("datetime64[M]").astype(np.int64) % 12
"""The month, 0 … 11, of each day."""
WEEKDAY = np.array([1.0, 0.9, 0.9, 1.0, 1.3, 1.7, 1.1])
"""Weight of Monday … Sunday; 2024 starts on a Monday."""
MORE_ACTIVITIES = 0.3
"""Probability that a trip is for a second activity too, and for a third."""
ALREADY = 0.75
"""Probability that what a customer would surely do this year was taken up before."""
PROMOTIONS = 0.03
"""Share of the items with something off their price, other ones every week."""
DISPLAY = 10.0
"""How much more often a promoted item is taken along for no reason."""
MOST = 6
"""Wanted kinds on a bill; the rest waits for the next trip."""
SEVERAL = (0.9, 0.98)
"""Probabilities of at most one, at most two pieces of what is used up."""
BEFORE = -1
"""The bill of what customers had before the first day."""


@dataclass(frozen=True)
class Bills:
    """Columns of one length, ordered by customer, then time."""

    customer: Ints
    bill: Ints
    """Counted from 0 within the year, in order of customer, then time; or BEFORE."""
    time: Ints
    """Seconds since the start of the first day; negative before it."""
    item: Ints
    quantity: Ints
    price: Floats
    """Paid for one, pounds."""

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def columns(cls) -> list[str]:
        return [field.name for field in fields(cls)]

    def where(self, rows: Ints) -> Bills:
        return Bills(*(getattr(self, name)[rows] for name in self.columns()))


class Year:
    """Simulates trips customer by customer; `_rows` gathers the lines of `Bills`."""

    def __init__(self, config: Config, world: World, customers: Customers, rng: np.random.Generator) -> None:
        self._config, self._world, self._customers, self._rng = config, world, customers, rng
        self.discount = promotions(len(world.item_id), rng)
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._impulses = np.cumsum(customers.appeal * (1 + DISPLAY * (self.discount > 0)), axis=1)
        self._season = kind_season(world)
        self._openings = np.cumsum(world.season[MONTH], axis=0)
        self._bill = 0

    def run(self) -> Bills:
        trips = self._rng.multinomial(self._config.bills, self._customers.visits)
        for customer, count in enumerate(trips.tolist()):
            self._customer(customer, self._times(count, day_weights(self._world, self._customers.preference[customer])))
        who, bill, time, item, quantity = np.array(self._rows, np.int64).reshape(-1, 5).T
        return Bills(who, bill, time, item, quantity, self.price(item, time))

    def price(self, item: Ints, time: Ints) -> Floats:
        off = self.discount[np.maximum(time, 0) // (7 * DAY), item]
        return np.asarray(np.round(self._world.price[item] * (1 - off), 2), np.float64)

    def _times(self, count: int, weights: Floats) -> list[int]:
        """Opening hours of days drawn by weight; never twice the same second."""
        days = self._rng.choice(DAYS, count, p=weights)
        times = np.sort(days * DAY + self._rng.integers(8 * 3600, 20 * 3600, count))
        return [int(time) for time in np.maximum.accumulate(times - np.arange(count)) + np.arange(count)]

    def _customer(self, customer: int, times: list[int]) -> None:
        cupboard = Cupboard(self._world, self._customers, customer, self._rng)
        opening = self._before(cupboard, customer, len(times))
        preference = self._customers.preference[customer] * self._world.season
        for time in times:
            self._trip(cupboard, customer, time, preference[MONTH[time // DAY]] * (opening <= time // DAY))
            self._bill += 1

    def _before(self, cupboard: Cupboard, customer: int, trips: int) -> Ints:
        """From which day on each activity is the customer's, shape (a,); what was theirs before is at home already.

        The more of the trips are for an activity, the likelier it is an old one; new ones open in their season.
        """
        expected = self._customers.preference[customer] * trips
        known = self._rng.random(len(expected)) < ALREADY * (1 - np.exp(-expected))
        for place in np.flatnonzero(known):
            for kind in cupboard.start(self._world.activities[place]):
                last = min(float(self._world.every_days[kind]), 300.0)
                day = -last * self._rng.random()
                item = cupboard.choose(kind, self.discount[0])
                cupboard.put(kind, item, day)
                self._rows.append((customer, BEFORE, int(day * DAY) - 1, item, 1))
        drawn = self._rng.random(len(known)) * self._openings[-1]
        return np.where(known, 0, (self._openings <= drawn).sum(axis=0))

    def _trip(self, cupboard: Cupboard, customer: int, time: int, preference: Floats) -> None:
        day, off = time / DAY, self.discount[time // (7 * DAY)]
        kinds = cupboard.wanted(self._activities(preference), day, self._season[MONTH[time // DAY]])
        lines: dict[int, int] = {}
        for kind in self._shortened(kinds):
            item = cupboard.choose(kind, off)
            lines[item] = self._quantity(kind)
            cupboard.put(kind, item, day, lines[item])
        # what is taken along for no reason is not kept track of at home
        for _ in range(max(int(self._rng.poisson(self._config.impulse)), 0 if lines else 1)):
            lines.setdefault(self._impulse(time // (7 * DAY)), 1)
        self._rows += [(customer, self._bill, time, item, quantity) for item, quantity in lines.items()]

    def _activities(self, preference: Floats) -> list[Activity]:
        shares = np.cumsum(preference)
        count = 1 + int(self._rng.binomial(2, MORE_ACTIVITIES)) if shares[-1] > 0 else 0
        drawn = np.searchsorted(shares, self._rng.random(count) * shares[-1], side="right")
        return [self._world.activities[place] for place in dict.fromkeys(drawn.tolist())]

    def _shortened(self, kinds: list[int]) -> list[int]:
        if len(kinds) <= MOST:
            return kinds
        return [kinds[place] for place in np.sort(self._rng.permutation(len(kinds))[:MOST])]

    def _quantity(self, kind: int) -> int:
        if self._world.every_days[kind] == np.inf:
            return 1
        return 1 + int(np.searchsorted(SEVERAL, self._rng.random()))

    def _impulse(self, week: int) -> int:
        edges = self._impulses[week]
        return int(np.searchsorted(edges, self._rng.random() * edges[-1], side="right"))


def promotions(items: int, rng: np.random.Generator) -> Floats:
    """The share that is off each item's price, week by week; shape (53, items)."""
    promoted = rng.random((53, items)) < PROMOTIONS
    return np.asarray(promoted * rng.choice([0.1, 0.2, 0.3], (53, items)), np.float64)


def kind_season(world: World) -> Floats:
    """The season of the activity of a kind that is most in season, month by month; shape (12, k)."""
    season = np.zeros((12, len(world.kinds)))
    for activity, weight in zip(world.activities, world.season.T, strict=True):
        needed = [kind for kind, _ in activity.needs]
        season[:, needed] = np.maximum(season[:, needed], weight[:, None])
    return season


def day_weights(world: World, preference: Floats) -> Floats:
    """Share of the trips on each day of who prefers activities so, shape (a,): more in their season; shape (365,)."""
    weights = (world.season @ preference)[MONTH] * WEEKDAY[np.arange(DAYS) % 7]
    return np.asarray(weights / weights.sum(), np.float64)
