from __future__ import annotations

import pytest

import tiny_shop
from goeswith.entities.dictionary import Entity, EntityDict, group_aliases
from goeswith.errors import QueryError

DICTIONARY = EntityDict(
    [
        Entity("candle", (), 4, 10, 9),
        Entity("candle holder", ("candle stand",), 3, 20, 15),
        Entity("tea cup", ("teacup", "cup and saucer"), 8, 20, 15),
    ]
)


@pytest.mark.parametrize("name", ["tea cup", "Tea-Cups", "teacup", "CUP AND SAUCERS", "cup & saucer"])
def test_an_entity_is_found_by_any_spelling_of_any_of_its_names(name):
    assert DICTIONARY.resolve(name) == "tea cup"
    assert DICTIONARY.get(name).items == 8


@pytest.mark.parametrize("name", ["cup for tea", "", "cup"])
def test_what_names_no_entity_resolves_to_none(name):
    assert DICTIONARY.resolve(name) is None


def test_a_term_outranks_an_alias_of_another():
    entities = EntityDict([Entity("jar", ("candle",), 1, 1, 1), Entity("candle", (), 1, 1, 1)])
    assert entities.resolve("candles") == "candle"


def test_an_unknown_name_is_an_error_with_near_names():
    with pytest.raises(QueryError, match=r"no such entity \(found cand\)\nnear: candle holder, candle$"):
        DICTIONARY.get("cand")


def test_where_nothing_is_near_the_error_says_how_to_look():
    with pytest.raises(QueryError, match="entities search"):
        DICTIONARY.get("spaceship")


def test_entities_are_ranked_by_baskets_then_items_then_term():
    assert [entity.term for entity in DICTIONARY.ranked()] == ["tea cup", "candle holder", "candle"]


def test_aliases_are_grouped_without_the_term_itself():
    names = {"cup": "cup", "Cups": "cup", "cupp": "cup", "pen": "pen"}
    assert group_aliases(names) == {"cup": ("Cups", "cupp"), "pen": ()}


def test_a_built_dictionary_knows_its_items(shop):
    teapots = {item.sku for item in tiny_shop.ITEMS if item.entity == "teapot"}
    rows = shop.entities.items_of("teapot")
    assert {item_id for item_id, *_ in rows} == teapots
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)


def test_answers_on_an_item_of_the_catalogue_mean_its_entity(shop):
    resolve = shop.entities.resolver()
    pen = next(item.sku for item in tiny_shop.ITEMS if item.entity == "pen")
    assert resolve("whatever it is called", pen) == "pen"
    assert resolve("pen", "no such item") is None
    assert resolve("Pens", "") == "pen"
