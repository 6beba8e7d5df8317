from __future__ import annotations

import pytest
from pydantic import ValidationError
from simulated import column

from goeswith.data.readers import open_table
from goeswith.data.tables import IMPRESSIONS, ITEMS, PURCHASES
from goeswith.settings import Data
from goeswith.simulate.shop import Config, simulate

TINY = Config(customers=30, bills=300, requests=200)


def test_the_default_shop_is_large_enough(full):
    assert len(set(column(full.purchases, "basket_id"))) >= 20_000
    assert full.impressions.num_rows >= 200_000
    assert len(set(column(full.purchases, "user_id"))) > 900


def test_some_of_what_is_shown_is_clicked_and_some_of_that_bought(full):
    clicked, converted = column(full.impressions, "clicked"), column(full.impressions, "converted")
    assert 0.04 < clicked.mean() < 0.1
    assert 0.02 < converted.sum() / clicked.sum() < 0.2


def test_some_requests_are_purely_random(full):
    requests = set(column(full.impressions, "request_id"))
    assert full.random_requests < requests
    assert abs(len(full.random_requests) / len(requests) - 0.2) < 0.02


def test_nearly_everything_available_is_sold(full):
    sold = set(column(full.purchases, "item_id"))
    available = column(full.items, "item_id")[column(full.items, "available")]
    assert len(sold) > 0.97 * len(available)


def test_the_same_seed_makes_the_same_tables():
    first, again = simulate(TINY), simulate(TINY)
    assert first.purchases.equals(again.purchases)
    assert first.impressions.equals(again.impressions)
    assert first.random_requests == again.random_requests


def test_another_seed_makes_another_shop_of_the_same_catalogue():
    first, other = simulate(TINY), simulate(TINY.model_copy(update={"seed": 8}))
    assert first.items.equals(other.items)
    assert not first.purchases.equals(other.purchases)
    assert not first.impressions.equals(other.impressions)


def test_what_moves_clicks_leaves_visits_and_lists_as_they_are():
    strong, none = (simulate(TINY.model_copy(update={"graph_strength": s, "conversion": 0})) for s in (1.0, 0.0))
    assert strong.purchases.equals(none.purchases)
    assert strong.impressions.drop_columns("clicked").equals(none.impressions.drop_columns("clicked"))
    assert column(strong.impressions, "clicked").sum() > column(none.impressions, "clicked").sum()


def test_sizes_are_those_asked_for():
    shop = simulate(TINY.model_copy(update={"shown": 6}))
    assert len(set(column(shop.purchases, "basket_id"))) == 300
    assert shop.impressions.num_rows == 200 * 6
    assert set(column(shop.impressions, "position")) == set(range(1, 7))


def test_a_shop_of_one_customer_and_one_bill():
    shop = simulate(Config(customers=1, bills=1, requests=1))
    assert set(column(shop.purchases, "basket_id")) == {"B000000"}
    assert set(column(shop.impressions, "user_id")) == {"C00000"}


def test_tables_are_in_order_of_time(full):
    for table in (full.purchases, full.impressions):
        time = column(table, "timestamp")
        assert (time[1:] >= time[:-1]).all()
    baskets = column(full.purchases, "basket_id")
    assert (baskets[1:] >= baskets[:-1]).all()


def test_what_is_written_meets_the_data_contract(tmp_path, engine):
    shop = simulate(TINY)
    shop.write(tmp_path / "shop")
    data = Data(items="items.csv", purchases="purchases.parquet", impressions="impressions.parquet")
    for table, made in ((ITEMS, shop.items), (PURCHASES, shop.purchases), (IMPRESSIONS, shop.impressions)):
        source = open_table(engine, table, data, tmp_path / "shop")
        source.validate()
        assert source.count() == made.num_rows
        assert set(made.column_names) <= set(source.columns)


@pytest.mark.parametrize(
    "wrong",
    [{"bill": 5}, {"customers": 0}, {"random_share": 1.5}, {"popularity_share": 0.7, "activity_share": 0.5}],
)
def test_a_config_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        Config(**wrong)
