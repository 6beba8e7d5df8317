"""Promise 8 on the tiny shop: what is never recommended, whatever is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_shop
from goeswith.graph.query import Graph
from goeswith.knowledge.relation import Coarse
from goeswith.recommend.catalogue import Catalogue
from goeswith.recommend.complements import Complements
from goeswith.recommend.rank import rank
from goeswith.recommend.recall import ROUTES, Recall
from goeswith.recommend.recommender import Query

BANNED = ["10012", "10071"]
CONTEXTS = st.lists(st.integers(0, len(tiny_shop.ITEMS) - 1), min_size=1, max_size=8, unique=True)
ENTITY = {item.sku: item.entity for item in tiny_shop.ITEMS}


@pytest.fixture(scope="module")
def recall(shop, recommender) -> Recall:
    """As in serving, with two banned items."""
    catalogue = Catalogue.load(shop.build, shop.vectors, BANNED)
    return Recall(catalogue, recommender.recall.behaviour, recommender.recall.complements)


@pytest.fixture(scope="module")
def never(recall) -> set[int]:
    """Items that are unavailable, banned or no product."""
    place = {sku: number for number, sku in enumerate(recall.catalogue.item_id)}
    gone = [item.sku for item in tiny_shop.ITEMS if not item.available or item.entity is None]
    return {place[sku] for sku in (*gone, *BANNED)}


def shown(recall: Recall, ranker: object, context: list[int], hold: bool) -> list[int]:
    items = rank(recall, ranker, [np.array(context)], 60, hold, 1).items[0]  # type: ignore[arg-type]
    return [item for item in items.tolist() if item >= 0]


@given(context=CONTEXTS, hold=st.booleans())
def test_neither_the_query_nor_its_variants_nor_what_is_gone(recall, ranker, never, context, hold):
    parents = set(recall.catalogue.parent[context].tolist())
    found = shown(recall, ranker, context, hold)
    assert not set(found) & never
    assert not {int(recall.catalogue.parent[item]) for item in found} & parents
    assert len(found) == len(set(found))


@given(context=CONTEXTS)
def test_in_hold_nothing_that_does_the_job_of_something_asked(recall, ranker, shop, context):
    terms = recall.catalogue.terms
    held = {terms[e] for e in recall.catalogue.entity[context] if e >= 0}
    held |= {edge.other for term in list(held) for edge in shop.graph.neighbours(term, Coarse.SUBSTITUTE, 0.5)}
    found = {terms[recall.catalogue.entity[item]] for item in shown(recall, ranker, context, hold=True)}
    assert not found & held


def test_a_substitute_may_be_shown_where_it_is_allowed(recall, ranker):
    notebook = next(n for n, sku in enumerate(recall.catalogue.item_id) if ENTITY[sku] == "notebook")
    entities = [{ENTITY[recall.catalogue.item_id[i]] for i in shown(recall, ranker, [notebook], h)} for h in (0, 1)]
    assert {"notebook", "notepad"} <= entities[0]
    assert not {"notebook", "notepad"} & entities[1]


def test_what_is_due_may_be_shown_again(recall):
    pen = next(n for n, sku in enumerate(recall.catalogue.item_id) if ENTITY[sku] == "pen")
    entity = recall.catalogue.entity[[pen]]
    assert not recall.allowed(np.array([pen]), True)[pen]
    assert recall.allowed(np.array([pen]), True, entity)[pen]


@given(context=CONTEXTS)
def test_every_candidate_is_allowed_and_known_to_a_route(recall, context):
    (batch,) = recall.batches([np.array(context)])
    mask = recall.allowed(np.array(context), hold=True)
    found = recall.candidates(batch, 0, mask)
    assert mask[found.items].all()
    assert (found.sums > 0).any(axis=1).all()
    assert found.ranks.shape == (len(found.items), len(ROUTES))
    assert (np.sort(found.ranks, axis=0) == np.arange(len(found.items))[:, None]).all()


def test_no_item_scores_for_itself(recall):
    (batch,) = recall.batches([np.array([5])])
    for name in ("ease", "cosine", "lift", "text"):
        assert batch.sums[name][0, 5] == 0


def test_a_route_is_the_sum_over_the_context_where_no_customers_vote(recall):
    one, other, both = (next(recall.batches([np.array(c)])) for c in ([3], [40], [3, 40]))
    for name in ROUTES.keys() - {"customers"}:
        np.testing.assert_allclose(both.sums[name][0], one.sums[name][0] + other.sums[name][0], rtol=1e-4, atol=1e-6)


def test_batches_keep_the_order_of_the_queries(recall, monkeypatch):
    monkeypatch.setattr("goeswith.recommend.recall.BATCH_CELLS", 6 * len(recall.catalogue))
    contexts = [np.arange(n, n + 4) for n in range(10)]
    batches = list(recall.batches(contexts))
    assert len(batches) > 1
    assert [query for batch in batches for query in batch.queries] == list(range(10))


def test_the_graph_route_reaches_complements_alone(recall, shop):
    candle = next(n for n, sku in enumerate(recall.catalogue.item_id) if ENTITY[sku] == "candle")
    (batch,) = recall.batches([np.array([candle])])
    complements = {e.other for e in shop.graph.trusted(1).neighbours("candle", Coarse.COMPLEMENTARY)}
    terms = np.array([recall.catalogue.terms[e] if e >= 0 else "" for e in recall.catalogue.entity])
    completes = np.isin(terms, sorted(complements))
    scores = batch.sums["graph"][0]
    assert scores[completes].min() > 2 * scores[~completes].max()


def test_hold_and_allow_are_settings(shop, recommender):
    """The recommender itself holds by default; its results for every item keep the promise."""
    queries = [Query((item.sku,)) for item in tiny_shop.ITEMS]
    for query, results in zip(queries, recommender.answer(queries, 30).results, strict=True):
        entity = ENTITY[query.items[0]]
        assert query.items[0] not in {r.item_id for r in results}
        assert entity is None or entity not in {ENTITY[r.item_id] for r in results}
        assert "POST" not in {r.item_id for r in results}


def test_an_edge_below_the_threshold_holds_nothing(shop, recommender):
    graph = Graph.load(shop.build)
    terms = recommender.catalogue.terms
    sure, unsure = (Complements.of(graph, terms, threshold) for threshold in (0.5, 1.0))
    assert sure.substitute.nnz == len(terms) + 2 * len(tiny_shop.SUBSTITUTES)
    assert unsure.substitute.nnz == len(terms)
