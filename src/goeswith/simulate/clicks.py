"""Why an item that is looked at is clicked: it completes what was bought, it has run out, it is to one's taste.

    log-odds = base + 2.2·graph_strength·completes·open + repeat_strength·(1.2·due − 1.2·has − 1.2·rival)
               + taste_strength·taste + noise

- completes: how much the item's kind completes a kind bought in the last 30 days, fading with its age;
- open: the customer has none of the kind, or it is due, and has what it refills;
- due, has: bought before and used up by now, or not used up;
- rival: another kind that does the same job was bought in the last 30 days, fading likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goeswith.simulate.config import Config
from goeswith.simulate.history import History
from goeswith.simulate.truth import complements
from goeswith.simulate.world import Floats, Ints, World

COMPLETES, DUE, HAS, RIVAL = 2.2, 1.2, -1.2, -1.2
FADES = 30.0
"""Days in which a purchase loses 1 − 1/e of its hold on the next visits."""
NEARLY = 0.8
"""Share of its days after which something that is used up is due."""


@dataclass(frozen=True)
class Need:
    """What speaks for and against the kinds of shown items; shapes (m, s)."""

    completes: Floats
    """0 … 1."""
    due: Floats
    """1 or 0, like `has`."""
    has: Floats
    rival: Floats
    """0 … 1."""


def need(world: World, history: History, customer: Ints, time: Ints, kind: Ints) -> Need:
    """Of requests by `customer` at `time`, shapes (m,), that show kinds, shape (m, s)."""
    who, when = customer[:, None], time[:, None]
    since = history.days_since(who, kind, when)
    due = np.isfinite(since) & (since >= NEARLY * world.every_days[kind])
    has = np.isfinite(since) & ~due
    refilled = world.refill_for[kind]
    fits = (refilled < 0) | np.isfinite(history.days_since(who, refilled, when))
    recent, age = history.recent(customer, time)
    completes = _strongest(complements(world), recent, age, kind) * (~has & fits)
    rival = _strongest(world.same_job.astype(np.float64), recent, age, kind)
    return Need(completes, due.astype(np.float64), has.astype(np.float64), rival)


def _strongest(relation: Floats, recent: Ints, age: Floats, kind: Ints) -> Floats:
    """The strongest relation (k, k) of any recent kind (m, r), fading with its age (m, r), to each kind (m, s)."""
    strength = np.zeros(kind.shape)
    for bought, fade in zip(recent.T, np.exp(-age / FADES).T, strict=True):
        np.maximum(strength, relation[bought[:, None], kind] * fade[:, None], out=strength)
    return strength


def log_odds(config: Config, needed: Need, taste: Floats) -> Floats:
    """Without noise; `taste` has shape (m, s), mean about 0 and deviation about 1."""
    graph = config.graph_strength * COMPLETES * needed.completes
    repeat = config.repeat_strength * (DUE * needed.due + HAS * needed.has + RIVAL * needed.rival)
    return np.asarray(config.base + graph + repeat + config.taste_strength * taste, np.float64)


def looked_at(config: Config) -> Floats:
    """Probability that each position is looked at; shape (shown,)."""
    return np.asarray(np.arange(1, config.shown + 1, dtype=np.float64) ** -config.position_bias, np.float64)
