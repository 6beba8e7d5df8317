from __future__ import annotations

import re

import numpy as np
import pyarrow.parquet as pq
import pytest

import tiny_shop
from goeswith.graph.query import Graph
from goeswith.recommend.reasons import Customers, Reason, Reasoner, popular, shared_design
from goeswith.recommend.recommender import Query

ITEM = {(item.entity, item.design): item.sku for item in tiny_shop.ITEMS if not item.parent}


@pytest.fixture(scope="module")
def customers(shop, recommender) -> Customers:
    return Customers(shop.build, len(recommender.catalogue))


@pytest.fixture(scope="module")
def explain(shop, recommender, customers):
    """Why item b (entity, design) for item a, told with at least `minimum` customers."""
    place = {sku: number for number, sku in enumerate(recommender.catalogue.item_id)}

    def explain(a: tuple[str, str], b: tuple[str, str], minimum: int = 5, threshold: float = 0.5) -> Reason:
        reasoner = Reasoner(recommender.recall, Graph.load(shop.build).trusted(1), customers, threshold, minimum)
        return reasoner.explain(np.array([place[ITEM[a]]]), np.array([place[ITEM[b]]]))[0]

    return explain


def both_bought(a: tuple[str, str], b: tuple[str, str]) -> int:
    """Distinct customers of two items, counted in the rows of the shop."""
    who = [
        {row["user_id"] or row["basket_id"] for row in tiny_shop.purchases() if row["item_id"] == ITEM[key]}
        for key in (a, b)
    ]
    return len(who[0] & who[1])


def test_a_complement_is_told_by_its_phrase_and_the_reason_on_record(explain):
    reason = explain(("candle", "RED SPOT"), ("candle holder", "BLUE STRIPE"), minimum=10**6)
    assert reason == Reason("complementary", "candle refills candle holder: both serve light")


def test_the_phrase_has_the_same_direction_from_either_side(explain):
    reason = explain(("candle holder", "RED SPOT"), ("candle", "BLUE STRIPE"), minimum=10**6)
    assert reason.text.startswith("candle refills candle holder")


def test_customers_are_added_to_a_complement(explain):
    pair = ("teapot", "RED SPOT"), ("tea cup", "RED SPOT")
    reason = explain(*pair)
    assert reason.route == "complementary"
    assert f"; {both_bought(*pair)} customers took both this and " in reason.text


def test_numbers_are_told_from_the_minimum_of_customers_on(explain):
    pair = ("teapot", "RED SPOT"), ("tea cup", "RED SPOT")
    count = both_bought(*pair)
    assert f"{count} customers" in explain(*pair, minimum=count).text
    assert not re.search(r"\d", explain(*pair, minimum=count + 1).text)


def test_no_result_of_the_shop_tells_fewer_than_five_customers(recommender):
    answers = recommender.answer([Query((item.sku,)) for item in tiny_shop.ITEMS] + [Query(user="u003")], 40)
    told = [r.reason for results in answers.results for r in results]
    numbers = [int(n) for text in told for n in re.findall(r"(\d+) customers", text)]
    assert numbers
    assert min(numbers) >= 5


def test_without_an_edge_co_purchase_is_told(explain):
    pair = ("teapot", "RED SPOT"), ("tea cup", "RED SPOT")
    reason = explain(*pair, threshold=1.0)
    assert reason.route == "co-purchase"
    assert reason.text.startswith(f"{both_bought(*pair)} customers took both")


def test_shared_words_of_a_design_are_told(explain):
    reason = explain(("lantern", "RED SPOT"), ("plant pot", "RED SPOT"), minimum=10**6)
    assert reason.route == "meaning"
    assert reason.text.startswith("Shares “red spot” with ")


def test_what_is_left_tells_no_numbers(explain):
    reason = explain(("lantern", "RED SPOT"), ("seed packet", "WOODLAND"), minimum=10**6)
    assert reason.route in ("co-purchase", "fallback")
    assert not re.search(r"\d", reason.text)


def test_words_of_the_entities_and_plain_words_are_no_design(recommender):
    place = {sku: number for number, sku in enumerate(recommender.catalogue.item_id)}
    shared = {
        (a, b): shared_design(recommender.catalogue, place[ITEM[a]], place[ITEM[b]])
        for a, b in [
            (("candle", "RED SPOT"), ("candle holder", "VINTAGE ROSE")),
            (("teapot", "VINTAGE ROSE"), ("pen", "VINTAGE ROSE")),
        ]
    }
    assert list(shared.values()) == ["", "vintage rose"]


def test_shared_customers_count_each_once_and_anonymous_bills_apart(shop, customers):
    bills = pq.read_table(shop.build / "bills.parquet", columns=["item", "user"]).to_pydict()
    users = [{u for i, u in zip(bills["item"], bills["user"], strict=True) if i == item} for item in (0, 1)]
    assert customers.of(0).tolist() == sorted(users[0])
    assert customers.shared(0, 1) == len(users[0] & users[1])
    assert any(user < 0 for user in users[0])


@pytest.mark.parametrize(
    ("baskets", "customers", "text"),
    [
        (40, 5, "Popular with all customers: in 40 baskets"),
        (40, 4, "From the catalogue: little is known of it yet"),
        (0, 0, "From the catalogue: little is known of it yet"),
    ],
)
def test_popular_items_tell_numbers_of_enough_customers_alone(baskets, customers, text):
    assert popular(baskets, customers, 5) == Reason("fallback", text)
