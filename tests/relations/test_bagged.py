"""What the bags of the reference classifier hold, and what its features are; the rest is in test_coarse_models."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import examples, swapped, world
from sklearn.metrics import f1_score

from goeswith.knowledge.relation import Relation
from goeswith.relations.bagged import FEWEST, MEMBERS, BaggedModel, Bags, features, macro_f1
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.examples import Examples
from goeswith.relations.kernel import Pairs
from goeswith.relations.signs import NAMES, signs

RELATIONS = [Relation.SUBSTITUTE, Relation.TOGETHER, Relation.UNRELATED]


@st.composite
def some(draw: st.DrawFn) -> Examples:
    """Pairs among eight ends, so that copies and reversed copies are frequent; soft labels and weights."""
    count, rng = draw(st.integers(2, 60)), np.random.default_rng(draw(st.integers(0, 999)))
    a = rng.integers(0, 8, count)
    b = (a + rng.integers(1, 8, count)) % 8
    return Examples(a, b, rng.dirichlet(np.full(9, 0.3), count), rng.uniform(0.1, 1, count), rng.random(count) < 0.5)


def many(counts: tuple[int, int, int]) -> Examples:
    pairs = [(0, 1 + number) for number in range(sum(counts))]
    return examples(pairs, np.repeat(RELATIONS, counts).tolist())


@given(some(), st.integers(0, 9))
def test_every_example_is_unseen_by_a_member_at_least(made, seed):
    assert Bags.draw(made, seed).unseen.any(axis=0).all()


@given(some(), st.integers(0, 9))
def test_a_pair_is_unseen_only_where_its_copies_are(made, seed):
    bags = Bags.draw(made, seed)
    for rows, unseen in zip(bags.rows, bags.unseen, strict=True):
        seen = {frozenset((made.a[row], made.b[row])) for row in rows.tolist()}
        assert unseen.tolist() == [frozenset(pair) not in seen for pair in zip(made.a, made.b, strict=True)]


@given(some(), st.integers(0, 9))
def test_a_drawn_label_is_one_that_the_example_may_have(made, seed):
    bags = Bags.draw(made, seed)
    for rows, labels in zip(bags.rows, bags.labels, strict=True):
        assert (made.coarse[rows, labels] > 0).all()


def test_bags_are_balanced_at_what_the_scarcest_class_has():
    bags = Bags.draw(many((100, 400, 900)), seed=7)
    assert len(bags.rows) == MEMBERS
    for labels in bags.labels:
        counts = np.bincount(labels, minlength=3)
        assert counts.min() == counts.max() == pytest.approx(90, abs=20)


def test_a_very_scarce_class_is_drawn_again_and_again():
    assert [np.bincount(labels).tolist() for labels in Bags.draw(many((5, 80, 80)), 7).labels] == [
        [FEWEST] * 3
    ] * MEMBERS


def test_a_class_that_is_not_there_is_not_drawn():
    assert all(set(labels.tolist()) == {0, 2} for labels in Bags.draw(many((40, 0, 90)), 7).labels)


def test_light_examples_are_drawn_seldom():
    made = many((300, 300, 300))
    made = dataclasses.replace(made, weight=np.where(np.arange(len(made)) % 2, 1.0, 0.1))
    drawn = np.concatenate(Bags.draw(made, 7).rows)
    assert np.mean(drawn % 2) == pytest.approx(10 / 11, abs=0.03)


def test_soft_labels_are_drawn_as_they_say():
    made = many((0, 2000, 2000))
    made.nine[:] = 0.7 * made.nine + 0.3 * made.nine[::-1]
    bags = Bags.draw(made, 7)
    kept = [made.coarse[rows, labels] > 0.5 for rows, labels in zip(bags.rows, bags.labels, strict=True)]
    assert np.concatenate(kept).mean() == pytest.approx(0.7, abs=0.02)


def test_out_of_bag_is_the_mean_over_members_that_did_not_see_it():
    unseen = np.array([[True, False], [True, True]])
    each = np.array([[[1.0], [2.0]], [[3.0], [4.0]]], np.float32)
    assert Bags((), (), unseen).out_of_bag(each).tolist() == [[2.0], [4.0]]


def test_features_are_signs_differences_and_products_the_same_swapped():
    shop = world()
    a, b = shop.taught.a, shop.taught.b
    forth = features(Pairs(shop.ends, a, b, signs(shop.ends, a, b)))
    back = features(Pairs(shop.ends, b, a, signs(shop.ends, b, a)))
    assert np.array_equal(forth, back)
    assert forth.dtype == np.float32
    assert forth.shape[1] == len(NAMES) + 2 * sum(
        s.shape[1] for s in (shop.ends.entity, shop.ends.use, shop.ends.title)
    )
    first = len(NAMES)
    width = shop.ends.entity.shape[1]
    x, y = shop.ends.entity[a[0]], shop.ends.entity[b[0]]
    assert forth[0, first : first + 2 * width] == pytest.approx(np.hstack([abs(x - y), x * y]))


@given(some(), st.integers(0, 9))
def test_macro_f1_of_hard_labels_is_sklearns(made, seed):
    truth = made.coarse.argmax(axis=1)
    scores = np.random.default_rng(seed).random((len(made), 3)).astype(np.float32)
    expected = f1_score(
        truth,
        scores.argmax(axis=1),
        labels=np.unique(truth),
        average="macro",
        sample_weight=made.weight,
        zero_division=0,
    )
    assert macro_f1(np.eye(3)[truth], scores, made.weight) == pytest.approx(expected)


def test_scores_are_the_mean_of_log_opinions():
    shop = world()
    model = Classifier.fit(shop.taught, shop.ends, Config("bagged"))
    assert isinstance(model.coarse, BaggedModel)
    opinions = model.opinions(shop.ends, shop.held_out.a, shop.held_out.b)
    assert len(opinions) == MEMBERS
    scores = model.scores(shop.ends, shop.held_out.a, shop.held_out.b)
    assert scores == pytest.approx(np.log(opinions).mean(axis=0), abs=1e-4)


def test_reversed_copies_fall_out_together():
    made = many((60, 60, 60))
    unseen = Bags.draw(made.join(swapped(made)), 7).unseen
    assert np.array_equal(unseen[:, : len(made)], unseen[:, len(made) :])
