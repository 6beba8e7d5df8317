from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest

from goeswith.simulate.truth import complements, shared_activity
from goeswith.simulate.world import ROLES


def test_the_catalogue_is_large_enough(world):
    assert len(world.title) >= 1500
    assert len(world.kinds) >= 150


def test_no_title_and_no_id_is_repeated(world):
    assert len({title.lower() for title in world.title}) == len(world.title)
    assert len(set(world.item_id)) == len(world.item_id)


def test_every_price_is_above_nothing(world):
    assert world.price.min() > 0


def test_variants_share_a_parent_that_is_one_of_them(world):
    place = {item: number for number, item in enumerate(world.item_id)}
    parents = {parent for parent in world.parent_id if parent}
    assert len(parents) > 100
    for parent in parents:
        family = [number for number, other in enumerate(world.parent_id) if other == parent]
        assert place[parent] in family
        assert len(family) > 1
        assert len({(world.kind[number], world.brand[number]) for number in family}) == 1


def test_a_few_items_are_gone_but_every_kind_has_some_on_the_shelf(world):
    assert 0.01 < 1 - world.available.mean() < 0.03
    assert all(len(shelf) > 1 for shelf in world.shelf)


def test_every_kind_is_needed_by_an_activity(world):
    needed = {kind for activity in world.activities for kind, _ in activity.needs}
    assert needed == set(range(len(world.kinds)))


def test_every_name_in_the_truth_resolves():
    truth = json.loads((files("goeswith.simulate") / "world.json").read_text(encoding="utf-8"))
    kinds = {kind["kind"] for kind in truth["kinds"]}
    assert len(kinds) == len(truth["kinds"])
    assert all(set(activity["needs"]) <= kinds for activity in truth["activities"])
    assert all(set(activity["needs"].values()) <= set(ROLES) for activity in truth["activities"])
    assert all(set(kind["same_job"]) <= kinds - {kind["kind"]} for kind in truth["kinds"])
    assert all(kind["refill_for"] in kinds - {kind["kind"]} | {None} for kind in truth["kinds"])


def test_what_is_used_up_has_an_interval(world):
    used = {kind for activity in world.activities for kind, role in activity.needs if role == "uses up"}
    assert all(7 <= world.every_days[kind] <= 180 for kind in used)


def test_neither_order_nor_id_tells_the_kind(world):
    neighbours = (np.diff(world.kind) == 0).mean()
    assert neighbours < 3 * (np.bincount(world.kind) / len(world.kind)).max()
    assert list(world.item_id) == sorted(world.item_id)


@pytest.mark.parametrize(
    ("bought", "other", "completes"),
    [
        ("espresso machine", "espresso beans", True),
        ("razor", "razor blade", True),
        ("razor blade", "razor", True),
        ("razor", "electric shaver", False),
        ("razor", "cat litter", False),
        ("razor", "razor", False),
    ],
)
def test_what_completes_what(world, bought, other, completes):
    assert (complements(world)[world.kinds.index(bought), world.kinds.index(other)] > 0) == completes


def test_complements_serve_one_activity_or_refill(world):
    strength = complements(world)
    assert strength.min() == 0
    assert strength.max() <= 1
    refills = np.zeros_like(strength, bool)
    refills[world.refill_for, np.arange(len(world.kinds))] = world.refill_for >= 0
    assert not (strength > 0)[(shared_activity(world) == 0) & ~refills & ~refills.T].any()
