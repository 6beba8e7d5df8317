"""What one customer has at home and when it runs out: which kinds the next trip is for, and which items of them."""

from __future__ import annotations

import numpy as np

from goeswith.simulate.customers import Customers
from goeswith.simulate.world import EXTRA, STARTS, TOOL, USES_UP, Activity, Floats, World

WHEN_STARTING = {STARTS: 0.85, TOOL: 0.5, USES_UP: 0.65, EXTRA: 0.2}
LATER = {STARTS: 0.04, TOOL: 0.1, USES_UP: 0.06, EXTRA: 0.06}
AGAIN = {STARTS: 0.005, TOOL: 0.02, USES_UP: 0.02, EXTRA: 0.04}
"""Role -> probability that a trip takes a kind not had yet when its activity starts, later, and one already had."""
RIVAL = 0.02
"""The same for a kind whose job something else at home does, or that refills what is not there."""
RAN_OUT, ELSEWHERE = 0.92, 0.6
"""The same for what has run out: of the activity the trip is for, and of others."""
IN_SEASON = 0.2
"""What each unit of season above 1 adds for what has not run out yet."""
AHEAD = 6.0
"""Days before it runs out at which a thing is bought again."""
SPREAD = 0.2
"""Deviation of log days until something is used up."""
FITS, PROMOTED = 2.0, 4.0
"""What adds to an item's utility: the brand of the thing it refills; each pound off a pound of its price."""


class Cupboard:
    """Days are counted from the first of the year; they may be fractions and, before it, negative."""

    def __init__(self, world: World, customers: Customers, customer: int, rng: np.random.Generator) -> None:
        self._world, self._rng = world, rng
        self._utility: Floats = customers.utility[customer]
        self._habit = float(customers.habit[customer])
        self._rivals = rivals(world)
        self._started: set[str] = set()
        self._had: dict[int, int] = {}
        self._due: dict[int, float] = {}

    def wanted(self, activities: list[Activity], day: float, season: Floats) -> list[int]:
        """Kinds that a trip for these activities takes; what runs out elsewhere comes along. `season`: shape (k,)."""
        kinds: dict[int, None] = {}
        for activity in activities:
            kinds.update(dict.fromkeys(self._needs(activity, day, season)))
        served = {kind for activity in activities for kind, _ in activity.needs}
        ran_out = [kind for kind, due in self._due.items() if due <= day + AHEAD and kind not in served]
        return [*kinds, *(kind for kind in ran_out if self._rng.random() < ELSEWHERE * min(season[kind], 1))]

    def choose(self, kind: int, discount: Floats) -> int:
        """An item of a kind: taste, habit, fit and what is off its price (a share; shape (n,)), and chance."""
        shelf = self._world.shelf[kind]
        score = self._utility[shelf] + PROMOTED * discount[shelf] + self._rng.gumbel(size=len(shelf))
        if kind in self._due:
            score += self._habit * (shelf == self._had[kind])
        refilled = self._had.get(int(self._world.refill_for[kind]))
        if refilled is not None:
            score += FITS * (self._world.brand[shelf] == self._world.brand[refilled])
        return int(shelf[score.argmax()])

    def put(self, kind: int, item: int, day: float, quantity: int = 1) -> None:
        self._had[kind] = item
        days = self._world.every_days[kind]
        if days < np.inf:
            self._due[kind] = day + float(days) * quantity * self._rng.lognormal(0, SPREAD)

    def start(self, activity: Activity) -> list[int]:
        """Take up an activity: the kinds bought for it, at least one of those that start it."""
        self._started.add(activity.name)
        taken: list[int] = []
        shuffled = [activity.needs[place] for place in self._rng.permutation(len(activity.needs))]
        for kind, role in sorted(shuffled, key=lambda need: need[1] != STARTS):
            first = role == STARTS and not taken
            if self._useful(kind, taken) and (first or self._rng.random() < WHEN_STARTING[role]):
                taken.append(kind)
        return taken

    def _needs(self, activity: Activity, day: float, season: Floats) -> list[int]:
        if activity.name not in self._started:
            return self.start(activity)
        taken: list[int] = []
        for kind, role in activity.needs:
            if self._rng.random() < self._chance(kind, role, day, float(season[kind]), taken):
                taken.append(kind)
        return taken

    def _chance(self, kind: int, role: str, day: float, season: float, taken: list[int]) -> float:
        if kind in self._due:
            early = AGAIN[USES_UP] + IN_SEASON * max(season - 1, 0)
            return RAN_OUT if self._due[kind] <= day + AHEAD else early
        if kind in self._had:
            return AGAIN[role]
        return LATER[role] if self._useful(kind, taken) else RIVAL

    def _useful(self, kind: int, taken: list[int]) -> bool:
        """Not had, nothing else does its job, and the thing that it refills is there."""
        if kind in self._had or any(rival in self._had or rival in taken for rival in self._rivals[kind]):
            return False
        refilled = int(self._world.refill_for[kind])
        return refilled < 0 or refilled in self._had or refilled in taken


def rivals(world: World) -> list[list[int]]:
    """For each kind those that do the same job."""
    return [np.flatnonzero(row).tolist() for row in world.same_job]
