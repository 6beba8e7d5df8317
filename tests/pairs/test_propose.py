from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.pairs.propose import CoPurchase, Proposal, propose
from goeswith.settings import Pairs
from goeswith.text.encoders import unit

NOTHING = CoPurchase(*(np.zeros(0, np.int64) for _ in range(4)))


@st.composite
def shops(draw: st.DrawFn) -> tuple[np.ndarray, CoPurchase, np.ndarray]:
    """Popularity, co-purchase and vectors of up to 15 entities."""
    popularity = np.array(draw(st.lists(st.integers(0, 60), min_size=1, max_size=15)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    pairs = np.array(list(combinations(range(len(popularity)), 2)), np.int64).reshape(-1, 2)
    a, b = pairs[rng.random(len(pairs)) < 0.4].T
    counts = rng.integers(2, 20, len(a))
    return popularity, CoPurchase(a, b, counts, counts), unit(rng.normal(size=(len(popularity), 4)))


def bought(*rows: tuple[int, int, int]) -> CoPurchase:
    a, b, baskets = np.array(rows, np.int64).T
    return CoPurchase(a, b, baskets, baskets)


def pairs_of(proposal: Proposal, segment: str) -> list[tuple[int, int]]:
    return [(c.a, c.b) for c in proposal.candidates if c.segment == segment]


@given(shops(), st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_no_budget_is_passed(shop, head, torso, tail):
    proposal = propose(*shop, 100, Pairs(head_budget=head, torso_budget=torso, tail_budget=tail))
    used = [len(pairs_of(proposal, segment)) for segment in ("head", "torso", "tail")]
    assert all(count <= budget for count, budget in zip(used, (head, torso, tail), strict=True))


@given(shops())
def test_no_pair_is_proposed_twice_and_a_stands_before_b(shop):
    found = [(c.a, c.b) for c in propose(*shop, 100, Pairs()).candidates]
    assert len(found) == len(set(found))
    assert all(a < b for a, b in found)


@given(shops())
def test_heads_are_paired_exhaustively(shop):
    proposal = propose(*shop, 100, Pairs())
    heads = np.flatnonzero(proposal.segment == 0)
    assert set(pairs_of(proposal, "head")) == set(combinations(heads.tolist(), 2))


@given(shops(), st.integers(0, 5))
def test_what_a_budget_left_out_is_counted(shop, budget):
    free, tight = (propose(*shop, 100, Pairs(tail_budget=tail)) for tail in (1500, budget))
    assert tight.cut["tail"] + len(pairs_of(tight, "tail")) == len(pairs_of(free, "tail"))


@given(shops())
def test_the_same_shop_gets_the_same_proposals(shop):
    assert propose(*shop, 100, Pairs()).candidates == propose(*shop, 100, Pairs()).candidates


@pytest.fixture
def vectors() -> np.ndarray:
    """Six entities on an arc: neighbours in number are neighbours in meaning."""
    angles = np.linspace(0, np.pi / 2, 6)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_head_budget_keeps_the_most_popular_pairs(vectors):
    popularity = np.array([10, 60, 20, 50, 40, 30])
    proposal = propose(popularity, NOTHING, vectors, 100, Pairs(head_share=0.999, torso_share=1, head_budget=1))
    assert pairs_of(proposal, "head") == [(1, 3)]


def test_torso_is_paired_with_what_it_is_bought_with(vectors):
    popularity = np.array([100, 20, 20, 1, 1, 20])
    settings = Pairs(nearest=1)
    with_bills, without = (propose(popularity, co, vectors, 200, settings) for co in (bought((0, 5, 19)), NOTHING))
    assert (0, 5) in pairs_of(with_bills, "torso")
    assert (0, 5) not in pairs_of(without, "torso")


def test_what_is_bought_less_than_by_chance_is_no_reason(vectors):
    popularity = np.array([90, 80, 1, 1, 1, 1])
    settings = Pairs(head_share=0.5, torso_share=0.9, nearest=1, tail_budget=0)
    often, seldom = (propose(popularity, bought((0, 1, n)), vectors, 100, settings) for n in (90, 2))
    assert [c.route for c in often.candidates] == ["co-purchase"]
    assert [c.route for c in seldom.candidates] == ["meaning"]


def test_tail_without_bills_meets_the_heads_that_mean_something_near(vectors):
    popularity = np.array([100, 100, 0, 0, 0, 0])
    proposal = propose(popularity, NOTHING, vectors, 100, Pairs(head_share=0.6, nearest=1))
    heads = {(c.a, c.b) for c in proposal.candidates if c.route == "heads"}
    assert (0, 5) in heads
    assert (1, 5) in heads


def test_every_entity_has_its_turn_before_anyone_has_a_second(vectors):
    proposal = propose(np.zeros(6, np.int64), NOTHING, vectors, 0, Pairs(tail_budget=5))
    assert pairs_of(proposal, "tail") == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_a_shop_of_one_entity_has_nothing_to_ask():
    assert propose(np.array([5]), NOTHING, np.ones((1, 2), np.float32), 5, Pairs()).candidates == []
