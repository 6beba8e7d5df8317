"""What the classifier may teach itself: its surest decisions on pairs that nobody answered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import World, world

from goeswith.relations.classifier import Classifier, Config, Told
from goeswith.relations.examples import to_coarse
from goeswith.relations.self_training import SURE, WEIGHT, confident


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def model(shop: World) -> Classifier:
    return Classifier.fit(shop.taught, shop.ends, Config())


def saying(nine: np.ndarray) -> Any:
    """A classifier that says this of whatever it is shown."""
    return SimpleNamespace(predict=lambda ends, a, b: Told(nine, np.zeros(len(nine), np.int64)))


@given(st.integers(0, 99), st.integers(0, 12), st.sampled_from([0.02, 0.2, 1.0]))
def test_only_pairs_whose_coarse_class_is_sure_are_added(seed, count, spread):
    nine = np.random.default_rng(seed).dirichlet(np.full(9, spread), count)
    a = np.arange(count) + 5
    own = confident(saying(nine), None, a, a + 40)
    sure = to_coarse(nine).max(axis=1) >= SURE
    assert own.a.tolist() == a[sure].tolist()
    assert own.b.tolist() == (a[sure] + 40).tolist()
    assert np.array_equal(own.nine, nine[sure])


def test_a_sure_coarse_class_is_enough_and_a_sure_relation_not_needed():
    together, torn = np.zeros(9), np.zeros(9)
    together[[3, 6]] = 0.48, 0.52  # requires or together: complementary either way
    torn[[0, 6]] = 0.06, 0.94
    own = confident(saying(np.stack([together, torn])), None, np.arange(2), np.arange(2) + 2)
    assert own.a.tolist() == [0]
    assert own.nine.tolist() == [together.tolist()]


def test_they_are_nobodys_labels_and_weigh_less(shop, model):
    own = confident(model, shop.ends, shop.held_out.a, shop.held_out.b)
    assert 0 < len(own) <= len(shop.held_out)
    assert not own.person.any()
    assert set(own.weight.tolist()) == {WEIGHT}
    assert 0 < WEIGHT < 1
    assert own.nine.sum(axis=1) == pytest.approx(1)


def test_what_it_is_sure_of_is_right(shop, model):
    right = {
        (a, b): klass
        for a, b, klass in zip(
            shop.held_out.a.tolist(), shop.held_out.b.tolist(), shop.held_out.coarse.argmax(axis=1), strict=True
        )
    }
    own = confident(model, shop.ends, shop.held_out.a, shop.held_out.b)
    said = zip(own.a.tolist(), own.b.tolist(), own.coarse.argmax(axis=1), strict=True)
    assert np.mean([right[a, b] == klass for a, b, klass in said]) >= SURE


def test_where_there_are_no_pairs_nothing_is_added(shop, model):
    none = np.zeros(0, np.int64)
    assert len(confident(model, shop.ends, none, none)) == 0


def test_a_classifier_can_be_trained_on_them_too(shop, model):
    own = confident(model, shop.ends, shop.held_out.a, shop.held_out.b)
    again = Classifier.fit(shop.taught.join(own), shop.ends, Config())
    told = again.predict(shop.ends, shop.held_out.a, shop.held_out.b)
    assert (told.coarse == shop.held_out.coarse.argmax(axis=1)).mean() > 0.9
