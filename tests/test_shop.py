"""The Python interface: goeswith.open."""

from __future__ import annotations

import pyarrow as pa
import pytest

import goeswith
import tiny_shop
from goeswith.entities.linker import Link
from goeswith.errors import QueryError, WorkspaceError
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.recommend.recommender import Query
from goeswith.shop import RELATED, RESULTS, as_table

TEAPOT = tiny_shop.ITEMS[0]


def test_a_shop_opens_with_text_or_path(tiny):
    assert goeswith.open(str(tiny)).build == goeswith.open(tiny).build == (tiny / "current").resolve()


def test_a_workspace_without_a_build_cannot_be_opened(unbuilt):
    with pytest.raises(WorkspaceError, match="nothing is built here"):
        goeswith.open(unbuilt)


def test_a_changed_artifact_is_refused(tiny_copy):
    ranker = (tiny_copy / "current").resolve() / "ranker.txt"
    changed = ranker.read_text() + "\n"
    ranker.unlink()  # artifacts may be links: never write through them
    ranker.write_text(changed)
    with pytest.raises(WorkspaceError, match=r"ranker\.txt is not what was built"):
        goeswith.open(tiny_copy)


def test_settings_can_be_overridden(tiny):
    shop = goeswith.open(tiny, ["recommend.k=3", "recommend.substitutes=allow"])
    found = shop.recommend(item=TEAPOT.sku)
    assert len(found) == 3
    everything = shop.recommend(item=TEAPOT.sku, k=80)
    assert "teapot" in {tiny_shop.ENTITY_OF[r.item_id] for r in everything}


def test_recommend_takes_an_item_a_basket_or_a_user(shop):
    assert shop.recommend(item=TEAPOT.sku, k=4) == shop.recommend(basket=[TEAPOT.sku], k=4)
    assert len(shop.recommend(user="u001")) == shop.settings.recommend.k


def test_spaces_around_ids_do_not_matter(shop):
    assert shop.recommend(basket=[f" {TEAPOT.sku} ", ""], k=2) == shop.recommend(item=TEAPOT.sku, k=2)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"item": "nope"}, "unknown item"),
        ({"basket": ["10000", "nope"]}, "unknown item"),
        ({"user": "nobody"}, "unknown user"),
        ({}, "nothing to recommend for"),
        ({"basket": []}, "nothing to recommend for"),
        ({"item": ""}, "nothing to recommend for"),
    ],
)
def test_a_question_that_names_nothing_known_is_an_error(shop, question, message):
    with pytest.raises(QueryError, match=message):
        shop.recommend(**question)


def test_many_queries_come_back_as_one_table(shop):
    queries = [("a", Query((TEAPOT.sku,))), ("b", Query(("nope",))), ("c", Query(user="u001"))]
    bulk = shop.recommend_bulk(queries, k=3)
    assert bulk.table.schema == RESULTS
    assert (bulk.queries, bulk.unknown_ids, bulk.fallbacks) == (3, 1, 1)
    assert bulk.table["query_id"].to_pylist() == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    assert bulk.table["rank"].to_pylist() == [1, 2, 3] * 3
    assert bulk.table.slice(0, 3) == as_table(shop.recommend(item=TEAPOT.sku, k=3), "a")


def test_no_queries_are_an_empty_table(shop):
    assert shop.recommend_bulk([]).table.schema == RESULTS


def test_extract_links_known_new_and_empty_titles(shop):
    known, new, empty, postage = shop.extract([TEAPOT.name.lower(), "GOLDEN TEAPOT", " ", "Postage"])
    assert known == Link("teapot", 1.0)
    assert new.term == "teapot"
    assert 0.5 < new.probability < 1
    assert empty == Link(None, 0.0)
    assert postage.term is None


def test_extract_gives_what_the_build_gave_to_titles_of_the_catalogue(shop):
    built = {row[0]: row for row in shop.entities._linked("item_id", "entity", "probability")}
    links = shop.extract([item.name for item in tiny_shop.ITEMS])
    assert [(item.sku, link.term, link.probability) for item, link in zip(tiny_shop.ITEMS, links, strict=True)] == [
        built[item.sku] for item in tiny_shop.ITEMS
    ]


def test_a_saved_linker_links_new_titles_as_well_as_those_of_the_build(shop):
    """Titles that differ from withheld ones in a word that says nothing: the loaded model must know their entity."""
    withheld = [item for item in tiny_shop.ITEMS if item.sku in tiny_shop.WITHHELD]
    links = shop.extract([f"LOVELY {item.name}" for item in withheld])
    right = [link.term == item.entity for link, item in zip(links, withheld, strict=True)]
    assert sum(right) >= 0.9 * len(right)


def test_the_graph_can_be_asked(shop):
    edges = shop.graph.neighbours("candle", Coarse.COMPLEMENTARY)
    answered = [edge for edge in edges if edge.source == "llm"]
    assert {edge.other for edge in answered} == {"candle holder", "lantern", "match box"}
    assert all(edge.reason == "both serve light" for edge in answered)
    assert {edge.source for edge in edges} <= {"llm", "classifier"}


class TestRelate:
    def test_any_two_titles_have_nine_probabilities(self, shop):
        (told,) = shop.relate([("GOLDEN CANDLE", "GOLDEN CANDLE HOLDER")])
        assert set(told.probabilities) == set(Relation)
        assert sum(told.probabilities.values()) == pytest.approx(1)
        assert told.relation.coarse is told.coarse is Coarse.COMPLEMENTARY
        assert told.probabilities[Relation.REFILLS] > told.probabilities[Relation.REFILLED_BY]

    def test_the_other_way_round_they_turn(self, shop):
        pairs = [("candle", "lantern"), (TEAPOT.name, "SILVER PEN"), ("match box", "lantern"), ("cup", "cup")]
        for one, other in zip(shop.relate(pairs), shop.relate([(b, a) for a, b in pairs]), strict=True):
            assert (one.relation.swapped, one.coarse) == (other.relation, other.coarse)
            for relation, p in one.probabilities.items():
                assert p == pytest.approx(other.probabilities[relation.swapped])

    def test_no_pairs_are_no_answers(self, shop):
        assert shop.relate([]) == []

    @pytest.mark.parametrize("empty", ["", "  ", "\u200b"])
    def test_an_empty_title_is_an_error(self, shop, empty):
        with pytest.raises(QueryError, match=r"pair 2: an empty title.*\n.*two titles"):
            shop.relate([("pen", "cup"), ("pen", empty)])

    def test_a_table_may_mix_items_and_titles(self, shop):
        columns = ("pair_id", "item_a", "title_a", "item_b", "title_b")
        rows = [
            ("1", TEAPOT.sku, None, None, "SILVER PEN"),
            ("2", "nope", None, TEAPOT.sku, None),
            ("3", None, TEAPOT.name, None, "SILVER PEN"),
        ]
        table = pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])
        told, left_out = shop.relate_table(table)
        assert told.schema.equals(RELATED)
        assert left_out == 1
        first, last = told.to_pylist()
        assert (first.pop("pair_id"), last.pop("pair_id")) == ("1", "3")
        assert first == last


def test_entities_are_searched_by_words(shop):
    assert shop.search_entities("CANDLES", 2)[0][:2] == ("candle", 1.0)
    assert shop.search_entities("holder", 1)[0][0] == "candle holder"


def test_public_names():
    assert set(goeswith.__all__) <= set(dir(goeswith))
    assert callable(goeswith.open)
