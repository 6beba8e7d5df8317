from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.pairs.lift import shrunken_lift
from goeswith.pairs.segments import segments

POPULARITY = st.lists(st.integers(0, 50), min_size=1, max_size=30).map(np.array)
COUNTS = st.integers(1, 1000)


def test_head_torso_and_tail_by_their_share_of_purchases():
    assert segments(np.array([50, 30, 12, 5, 3]), head_share=0.5, torso_share=0.9).tolist() == [0, 1, 1, 2, 2]


def test_the_order_of_entities_does_not_matter():
    assert segments(np.array([3, 50, 5, 30, 12]), head_share=0.5, torso_share=0.9).tolist() == [2, 0, 2, 1, 1]


def test_what_was_never_bought_is_tail():
    assert segments(np.array([0, 0]), head_share=0.5, torso_share=1.0).tolist() == [2, 2]


@given(POPULARITY)
def test_heads_are_the_fewest_that_make_their_share(popularity):
    head = segments(popularity, 0.5, 0.9) == 0
    share = popularity[head].sum() / max(popularity.sum(), 1)
    if head.any():
        assert share >= 0.5
        assert share - popularity[head].min() / popularity.sum() < 0.5


@given(POPULARITY)
def test_no_one_is_below_a_less_popular_one(popularity):
    found = segments(popularity, 0.5, 0.9)
    assert (np.diff(found[np.argsort(-popularity, kind="stable")]) >= 0).all()


@given(COUNTS, COUNTS, st.integers(1, 100_000), st.floats(0.1, 100))
def test_what_is_bought_together_by_chance_has_lift_one(first, second, baskets, shrinkage):
    by_chance = first * second / baskets
    assert shrunken_lift(by_chance, first, second, baskets, shrinkage) == pytest.approx(1)


@given(st.integers(0, 1000), COUNTS, COUNTS, st.floats(0.1, 100))
def test_more_shrinkage_pulls_to_one(together, first, second, shrinkage):
    plain = float(shrunken_lift(together, first, second, 10_000, shrinkage))
    shrunk = float(shrunken_lift(together, first, second, 10_000, 10 * shrinkage))
    assert min(plain, 1) - 1e-12 <= shrunk <= max(plain, 1) + 1e-12


def test_a_rare_pair_is_believed_less_than_a_frequent_one():
    once, often = shrunken_lift([1, 100], [1, 100], [1, 100], 10_000, shrinkage=5)
    assert 1 < once < 1.3 < often


def test_without_baskets_every_lift_is_one():
    assert shrunken_lift(0, 0, 0, 0, shrinkage=5) == 1
