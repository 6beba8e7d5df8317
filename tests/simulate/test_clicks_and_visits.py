from __future__ import annotations

import numpy as np
import pytest
from simulated import Lines, column, numbers

from goeswith.simulate.bills import DAY, Bills
from goeswith.simulate.clicks import Need, log_odds, looked_at, need
from goeswith.simulate.history import History
from goeswith.simulate.shop import Config, simulate
from goeswith.simulate.truth import complements

NOTHING = np.zeros((1, 1))


def bought(world, *lines):
    """Bills of customer 0: (kind, day), …, each the only line of its bill."""
    kinds, days = zip(*lines, strict=True)
    count = np.arange(len(lines))
    item = np.array([world.shelf[world.kinds.index(kind)][0] for kind in kinds])
    time = np.array(days) * DAY
    return History(world, Bills(np.zeros_like(count), count, time, item, np.ones_like(count), world.price[item]))


def needed(world, history, kind, day):
    """The need of customer 0 for one kind on a day, as plain numbers."""
    one = need(world, history, np.array([0]), np.array([day * DAY]), np.array([[world.kinds.index(kind)]]))
    return {name: float(getattr(one, name)[0, 0]) for name in ("completes", "due", "has", "rival")}


def test_a_complement_of_yesterdays_purchase_is_needed(world):
    history = bought(world, ("espresso machine", 10))
    assert needed(world, history, "espresso beans", 11)["completes"] > 0.9
    assert needed(world, history, "cat litter", 11)["completes"] == 0


def test_nothing_is_needed_before_what_it_completes_is_bought(world):
    history = bought(world, ("espresso machine", 10))
    assert needed(world, history, "espresso beans", 10)["completes"] == 0


def test_the_need_fades_and_ends(world):
    history = bought(world, ("espresso machine", 10))
    soon, later, ended = (needed(world, history, "tamper", day)["completes"] for day in (11, 35, 60))
    assert soon > later > ended == 0


def test_who_has_it_does_not_need_it(world):
    history = bought(world, ("tamper", 1), ("espresso machine", 10))
    need_of_tamper = needed(world, history, "tamper", 11)
    assert need_of_tamper["has"] == 1
    assert need_of_tamper["completes"] == 0


def test_what_is_used_up_becomes_due(world):
    history = bought(world, ("ground coffee", 10))
    fresh, gone = (needed(world, history, "ground coffee", day) for day in (12, 40))
    assert (fresh["has"], fresh["due"]) == (1, 0)
    assert (gone["has"], gone["due"]) == (0, 1)


def test_a_rival_of_what_was_just_bought_is_not_wanted(world):
    assert needed(world, bought(world, ("electric shaver", 10)), "razor", 11)["rival"] > 0.9


def test_a_refill_needs_what_it_refills(world):
    with_razor = bought(world, ("razor", 1), ("shaving brush", 100))
    without = bought(world, ("shaving brush", 100))
    assert needed(world, with_razor, "razor blade", 101)["completes"] > 0
    assert needed(world, without, "razor blade", 101)["completes"] == 0


def test_a_need_is_the_customers_own(world):
    history = bought(world, ("espresso machine", 10))
    other = need(world, history, np.array([1]), np.array([11 * DAY]), np.array([[world.kinds.index("tamper")]]))
    assert other.completes.max() == 0


@pytest.mark.parametrize(("graph_strength", "moves"), [(1.0, True), (0.0, False)])
def test_graph_strength_is_what_complements_move_clicks_by(graph_strength, moves):
    config = Config(graph_strength=graph_strength)
    plain, completing = (
        log_odds(config, Need(np.full((1, 1), value), NOTHING, NOTHING, NOTHING), NOTHING) for value in (0.0, 1.0)
    )
    assert (completing > plain).all() == moves


def test_every_position_is_looked_at_without_bias():
    np.testing.assert_array_equal(looked_at(Config(position_bias=0)), 1)
    assert (np.diff(looked_at(Config())) < 0).all()


