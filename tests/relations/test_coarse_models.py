"""What holds for every kind of coarse model, whoever made it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from planted import World, examples, swapped, world

from goeswith.knowledge.relation import Relation
from goeswith.relations import classifier, saved
from goeswith.relations.classifier import KINDS, Classifier, Config
from goeswith.relations.examples import COARSE, SWAPPED, Examples, to_coarse


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(shop: World, kind: str) -> Classifier:
    return Classifier.fit(shop.taught, shop.ends, Config(kind))


def right(scores: np.ndarray, asked: Examples) -> float:
    return float((scores.argmax(axis=1) == asked.coarse.argmax(axis=1)).mean())


def constant(asked: Examples) -> float:
    return float(asked.coarse.mean(axis=0).max())


def test_scores_are_finite_and_one_a_class(shop, model):
    scores = model.scores(shop.ends, shop.held_out.a, shop.held_out.b)
    assert scores.shape == (len(shop.held_out), 3)
    assert np.isfinite(scores).all()


def test_swapping_the_ends_leaves_the_scores(shop, model):
    a, b = shop.held_out.a, shop.held_out.b
    assert model.scores(shop.ends, a, b) == pytest.approx(model.scores(shop.ends, b, a), abs=1e-5)


def test_swapping_the_ends_swaps_the_directed_relations(shop, model):
    a, b = shop.held_out.a, shop.held_out.b
    forth, back = model.predict(shop.ends, a, b), model.predict(shop.ends, b, a)
    assert forth.nine == pytest.approx(back.nine[:, SWAPPED], abs=1e-5)
    assert np.array_equal(forth.coarse, back.coarse)


def test_probabilities_are_a_distribution_whose_coarse_sums_are_calibrated(shop, model):
    a, b = shop.held_out.a, shop.held_out.b
    told = model.predict(shop.ends, a, b)
    assert (told.nine >= 0).all()
    assert told.nine.sum(axis=1) == pytest.approx(np.ones(len(a)))
    assert to_coarse(told.nine) == pytest.approx(model.calibration(model.scores(shop.ends, a, b)))
    assert told.p_coarse == pytest.approx(to_coarse(told.nine))


def test_the_decision_is_the_greatest_score(shop, model):
    a, b = shop.held_out.a, shop.held_out.b
    assert np.array_equal(model.predict(shop.ends, a, b).coarse, model.scores(shop.ends, a, b).argmax(axis=1))


def test_it_learns_the_rules_of_the_world(shop, model):
    asked = shop.held_out
    told = model.predict(shop.ends, asked.a, asked.b)
    assert right(told.p_coarse, asked) > constant(asked) + 0.2
    assert right(np.eye(3)[told.coarse], asked) > constant(asked) + 0.2


def test_it_learns_which_end_is_which(shop, model):
    asked = shop.held_out
    directed = asked.nine[:, SWAPPED].argmax(axis=1) != asked.nine.argmax(axis=1)
    nine = model.predict(shop.ends, asked.a, asked.b).nine[directed]
    truth = asked.nine[directed].argmax(axis=1)
    rows = np.arange(len(truth))
    assert (nine[rows, truth] > nine[rows, SWAPPED[truth]]).mean() > 0.8


def test_what_it_says_of_left_out_examples_is_as_good_as_of_new_pairs(shop, model):
    left_out = model.coarse.left_out
    assert left_out.shape == (len(shop.taught), 3)
    new = right(model.scores(shop.ends, shop.held_out.a, shop.held_out.b), shop.held_out)
    assert right(left_out, shop.taught) == pytest.approx(new, abs=0.1)


def test_the_committee_has_opinions(shop, model):
    opinions = model.opinions(shop.ends, shop.held_out.a, shop.held_out.b)
    assert opinions.ndim == 3
    assert opinions.shape[0] > 1
    assert opinions.shape[1:] == (len(shop.held_out), 3)
    assert opinions.sum(axis=2) == pytest.approx(np.ones(opinions.shape[:2]), abs=1e-5)
    assert (opinions.var(axis=0) > 0).any(), "they are not all the same"


def test_a_pair_is_told_the_same_in_any_company(shop, model, monkeypatch):
    a, b = shop.held_out.a[:9], shop.held_out.b[:9]
    whole = model.predict(shop.ends, a, b).nine
    monkeypatch.setattr(classifier, "CHUNK", 2)
    assert model.predict(shop.ends, a, b).nine == pytest.approx(whole, abs=1e-5)


def test_no_pairs_are_told_nothing(shop, model):
    none = np.zeros(0, np.int64)
    told = model.predict(shop.ends, none, none)
    assert (told.nine.shape, told.p_coarse.shape, told.coarse.shape) == ((0, 9), (0, 3), (0,))


def test_the_seed_alone_decides(shop, model, kind):
    again = Classifier.fit(shop.taught, shop.ends, Config(kind))
    a, b = shop.held_out.a, shop.held_out.b
    assert np.array_equal(again.predict(shop.ends, a, b).nine, model.predict(shop.ends, a, b).nine)
    assert np.array_equal(again.coarse.left_out, model.coarse.left_out)


def test_a_saved_model_says_the_same(shop, model, tmp_path):
    saved.save(tmp_path, model, shop.language)
    loaded, language = saved.load(tmp_path)
    ends = language.encode(shop.ends.ends, shop.store)
    a, b = shop.held_out.a, shop.held_out.b
    mine, theirs = model.predict(shop.ends, a, b), loaded.predict(ends, a, b)
    assert theirs.nine == pytest.approx(mine.nine, abs=1e-6)
    assert np.array_equal(theirs.coarse, mine.coarse)
    assert loaded.opinions(ends, a, b) == pytest.approx(model.opinions(shop.ends, a, b), abs=1e-6)
    assert loaded.kind == model.kind


def test_examples_of_two_classes_are_enough(shop, kind):
    two = shop.taught.take(np.flatnonzero(shop.taught.coarse[:, 0] == 0))
    model = Classifier.fit(two, shop.ends, Config(kind))
    told = model.predict(shop.ends, shop.held_out.a, shop.held_out.b)
    assert np.isfinite(told.nine).all()
    assert told.p_coarse[:, 0].max() < 0.1
    assert 0 not in told.coarse
    asked = shop.held_out.coarse[:, 0] == 0
    assert (told.coarse == shop.held_out.coarse.argmax(axis=1))[asked].mean() > 0.8


def test_a_doubtful_answer_counts_less(shop, kind):
    """Every label is contradicted; the side with the weight wins."""
    taught, asked = shop.taught.take(np.arange(200)), shop.held_out
    lies = dataclasses.replace(taught, nine=np.where(taught.coarse[:, [0]] == 1, np.eye(9)[7], np.eye(9)[0]))

    def learned(truth: float, lie: float) -> float:
        both = [dataclasses.replace(made, weight=np.full(len(made), by)) for made, by in ((taught, truth), (lies, lie))]
        model = Classifier.fit(both[0].join(both[1]), shop.ends, Config(kind))
        return right(model.scores(shop.ends, asked.a, asked.b), asked)

    assert learned(truth=1, lie=0.02) > constant(asked) + 0.2
    assert learned(truth=0.02, lie=1) < constant(asked)


@pytest.mark.parametrize("turn", [lambda made: made, swapped], ids=["copy", "reversed copy"])
def test_a_copy_of_a_pair_does_not_give_it_away(shop, kind, turn):
    """With labels drawn by chance nothing can be known of a pair that was left out."""
    drawn = np.random.default_rng(1).choice([Relation.SUBSTITUTE, Relation.TOGETHER, Relation.UNRELATED], 200)
    pairs = zip(shop.taught.a[:200].tolist(), shop.taught.b[:200].tolist(), strict=True)
    by_chance = examples(list(pairs), drawn.tolist())
    model = Classifier.fit(by_chance.join(turn(by_chance)), shop.ends, Config(kind))
    assert right(model.coarse.left_out[:200], by_chance) < 1 / len(COARSE) + 0.12
