from __future__ import annotations

import numpy as np
import pytest

import tiny_shop
from goeswith.recommend.bills import load_bills
from goeswith.recommend.features import FEATURES, FeatureMaker
from goeswith.recommend.rank import FUSION, fuse, rank
from goeswith.recommend.ranker import fit_ranker
from goeswith.recommend.recall import Candidates
from goeswith.recommend.stage import recaller

CONTEXTS = [np.array(context) for context in ([0], [5, 20], [1, 2, 3, 60], [88])]


def test_reciprocal_rank_fusion_sums_over_the_routes_that_know_an_item():
    sums = np.array([[1.0, 0.0], [0.5, 2.0], [0.0, 1.0]], np.float32)
    ranks = np.array([[0, 2], [1, 0], [2, 1]], np.float32)
    expected = [1 / FUSION, 1 / (FUSION + 1) + 1 / FUSION, 1 / (FUSION + 1)]
    np.testing.assert_allclose(fuse(Candidates(np.arange(3), sums, ranks)), expected)


@pytest.mark.parametrize("learned", [True, False], ids=["learned", "fused"])
def test_results_come_best_first_and_short_lists_end_in_nothing(recommender, ranker, learned):
    ranked = rank(recommender.recall, ranker if learned else None, CONTEXTS, 80, True, 1)
    for items, scores in zip(ranked.items, ranked.scores, strict=True):
        count = int((items >= 0).sum())
        assert (items[count:] == -1).all()
        assert np.isnan(scores[count:]).all()
        assert (np.diff(scores[:count]) <= 0).all()
    assert (ranked.items[:, 0] >= 0).all()


@pytest.mark.parametrize("learned", [True, False], ids=["learned", "fused"])
def test_ranking_is_the_same_twice_and_in_any_company(recommender, ranker, learned):
    model = ranker if learned else None
    together = rank(recommender.recall, model, CONTEXTS, 10, True, 1)
    again = rank(recommender.recall, model, CONTEXTS, 10, True, 2)
    np.testing.assert_array_equal(together.items, again.items)
    for number, context in enumerate(CONTEXTS):
        alone = rank(recommender.recall, model, [context], 10, True, 1)
        np.testing.assert_array_equal(alone.items[0], together.items[number])


def test_the_tiny_shop_has_a_learned_ranker(ranker):
    assert ranker.feature_name() == list(FEATURES)


def test_fitting_again_gives_the_same_ranker(shop, ranker):
    bills, counted = load_bills(shop.build)
    recall_of = recaller(shop.settings, shop.build, shop.vectors)
    models = [
        fit_ranker(bills, counted, recall_of, "basket", "time", 30, 240, 7, 1, lambda what: None)[0] for _ in range(2)
    ]
    assert models[0].model_to_string() == models[1].model_to_string()


def test_too_few_baskets_teach_nothing(shop):
    bills, counted = load_bills(shop.build)
    few = bills.basket < 20
    recall_of = recaller(shop.settings, shop.build, shop.vectors)
    model, report = fit_ranker(
        bills.rows(few), counted[few], recall_of, "basket", "time", 30, 240, 7, 1, lambda what: None
    )
    assert model is None
    assert report["target_recalled"] < 50


def test_no_bills_teach_nothing(shop):
    bills, counted = load_bills(shop.build)
    nothing = np.zeros(len(bills), bool)
    model, report = fit_ranker(
        bills.rows(nothing), counted[nothing], None, "none", "none", 30, 240, 7, 1, lambda what: None
    )
    assert (model, report) == (None, {"queries": 0, "target_recalled": 0})


def test_features_have_their_columns(recommender):
    recall = recommender.recall
    context = np.array([3, 40])
    (batch,) = recall.batches([context])
    found = recall.candidates(batch, 0, recall.allowed(context, True))
    features = dict(zip(FEATURES, FeatureMaker(recall).features(batch, context, found).T, strict=True))
    np.testing.assert_allclose(features["ease_sum"], found.sums[:, 0] / np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(features["bought"], np.log1p(recall.behaviour.bought[found.items]), rtol=1e-5)
    assert (features["context_size"] == 2).all()
    assert (features["same_entity_count"] == 0).all()  # hold keeps them out
    assert features["complement_max"].max() > 0.9


def test_features_do_not_depend_on_the_order_of_the_context(recommender):
    recall = recommender.recall
    rows = []
    for context in (np.array([3, 40, 61, 12]), np.array([61, 12, 3, 40])):
        (batch,) = recall.batches([context])
        found = recall.candidates(batch, 0, recall.allowed(context, True))
        rows.append(FeatureMaker(recall).features(batch, context, found))
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-4, atol=1e-5)


def test_what_is_bought_together_is_found(recommender, ranker):
    """A red spot teapot calls for what was bought with it: tea things, mostly with red spots."""
    place = {sku: number for number, sku in enumerate(recommender.catalogue.item_id)}
    teapot = next(i for i in tiny_shop.ITEMS if i.entity == "teapot" and i.design == "RED SPOT")
    best = rank(recommender.recall, ranker, [np.array([place[teapot.sku]])], 4, True, 1).items[0]
    found = [next(i for i in tiny_shop.ITEMS if i.sku == recommender.catalogue.item_id[item]) for item in best]
    assert sum(item.activity == "tea" for item in found) >= 3
    assert sum(item.design == "RED SPOT" for item in found) >= 2