def random_rows(shop):
    return np.isin(column(shop.impressions, "request_id"), list(shop.random_requests))


def test_clicks_fall_with_the_position_of_random_lists(year):
    rows = random_rows(year)
    clicked, position = column(year.impressions, "clicked")[rows], column(year.impressions, "position")[rows]
    top, middle, end = (clicked[np.isin(position, places)].mean() for places in ((1, 2), (4, 5, 6), (9, 10)))
    assert top > 1.3 * middle > 1.3 * end


def test_random_lists_show_every_available_item_alike(year, world):
    shown = np.bincount(numbers(year.impressions)[random_rows(year)], minlength=len(world.item_id))
    fair = shown[world.available]
    assert fair.var() < 1.3 * fair.mean()


def test_other_lists_favour_what_sells_and_the_activity_of_the_context(year, lines, world):
    rows = ~random_rows(year)
    sold = np.bincount(lines.item, minlength=len(world.item_id))
    item, context = numbers(year.impressions), numbers(year.impressions, "context_item_id")
    near = (complements(world)[world.kind[context], world.kind[item]] > 0) & (context >= 0)
    assert sold[item[rows]].mean() > 1.3 * sold[item[~rows]].mean()
    assert near[rows].mean() > 2 * near[~rows].mean()


def test_no_list_shows_an_item_twice(year):
    shown = set(zip(column(year.impressions, "request_id"), column(year.impressions, "item_id"), strict=True))
    assert len(shown) == year.impressions.num_rows


def test_what_is_gone_is_neither_shown_nor_sold(year, lines, world):
    assert world.available[lines.item].all()
    assert world.available[numbers(year.impressions)].all()


@pytest.mark.parametrize(("graph_strength", "least", "most"), [(1.0, 1.3, 3.0), (0.0, 0.88, 1.12)])
def test_complements_of_the_last_bill_are_clicked_where_the_graph_is_strong(world, graph_strength, least, most):
    config = Config(
        customers=250,
        bills=5000,
        requests=15_000,
        random_share=1,
        repeat_strength=0,
        position_bias=0.2,
        graph_strength=graph_strength,
    )
    impressions = simulate(config).impressions
    item, context = numbers(impressions), numbers(impressions, "context_item_id")
    completes = complements(world)[world.kind[context], world.kind[item]] > 0
    clicked = column(impressions, "clicked")
    ratio = clicked[(context >= 0) & completes].mean() / clicked[(context >= 0) & ~completes].mean()
    assert least < ratio < most


def test_the_context_is_of_the_latest_bill_before_the_visit(year, lines):
    impressions = year.impressions
    first = column(impressions, "position") == 1
    user, time = column(impressions, "user_id")[first], column(impressions, "timestamp")[first]
    context = numbers(impressions, "context_item_id")[first]
    by_user = _rows_by_user(lines)
    for who, when, item in zip(user, time, context, strict=True):
        rows = by_user.get(who, np.zeros(0, int))
        before = rows[lines.time[rows] < when]
        latest = lines.item[before[lines.time[before] == lines.time[before].max()]] if len(before) else [-1]
        assert item in latest


def test_what_is_converted_was_clicked_and_is_on_the_next_bill(year, lines):
    impressions = year.impressions
    converted = column(impressions, "converted")
    assert column(impressions, "clicked")[converted].all()
    assert converted.sum() > 50
    by_user = _rows_by_user(lines)
    user, time, item = column(impressions, "user_id"), column(impressions, "timestamp"), numbers(impressions)
    for row in np.flatnonzero(converted):
        rows = by_user[user[row]]
        after = rows[lines.time[rows] > time[row]]
        following = after[lines.time[after] == lines.time[after].min()]
        assert item[row] in lines.item[following]
        assert lines.time[following[0]] - time[row] <= 14 * DAY


def _rows_by_user(lines: Lines) -> dict[str, np.ndarray]:
    order = np.argsort(lines.user, kind="stable")
    users, starts = np.unique(lines.user[order], return_index=True)
    return dict(zip(users, np.split(order, starts[1:]), strict=True))
