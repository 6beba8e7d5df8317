from __future__ import annotations

import numpy as np
import pytest
from simulated import DAY, Lines, column

from goeswith.simulate.bills import Year
from goeswith.simulate.cupboard import Cupboard
from goeswith.simulate.customers import draw
from goeswith.simulate.truth import complements


def kinds_only_of(world, name):
    """Kinds that this activity needs and no other does."""
    needs = {activity.name: {kind for kind, _ in activity.needs} for activity in world.activities}
    return list(needs.pop(name) - set().union(*needs.values()))


def test_a_bill_is_one_customer_at_one_moment(lines):
    assert len(set(zip(lines.basket, lines.user, lines.time, strict=True))) == len(set(lines.basket))
    assert len(set(zip(lines.basket, lines.item, strict=True))) == len(lines.item)


def test_a_customer_never_has_two_bills_at_once(lines):
    assert len(set(zip(lines.user, lines.time, strict=True))) == len(set(lines.basket))


def test_a_bill_has_a_few_lines_mostly_of_one_piece(lines, year):
    _, size = np.unique(lines.basket, return_counts=True)
    assert 3 < size.mean() < 6
    assert np.quantile(size, 0.8) <= 6
    assert 0.9 < (column(year.purchases, "quantity") == 1).mean() < 1


def test_prices_are_the_catalogues_but_for_promotions(lines, year, world):
    share = column(year.purchases, "price") / world.price[lines.item]
    assert share.max() < 1.01
    assert 0.01 < (share < 0.95).mean() < 0.2
    assert share.min() > 0.65


def test_the_year_is_2024(lines):
    assert lines.time.min() >= 0
    assert lines.time.max() < 365 * DAY


def test_what_is_used_up_comes_back_near_its_interval(lines, world):
    earlier, later = lines.again()
    days = (lines.time[later] - lines.time[earlier]) / DAY
    kinds = [kind for kind in np.flatnonzero(world.every_days < 150) if (lines.kind[later] == kind).sum() >= 60]
    median = np.array([np.median(days[lines.kind[later] == kind]) for kind in kinds])
    usual = world.every_days[kinds]
    assert len(kinds) > 40
    assert np.corrcoef(np.log(median), np.log(usual))[0, 1] > 0.8
    assert 0.9 < np.median(median / usual) < 1.5


def test_the_item_bought_the_last_time_is_bought_again(lines, world):
    earlier, later = lines.again()
    used_up = np.isfinite(world.every_days[lines.kind[later]])
    same = lines.item[earlier] == lines.item[later]
    assert same[used_up].mean() > 0.4
    assert same[used_up].mean() > 3 / np.mean([len(shelf) for shelf in world.shelf])


@pytest.mark.parametrize(
    ("activity", "in_season", "out_of_season"),
    [
        ("grill outdoors", {5, 6, 7, 8}, {1, 2, 11, 12}),
        ("go back to school", {8, 9}, {1, 2}),
        ("wrap and give presents", {11, 12}, {6, 7}),
    ],
)
def test_an_activity_sells_in_its_season(full, world, activity, in_season, out_of_season):
    lines = Lines.of(full)
    month = (np.datetime64("2024-01-01") + lines.time // DAY).astype("datetime64[M]").astype(int) % 12 + 1
    sold = np.bincount(month[np.isin(lines.kind, kinds_only_of(world, activity))], minlength=13)
    assert sold[list(in_season)].mean() > 1.4 * sold[list(out_of_season)].mean()


def test_what_completes_is_bought_together_and_rivals_are_not(lines, world):
    baskets, row = np.unique(lines.basket, return_inverse=True)
    holds = np.zeros((len(baskets), len(world.kinds)))
    holds[row, lines.kind] = 1
    sold = holds.sum(axis=0)
    lift = (holds.T @ holds + 2) / (np.outer(sold, sold) / len(baskets) + 2)
    goes_with = complements(world) > 0
    other = ~goes_with & ~world.same_job & ~np.eye(len(sold), dtype=bool)
    assert np.median(lift[goes_with]) > 1.5
    assert np.median(lift[other]) < 1.1
    assert np.median(lift[world.same_job]) < np.median(lift[goes_with]) / 1.3


def test_popular_items_are_on_many_bills_and_most_are_on_few(lines):
    sold = np.sort(np.bincount(lines.item))
    assert sold[-len(sold) // 10 :].sum() > 0.3 * sold.sum()


@pytest.fixture
def customers(small, world):
    return draw(small, world, np.random.default_rng(1))


def started(world, customers, name, customer, seed=0):
    """A fresh cupboard and the kinds that were bought to start an activity."""
    cupboard = Cupboard(world, customers, customer, np.random.default_rng([seed, customer]))
    activity = next(activity for activity in world.activities if activity.name == name)
    return cupboard, [world.kinds[kind] for kind in cupboard.start(activity)]


def test_who_starts_takes_one_of_two_rivals(world, customers):
    taken = [set(started(world, customers, "shave", customer)[1]) for customer in range(60)]
    assert all(len(kinds & {"razor", "electric shaver"}) == 1 for kinds in taken)
    assert {"razor", "electric shaver"} <= set().union(*taken)


def test_a_refill_is_for_what_is_there(world, customers):
    for customer in range(60):
        _, kinds = started(world, customers, "shave", customer)
        assert "razor" in kinds or "razor blade" not in kinds
        assert "electric shaver" in kinds or "shaver head" not in kinds


def test_a_refill_mostly_is_of_the_brand_that_it_refills(world, customers):
    razor, blade = world.kinds.index("razor"), world.kinds.index("razor blade")
    off = np.zeros(len(world.item_id))
    brands = {int(brand) for brand in world.brand[world.shelf[blade]]}
    item = next(int(item) for item in world.shelf[razor] if world.brand[item] in brands)
    fits = {False: 0, True: 0}
    for has_razor in fits:
        for customer in range(100):
            cupboard = Cupboard(world, customers, customer, np.random.default_rng(customer))
            if has_razor:
                cupboard.put(razor, item, 0)
            fits[has_razor] += world.brand[cupboard.choose(blade, off)] == world.brand[item]
    assert fits[True] > 1.5 * fits[False]


def test_what_is_off_its_price_is_chosen_more_often(world, customers):
    kind = world.kinds.index("ground coffee")
    promoted = int(world.shelf[kind][0])
    chosen = []
    for off in (0.0, 0.3):
        discount = np.zeros(len(world.item_id))
        discount[promoted] = off
        cupboards = (Cupboard(world, customers, c, np.random.default_rng(c)) for c in range(200))
        chosen.append(sum(cupboard.choose(kind, discount) == promoted for cupboard in cupboards))
    assert chosen[1] > 1.5 * chosen[0]


def test_customers_are_told_apart_by_their_seed_alone(small, world, customers):
    again = draw(small, world, np.random.default_rng(1))
    np.testing.assert_array_equal(again.utility, customers.utility)
    config = small.model_copy(update={"bills": 500})
    first, second = (Year(config, world, who, np.random.default_rng(2)).run() for who in (customers, again))
    np.testing.assert_array_equal(first.item, second.item)
