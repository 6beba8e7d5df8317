"""Visits: who came when, after which bill, what was shown, what was clicked and what of it was bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goeswith.simulate.bills import DAY, DAYS, MONTH, Bills
from goeswith.simulate.clicks import log_odds, looked_at, need
from goeswith.simulate.config import Config
from goeswith.simulate.customers import Customers
from goeswith.simulate.history import History
from goeswith.simulate.truth import shared_activity
from goeswith.simulate.world import Flags, Floats, Ints, World

SOON_AFTER, DELAY = 0.7, 4.0
"""Share of the visits that follow a bill, and their mean delay in days; the others come at any time of the year."""
CONVERTS_WITHIN = 14.0
"""Days in which the next bill has to come for a click to put an item on it."""
CHUNK = 1000


@dataclass(frozen=True)
class Visits:
    """Ordered by time; m requests show s items each."""

    customer: Ints
    time: Ints
    """Seconds since the start of the year; shape (m,)."""
    context: Ints
    """An item of the latest bill, or −1 before the first; shape (m,)."""
    random: Flags
    """The list is purely random; shape (m,)."""
    item: Ints
    """Shape (m, s), position 1 first; so are the next two."""
    clicked: Flags
    converted: Flags
    next_bill: Ints
    """The bill that takes what is converted, or BEFORE; shape (m,)."""


def visit(config: Config, world: World, customers: Customers, bills: Bills, rng: np.random.Generator) -> Visits:
    history = History(world, bills)
    customer, time = _when(config, history, rng)
    context = history.line_of(history.last_bill(customer, time), rng.random(len(time)))
    random = rng.random(len(time)) < config.random_share
    item = _shown(config, world, bills, time, context, random, rng)
    clicked = _clicked(config, world, customers, history, customer, time, item, rng)
    next_bill = history.next_bill(customer, time, CONVERTS_WITHIN)
    bought = clicked & (rng.random(item.shape) < config.conversion) & (next_bill >= 0)[:, None]
    return Visits(customer, time, context, random, item, clicked, bought, next_bill)


def _when(config: Config, history: History, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Customers and times of the requests, ordered by time; who buys more visits more."""
    count, end = config.requests, DAYS * DAY
    customer, bill_time = history.bill(rng.integers(0, config.bills, count))
    later = bill_time + 600 + (rng.exponential(DELAY, count) * DAY).astype(np.int64)
    later = np.where(later < end, later, bill_time + 600)
    time = np.where(rng.random(count) < SOON_AFTER, later, rng.integers(0, end, count))
    order = np.lexsort((customer, time))
    return customer[order], time[order]


def _clicked(
    config: Config,
    world: World,
    customers: Customers,
    history: History,
    customer: Ints,
    time: Ints,
    item: Ints,
    rng: np.random.Generator,
) -> Flags:
    taste = customers.utility[customer[:, None], item]
    odds = log_odds(config, need(world, history, customer, time, world.kind[item]), taste)
    odds += config.noise * rng.normal(size=item.shape)
    probability = looked_at(config) / (1 + np.exp(-odds))
    return np.asarray(rng.random(item.shape) < probability, np.bool_)


def _shown(
    config: Config, world: World, bills: Bills, time: Ints, context: Ints, random: Flags, rng: np.random.Generator
) -> Ints:
    """Items in the order of their positions, drawn without replacement; shape (m, shown)."""
    uniform = world.available / world.available.sum()
    popular = _sold_before(world, bills)
    together = _together(world)
    rest = 1 - config.popularity_share - config.activity_share
    shown = np.empty((len(time), config.shown), np.int64)
    for start in range(0, len(time), CHUNK):
        rows = slice(start, start + CHUNK)
        sold = popular[MONTH[time[rows] // DAY]]
        near = np.where(context[rows, None] >= 0, together[world.kind[context[rows]]], sold)
        weight = config.popularity_share * sold + config.activity_share * near + rest * uniform
        weight[random[rows]] = uniform
        shown[rows] = _race(weight, config.shown, rng)
    return shown


def _race(weight: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Columns drawn in turn in proportion to their weight, none twice: the first of exponential clocks to ring."""
    clock = rng.standard_exponential(weight.shape, np.float32)
    np.divide(clock, weight, out=clock, where=weight > 0, casting="same_kind")
    clock[weight <= 0] = np.inf
    first = np.argpartition(clock, count, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(clock, first, axis=1), axis=1)
    return np.take_along_axis(first, order, axis=1)


def _sold_before(world: World, bills: Bills) -> Floats:
    """Share of each available item in the lines sold before a month, one added; shape (12, n)."""
    sold = np.zeros((13, len(world.item_id)))
    inside = bills.where(np.flatnonzero(bills.bill >= 0))
    np.add.at(sold, (MONTH[inside.time // DAY] + 1, inside.item), 1)
    counts = (sold[:12].cumsum(axis=0) + 1) * world.available
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), np.float64)


def _together(world: World) -> Floats:
    """For a context of each kind, equal weights for the available items that serve an activity of it; shape (k, n)."""
    weight = shared_activity(world)[:, world.kind] * world.available
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), np.float64)
