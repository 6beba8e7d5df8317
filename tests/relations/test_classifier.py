"""The parts of the classifier that no kind of coarse model owns; see test_coarse_models for the rest."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import World, world

from goeswith.relations.classifier import Classifier, Config, Told, _landmarks
from goeswith.relations.examples import COARSE_OF, to_coarse


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def model(shop: World) -> Classifier:
    return Classifier.fit(shop.taught, shop.ends, Config())


@given(st.integers(0, 999))
def test_coarse_probabilities_are_sums_of_the_nine(seed):
    told = Told(np.random.default_rng(seed).dirichlet(np.ones(9), 5), np.zeros(5, np.int64))
    assert told.p_coarse == pytest.approx(to_coarse(told.nine))
    assert told.p_coarse[:, 0] == pytest.approx(told.nine[:, np.equal(COARSE_OF, 0)].sum(axis=1))


def test_new_probabilities_are_calibrated(shop, model):
    told = model.predict(shop.ends, shop.held_out.a, shop.held_out.b)
    assert told.p_coarse.mean(axis=0) == pytest.approx(shop.held_out.coarse.mean(axis=0), abs=0.08)
    likely = told.p_coarse.max(axis=1) > 0.9
    assert (told.p_coarse.argmax(axis=1) == shop.held_out.coarse.argmax(axis=1))[likely].mean() > 0.9


def test_people_are_remembered_before_an_llm(shop):
    people = np.arange(len(shop.taught)) % 5 == 0
    mixed = dataclasses.replace(shop.taught, person=people)
    rows = _landmarks(mixed, Config(landmarks=100))
    assert len(rows) == 100
    assert (np.diff(rows) > 0).all()
    assert people[rows].sum() == people.sum()


def test_few_landmarks_serve_nearly_as_well(shop, model):
    few = Classifier.fit(shop.taught, shop.ends, Config(landmarks=120))
    assert len(few.landmarks) == 120
    asked = shop.held_out

    def right(each: Classifier) -> float:
        return float((each.predict(shop.ends, asked.a, asked.b).coarse == asked.coarse.argmax(axis=1)).mean())

    assert right(few) > right(model) - 0.1


def test_scores_and_opinions_come_in_the_order_of_the_pairs(shop, model, monkeypatch):
    monkeypatch.setattr("goeswith.relations.classifier.CHUNK", 10)
    a, b = shop.held_out.a[:25], shop.held_out.b[:25]
    back = slice(None, None, -1)
    assert model.scores(shop.ends, a, b)[back] == pytest.approx(model.scores(shop.ends, a[back], b[back]), abs=1e-5)
    opinions = model.opinions(shop.ends, a, b)
    assert opinions[:, back] == pytest.approx(model.opinions(shop.ends, a[back], b[back]), abs=1e-5)
