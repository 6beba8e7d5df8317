"""A little world whose relations follow rules: brands make devices, refills that go into them and cases that hold them.

    shop = world()
    shop.taught, shop.held_out        # Examples over shop.ends

Two pens substitute one another, a pen is refilled by a pen refill and enhanced by a pen case; a pen and a mop have
nothing to do with each other, and a refill does not go into a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from goeswith.knowledge.relation import Relation
from goeswith.relations.ends import End, Ends, Language
from goeswith.relations.examples import SWAPPED, Examples, one_hot
from goeswith.text.encoders import Words
from goeswith.text.store import VectorStore

DEVICES = "pen razor printer vacuum camera mop stapler torch watch kettle drill brush".split()
BRANDS = "Acme Bolt Corvo".split()
ROLES = {"": "serve as {}", "refill": "refill a {}", "case": "hold a {}"}
STRANGERS = 150
"""Pairs of two devices, beside all pairs of one."""


class Short(Words):
    """The words encoder in a few dimensions: fast."""

    name = "short"
    dimension = 64


@dataclass(frozen=True)
class World:
    language: Language
    store: VectorStore
    ends: Ends
    taught: Examples
    held_out: Examples


@cache
def world() -> World:
    ends = [
        End(f"{brand} {device} {role} {number}".replace("  ", " "), f"{device} {role}".strip(), use.format(device))
        for device in DEVICES
        for role, use in ROLES.items()
        for number, brand in enumerate(BRANDS)
    ]
    rng = np.random.default_rng(0)
    every = rng.permutation([rng.permutation(pair) for pair in combinations(range(len(ends)), 2)])
    kin = np.array([_device(ends[a]) == _device(ends[b]) for a, b in every])
    chosen = rng.permutation(np.concatenate([every[kin], every[~kin][:STRANGERS]]))
    store, language = VectorStore(Short()), Language.fit(ends)
    made = examples(chosen.tolist(), [relation(ends[a], ends[b]) for a, b in chosen])
    cut = len(made) * 3 // 5
    rows = np.arange(len(made))
    return World(language, store, language.encode(ends, store), made.take(rows[:cut]), made.take(rows[cut:]))


def relation(x: End, y: End) -> Relation:
    role, other = x.entity.removeprefix(_device(x)).strip(), y.entity.removeprefix(_device(y)).strip()
    if _device(x) != _device(y) or {role, other} == {"refill", "case"}:
        return Relation.UNRELATED
    if role == other:
        return Relation.SUBSTITUTE
    forward = Relation.REFILLED_BY if "refill" in (role, other) else Relation.ENHANCED_BY
    return forward if role == "" else forward.swapped


def _device(end: End) -> str:
    return end.entity.split()[0]


def examples(pairs: Sequence[tuple[int, int]], relations: Sequence[int], weight: float = 1.0) -> Examples:
    a, b = np.array(pairs, np.int64).reshape(-1, 2).T
    return Examples(a, b, one_hot([Relation(r) for r in relations]), np.full(len(a), weight), np.ones(len(a), bool))


def swapped(made: Examples) -> Examples:
    """The same examples, told from the other end."""
    return Examples(made.b, made.a, made.nine[:, SWAPPED], made.weight, made.person)
