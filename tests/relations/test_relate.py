"""The classifier as one asks it: rows of the contract, and answers that turn with the pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import World, relation, world

from goeswith.knowledge.relation import Coarse, Relation
from goeswith.relations.classifier import Classifier, Config, Told
from goeswith.relations.examples import COARSE, SWAPPED
from goeswith.relations.relate import P_COARSE, Relater, as_rows

chances = st.lists(st.integers(0, 3), min_size=9, max_size=9).filter(any)


def told(nine: list[float], coarse: int) -> Told:
    return Told(np.array([nine]) / sum(nine), np.array([coarse]))


def one(nine: list[float], coarse: int) -> dict:
    (row,) = as_rows(told(nine, coarse))
    return row


class TestRows:
    def test_columns(self):
        assert list(one([1] * 9, 0)) == ["relation", "coarse", *P_COARSE, *(f"p{n}" for n in range(1, 10))]

    @given(chances, st.integers(0, 2))
    def test_coarse_probabilities_are_sums_and_the_relation_is_of_the_decision(self, nine, coarse):
        row = one(nine, coarse)
        p = [row[f"p{n}"] for n in range(1, 10)]
        assert sum(p) == pytest.approx(1)
        assert [row[name] for name in P_COARSE] == pytest.approx([p[0], sum(p[1:7]), p[7] + p[8]])
        assert row["coarse"] == COARSE[coarse]
        assert Relation[row["relation"].upper()].coarse is COARSE[coarse]

    @given(chances, st.integers(0, 2))
    def test_swapping_the_ends_swaps_the_relation_also_where_two_are_equally_likely(self, nine, coarse):
        row, back = one(nine, coarse), one([nine[place] for place in SWAPPED], coarse)
        assert Relation[row["relation"].upper()].swapped is Relation[back["relation"].upper()]

    def test_the_likeliest_of_the_class_is_named(self):
        assert one([0, 1, 3, 0, 0, 0, 2, 9, 0], 1)["relation"] == "refills"
        assert one([0, 1, 3, 0, 0, 0, 4, 9, 0], 1)["relation"] == "together"
        assert one([0, 1, 3, 0, 0, 0, 4, 0, 1], 2)["relation"] == "unclear"

    def test_values_are_plain(self):
        assert {type(value) for value in one([1] * 9, 1).values()} == {str, float}

    def test_nothing_told_is_no_row(self):
        assert as_rows(Told(np.zeros((0, 9)), np.zeros(0, np.int64))) == []


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def relater(shop: World) -> Relater:
    return Relater(Classifier.fit(shop.taught, shop.ends, Config()), shop.language, shop.store)


class TestRelater:
    def test_it_says_of_ends_what_the_classifier_says_of_rows(self, shop, relater):
        held = shop.held_out
        first, second = ([shop.ends.ends[row] for row in rows] for rows in (held.a, held.b))
        found = relater.tell(first, second)
        assert (found.coarse == held.coarse.argmax(axis=1)).mean() > 0.8
        fine = [
            Relation[row["relation"].upper()] is relation(a, b)
            for a, b, row in zip(first, second, as_rows(found), strict=True)
        ]
        assert np.mean(fine) > 0.7

    def test_the_other_way_round_the_answer_turns(self, shop, relater):
        held = shop.held_out
        first, second = ([shop.ends.ends[row] for row in rows] for rows in (held.a, held.b))
        forth, back = relater.tell(first, second), relater.tell(second, first)
        assert forth.nine == pytest.approx(back.nine[:, SWAPPED])
        assert np.array_equal(forth.coarse, back.coarse)
        names = [[Relation[row["relation"].upper()] for row in as_rows(each)] for each in (forth, back)]
        assert [r.swapped for r in names[0]] == names[1]

    def test_a_pair_is_told_alike_alone_and_among_others(self, shop, relater):
        ends = shop.ends.ends
        alone = relater.tell([ends[0]], [ends[5]])
        among = relater.tell([ends[3], ends[0], ends[9]], [ends[4], ends[5], ends[9]])
        assert among.nine[1] == pytest.approx(alone.nine[0], abs=1e-6)

    def test_each_end_is_encoded_once(self, shop, relater, monkeypatch):
        asked: list[int] = []
        encode = shop.language.encode
        monkeypatch.setattr(shop.language, "encode", lambda ends, store: asked.append(len(ends)) or encode(ends, store))
        relater.tell([shop.ends.ends[0]] * 5, [shop.ends.ends[1]] * 5)
        assert asked == [2]

    def test_a_thing_and_itself_are_substitutes(self, shop, relater):
        found = relater.tell(shop.ends.ends[:20], shop.ends.ends[:20])
        assert {COARSE[place] for place in found.coarse} == {Coarse.SUBSTITUTE}

    def test_no_pairs(self, relater):
        assert as_rows(relater.tell([], [])) == []
