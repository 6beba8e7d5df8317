"""Who the customers are: what they do, which brands and prices they like, how often they come, how they cling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goeswith.simulate.config import Config
from goeswith.simulate.world import Floats, World

ACTIVITY_SHAPE = 0.18
"""Of the gamma of a customer's preferences: the smaller, the fewer activities matter to one customer."""
STYLES, STYLE = 2, 1.0
"""Customers and activities lie in so many dimensions of style; like meets like, the more so the larger the second."""
BRAND, QUALITY, PRICE = 0.7, 0.7, 0.5
"""Weights of brand taste and quality (normal) and of the squared distance from the liked price."""


@dataclass(frozen=True)
class Customers:
    """Arrays over customers have length c; a, k and n count activities, kinds and items."""

    preference: Floats
    """Share of each activity in a customer's trips, before the season; shape (c, a), rows sum to 1."""
    utility: Floats
    """How much an item is to a customer's taste, against others of its kind; mean 0, deviation 1; shape (c, n)."""
    visits: Floats
    """Share of all bills that is this customer's; shape (c,)."""
    habit: Floats
    """What having bought an item the last time adds to its utility; shape (c,)."""
    appeal: Floats
    """How easily anyone takes an item along, whatever the trip; shape (n,), sums to 1, unavailable items 0."""

    def __len__(self) -> int:
        return len(self.visits)


def draw(config: Config, world: World, rng: np.random.Generator) -> Customers:
    count = config.customers
    style = rng.normal(size=(count, STYLES)) @ rng.normal(size=(STYLES, len(world.activities)))
    liking = rng.gamma(ACTIVITY_SHAPE, size=style.shape) + 1e-6
    preference = world.popularity * liking * np.exp(STYLE * style)
    quality = rng.normal(size=len(world.item_id))
    visits = rng.lognormal(0, 0.6, count)
    return Customers(
        preference / preference.sum(axis=1, keepdims=True),
        _utility(world, quality, count, rng),
        visits / visits.sum(),
        rng.uniform(0.5, 3, count),
        _appeal(world, quality, rng),
    )


def _utility(world: World, quality: Floats, count: int, rng: np.random.Generator) -> Floats:
    brand = rng.normal(size=(count, len(world.brands)))
    level = rng.normal(0, 0.9, (count, 1))
    fit = -((_dearness(world) - level) ** 2)
    utility = BRAND * brand[:, world.brand] + QUALITY * quality + PRICE * fit
    return np.asarray((utility - utility.mean()) / utility.std(), np.float64)


def _dearness(world: World) -> Floats:
    """How dear an item is for its kind: log price, mean 0 and deviation about 1 within a kind; shape (n,)."""
    log = np.log(world.price)
    size = np.bincount(world.kind)
    centred = log - (np.bincount(world.kind, log) / size)[world.kind]
    spread = np.sqrt(np.bincount(world.kind, centred**2) / size) + 0.05
    return np.asarray(centred / spread[world.kind], np.float64)


def _appeal(world: World, quality: Floats, rng: np.random.Generator) -> Floats:
    kinds = rng.normal(0, 1.2, len(world.kinds))
    appeal = np.exp(kinds[world.kind] + QUALITY * quality - 0.3 * np.log(world.price)) * world.available
    return np.asarray(appeal / appeal.sum(), np.float64)
