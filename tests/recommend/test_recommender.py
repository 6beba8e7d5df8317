from __future__ import annotations

import re

import numpy as np
import pytest

import tiny_shop
from goeswith.errors import QueryError
from goeswith.measure.splits import DAY
from goeswith.recommend.recommender import Query

NEVER_SOLD = [item for item in tiny_shop.ITEMS if not item.sold]
TEAPOT = next(item for item in tiny_shop.ITEMS if item.entity == "teapot")


def ids(results):
    return [result.item_id for result in results]


def test_an_item_gets_ranked_results_with_route_and_reason(recommender):
    (results,) = recommender.answer([Query((TEAPOT.sku,))], 5).results
    assert [result.rank for result in results] == [1, 2, 3, 4, 5]
    assert len(set(ids(results))) == 5
    assert {result.route for result in results} <= {"complementary", "co-purchase", "meaning"}
    assert all(result.reason and result.title for result in results)
    assert [result.score for result in results] == sorted((r.score for r in results), reverse=True)


def test_a_basket_is_completed_by_nothing_of_its_own(recommender):
    basket = ("10000", "10004", "10008")
    (results,) = recommender.answer([Query(basket)], 20).results
    assert not set(ids(results)) & set(basket)
    assert not {"teapot", "tea cup", "saucer"} & {tiny_shop.ENTITY_OF[item_id] for item_id in ids(results)}


def test_a_repeated_item_counts_once(recommender):
    once, twice = recommender.answer([Query(("10000",)), Query(("10000", "10000"))], 10).results
    assert once == twice


def test_a_user_gets_what_may_follow(recommender):
    (results,) = recommender.answer([Query(user="u001")], 10).results
    assert len(results) == 10
    assert "fallback" not in {result.route for result in results}


def test_to_a_user_what_was_bought_returns_only_when_it_is_due(recommender):
    rows = [row for row in tiny_shop.purchases() if row["user_id"] == "u001"]
    owned = {tiny_shop.ENTITY_OF[row["item_id"]] for row in rows} - {None}
    last = max(row["timestamp"] for row in rows)
    at_once = int(np.datetime64(min(row["timestamp"] for row in rows), "us").astype(np.int64))
    late = int(np.datetime64(last, "us").astype(np.int64)) + 1000 * DAY
    early, later = recommender.answer([Query(user="u001", now=at_once), Query(user="u001", now=late)], 80).results
    assert not {tiny_shop.ENTITY_OF[item_id] for item_id in ids(early)} & owned
    again = [result for result in later if result.item_id in {row["item_id"] for row in rows}]
    assert {tiny_shop.ENTITY_OF[result.item_id] for result in again} <= owned
    assert again
    for result in again:
        assert result.route == "replenishment"
        days = re.search(rf"come back for {tiny_shop.ENTITY_OF[result.item_id]} after (\d+) days", result.reason)
        assert days
        assert 1 <= int(days[1]) < tiny_shop.DAYS


def test_unknown_ids_are_ignored_and_counted(recommender):
    queries = [Query((TEAPOT.sku, "no such item")), Query((TEAPOT.sku,)), Query(user="nobody")]
    answers = recommender.answer(queries, 5)
    assert answers.unknown_ids == 2
    assert answers.fallbacks == 1
    assert answers.results[0] == answers.results[1]


@pytest.mark.parametrize("query", [Query(("no such item",)), Query(user="nobody"), Query()])
def test_a_query_of_which_nothing_is_known_gets_popular_items(recommender, query):
    answers = recommender.answer([query], 4)
    assert answers.fallbacks == 1
    (results,) = answers.results
    bought = recommender.recall.behaviour.bought
    offered = np.sort(bought[recommender.catalogue.offered])[::-1]
    assert [result.score for result in results] == offered[:4].tolist()
    assert {result.route for result in results} == {"fallback"}
    assert "POST" not in ids(results)


def test_queries_keep_their_order_whatever_they_are(recommender):
    queries = [Query(("nope",)), Query((TEAPOT.sku,)), Query(user="u001"), Query()]
    mixed = recommender.answer(queries, 5).results
    assert mixed == [recommender.answer([query], 5).results[0] for query in queries]


def test_no_queries_have_no_answers(recommender):
    assert recommender.answer([], 5).results == []


def test_all_of_a_very_long_basket_is_kept_from_its_results(recommender, monkeypatch):
    monkeypatch.setattr("goeswith.recommend.rank.LONGEST_CONTEXT", 2)
    basket = tuple(item.sku for item in tiny_shop.ITEMS[:30])
    shown = {result.item_id for result in recommender.answer([Query(basket)], 50).results[0]}
    assert not shown & set(basket)


@pytest.mark.parametrize("item", NEVER_SOLD, ids=lambda item: item.name)
def test_a_never_sold_item_gets_recommendations(recommender, item):
    answers = recommender.answer([Query((item.sku,))], 10)
    assert answers.fallbacks == 0
    assert len(answers.results[0]) == 10
    assert any(tiny_shop.ENTITY_OF[r.item_id] in tiny_shop.ACTIVITIES[item.activity] for r in answers.results[0])


@pytest.mark.parametrize("item", NEVER_SOLD, ids=lambda item: item.name)
def test_a_never_sold_item_is_recommended_to_someone(recommender, item):
    queries = [Query((other.sku,)) for other in tiny_shop.ITEMS]
    assert any(item.sku in ids(results) for results in recommender.answer(queries, 20).results)


def test_who_is_known(recommender):
    assert recommender.knows_item(TEAPOT.sku)
    assert not recommender.knows_item("no such item")
    assert recommender.knows_user("u001")
    assert not recommender.knows_user("nobody")


def test_through_the_shop_unknown_ids_are_errors(shop):
    with pytest.raises(QueryError, match=r"unknown item \(found 1x\)"):
        shop.recommend(item="1x")
