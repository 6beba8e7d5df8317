"""The truth behind the shop: activities, the kinds of products they need, and the items of each kind.

    world = load()
    world.kinds[world.kind[0]], world.title[0]      # the kind and the title of the first item

Kinds, items, activities and brands are numbered from 0, in the order of the frozen files.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ROLES = STARTS, TOOL, USES_UP, EXTRA = ("starts", "tool", "uses up", "extra")


@dataclass(frozen=True)
class Activity:
    name: str
    needs: tuple[tuple[int, str], ...]
    """(kind, role) of what it takes."""


@dataclass(frozen=True)
class World:
    """Arrays over items have length n, over kinds length k, over activities length a."""

    activities: tuple[Activity, ...]
    popularity: Floats
    """How many customers do an activity, around 1; shape (a,)."""
    season: Floats
    """Weight of each month, around 1; shape (12, a)."""
    kinds: tuple[str, ...]
    every_days: Floats
    """Days until it is used up; infinite for what lasts; shape (k,)."""
    refill_for: Ints
    """The kind that a refill belongs to, or −1; shape (k,)."""
    same_job: Flags
    """Kinds of which one buys one or the other, symmetric; shape (k, k)."""
    item_id: tuple[str, ...]
    title: tuple[str, ...]
    category: tuple[str, ...]
    brands: tuple[str, ...]
    parent_id: tuple[str, ...]
    """Variants share it; empty where there are none."""
    brand: Ints
    price: Floats
    """Pounds."""
    available: Flags
    kind: Ints
    shelf: tuple[Ints, ...]
    """The available items of each kind."""


@cache
def load() -> World:
    """The frozen files of this package; the arrays are shared, so they may not be written to."""
    folder = files(__package__)
    truth = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    rows = list(csv.DictReader((folder / "catalogue.csv").read_text(encoding="utf-8").splitlines()))
    return _world(truth, rows)


def _world(truth: dict[str, Any], rows: list[dict[str, str]]) -> World:
    number = {kind["kind"]: place for place, kind in enumerate(truth["kinds"])}
    kind_of = {item: number[kind["kind"]] for kind in truth["kinds"] for item in kind["items"]}
    kind = np.array([kind_of[row["item_id"]] for row in rows], np.int64)
    available = np.array([row["available"] == "1" for row in rows])
    brands = sorted({row["brand"] for row in rows})
    return World(
        activities=tuple(_activity(activity, number) for activity in truth["activities"]),
        popularity=_frozen([activity["popularity"] for activity in truth["activities"]]),
        season=_frozen(np.array([activity["season"] for activity in truth["activities"]]).T),
        kinds=tuple(number),
        every_days=_frozen([kind["every_days"] or np.inf for kind in truth["kinds"]]),
        refill_for=np.array([number.get(kind["refill_for"], -1) for kind in truth["kinds"]], np.int64),
        same_job=_same_job(truth["kinds"], number),
        item_id=tuple(row["item_id"] for row in rows),
        title=tuple(row["title"] for row in rows),
        category=tuple(row["category"] for row in rows),
        brands=tuple(brands),
        parent_id=tuple(row["parent_id"] for row in rows),
        brand=np.searchsorted(brands, [row["brand"] for row in rows]).astype(np.int64),
        price=_frozen([float(row["price"]) for row in rows]),
        available=available,
        kind=kind,
        shelf=tuple(np.flatnonzero(available & (kind == place)) for place in range(len(number))),
    )


def _activity(activity: dict[str, Any], number: dict[str, int]) -> Activity:
    return Activity(activity["name"], tuple((number[kind], role) for kind, role in activity["needs"].items()))


def _same_job(kinds: list[dict[str, Any]], number: dict[str, int]) -> Flags:
    same = np.zeros((len(kinds), len(kinds)), np.bool_)
    for kind in kinds:
        same[number[kind["kind"]], [number[other] for other in kind["same_job"]]] = True
    return same | same.T


def _frozen(values: Any) -> Floats:
    array = np.array(values, np.float64)
    array.flags.writeable = False
    return array
