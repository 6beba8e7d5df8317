"""What is asked, and that nothing of it was known before."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from goeswith.data.prepare import Facts, load_facts
from goeswith.evaluate import completion
from goeswith.evaluate.baselines import Baselines
from goeswith.evaluate.stage import _measure
from goeswith.measure.splits import DAY, Bills, Split, split
from goeswith.recommend import stage
from goeswith.recommend.behaviour import Behaviour
from goeswith.recommend.bills import load_bills
from goeswith.recommend.recall import Recall
from goeswith.recommend.stage import recaller


@pytest.fixture(scope="module")
def bills(shop) -> Bills:
    return load_bills(shop.build)[0]


@pytest.fixture(scope="module")
def facts(shop) -> Facts:
    return load_facts(shop.build)


@pytest.fixture(scope="module")
def held(shop, bills, facts) -> Split:
    return split(bills, facts.context, facts.clock, 30, 5000, shop.settings.build.seed)


@pytest.fixture(scope="module")
def recall(shop, bills, held) -> Recall:
    known = bills.rows(held.train)
    return recaller(shop.settings, shop.build, shop.vectors)(known, np.ones(len(known), bool))


@pytest.fixture(scope="module")
def questions(shop, bills, held, recall, facts) -> dict[str, completion.Question]:
    return {q.name: q for q in completion.questions(bills, held, recall, facts, shop.settings)}


def test_what_measures_is_fitted_without_a_row_of_a_test_basket(shop, facts, monkeypatch):
    """Everything that learns from bills while the shop is measured sees training rows alone."""
    seen: list[Bills] = []
    fit, begin = Behaviour.fit, Baselines.__init__

    def fit_noting(bills, *rest, **more):
        seen.append(bills)
        return fit(bills, *rest, **more)

    def begin_noting(self, bills, *rest):
        seen.append(bills)
        begin(self, bills, *rest)

    asked = []
    answer = completion.answer

    def answer_noting(question, *rest):
        asked.append(question.queries)
        return answer(question, *rest)

    monkeypatch.setattr(Behaviour, "fit", fit_noting)
    monkeypatch.setattr(Baselines, "__init__", begin_noting)
    monkeypatch.setattr(completion, "answer", answer_noting)
    _measure(shop.settings, shop.build, shop.vectors, facts, lambda what: None)
    assert len(seen) == 2
    test_baskets = {basket for queries in asked for basket in queries.basket.tolist()}
    assert len(test_baskets) > 50
    for bills in seen:
        assert not test_baskets & set(bills.basket.tolist())
        assert bills.time.max() < min(queries.time.min() for queries in asked)


def test_the_ranker_learns_from_bills_before_the_test_days(shop, held, bills, engine, tmp_path, monkeypatch):
    seen: list[Bills] = []
    fit = stage.fit_ranker

    def fit_noting(bills, *rest):
        seen.append(bills)
        return fit(bills, *rest)

    monkeypatch.setattr(stage, "fit_ranker", fit_noting)
    folder = Path(shutil.copytree(shop.build, tmp_path / "build"))
    stage.run(engine, shop.settings, folder, shop.vectors, lambda what: None)
    (learned,) = seen
    assert not set(learned.basket.tolist()) & set(held.queries.basket.tolist())
    assert learned.time.max() < held.queries.time.min()
    assert held.queries.time.min() >= bills.time.max() - 30 * DAY


def test_targets_can_be_recommended(questions, recall):
    for question in questions.values():
        assert recall.catalogue.offered[question.queries.target].all()
        for number in range(len(question.queries)):
            context = question.queries.context(number)
            assert question.queries.target[number] not in context


def test_complement_targets_do_another_job_than_the_basket(questions, recall):
    asked = questions["complement"]
    assert asked.hold
    for number in range(len(asked.queries)):
        held = recall.held(asked.queries.context(number))
        assert not held[recall.entity[asked.queries.target[number]]]


def test_cold_targets_were_sold_seldom_and_come_once(questions, recall, shop):
    cold = questions["cold"].queries.target
    assert (recall.behaviour.bought[cold] < shop.settings.evaluate.cold_purchases).all()
    assert len(set(cold.tolist())) == len(cold) >= 3


def test_cold_targets_are_told_apart_by_whether_they_were_ever_sold(questions, recall, bills, held, ranker):
    baselines = Baselines(bills.rows(held.train), recall.catalogue)
    answered = completion.answer(questions["cold"], recall, ranker, baselines, 10, 1, lambda what: None)
    before, never = completion.parts(answered, recall)
    assert (before.question.name, never.question.name) == ("cold, sold before", "cold, never sold")
    assert (recall.behaviour.bought[before.question.queries.target] > 0).all()
    assert (recall.behaviour.bought[never.question.queries.target] == 0).all()
    assert len(before.lists["cosine"]) + len(never.lists["cosine"]) == len(questions["cold"].queries)


def test_all_systems_answer_the_same_queries_under_the_same_rules(questions, recall, ranker, bills, held):
    question = questions["complement"]
    baselines = Baselines(bills.rows(held.train), recall.catalogue)
    answered = completion.answer(question, recall, ranker, baselines, 10, 1, lambda what: None)
    assert set(answered.lists) == {completion.OURS, "popularity", "cosine", "lift", "text"}
    for name, lists in answered.lists.items():
        for number, items in enumerate(lists):
            allowed = recall.allowed(question.queries.context(number), hold=True)
            assert allowed[items[items >= 0]].all(), name
        assert not answered.replaces[name].any()
