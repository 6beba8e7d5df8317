"""What people are asked: pairs whose label is worth most, and labels that the classifier doubts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import World, world

from goeswith.knowledge.relation import Coarse, Relation, parse
from goeswith.relations import asking
from goeswith.relations.asking import QUEUED, REVIEW, doubted, queue, worth
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import End
from goeswith.relations.examples import COARSE, one_hot
from goeswith.relations.known import Known
from goeswith.relations.training import Training

EVEN, SURE = (1 / 3, 1 / 3, 1 / 3), (0.98, 0.01, 0.01)
terms = st.sampled_from("abcdef")
shares = st.tuples(*(st.floats(0.01, 1) for _ in range(3)))


def told(a: str, b: str, p: tuple[float, float, float] = EVEN) -> dict[str, Any]:
    chances = {f"p_{coarse}": share / sum(p) for coarse, share in zip(COARSE, p, strict=True)}
    return {"a": a, "b": b, "relation": "together", "coarse": "complementary", **chances}


class TestWorth:
    def test_what_the_classifier_does_not_know_is_worth_more(self):
        unsure, sure = worth([told("a", "b"), told("c", "d", SURE)], dict.fromkeys("abcd", 10))
        assert unsure == pytest.approx(1)
        assert sure < 0.2

    def test_what_is_bought_often_at_both_ends_is_worth_more(self):
        values = worth([told("a", "b"), told("a", "c"), told("d", "e")], {"a": 999, "b": 1, "d": 500, "e": 500})
        assert values[2] > values[0] > values[1]

    def test_a_dozen_labels_are_not_all_about_one_thing(self):
        rows = [told("a", other) for other in "bcde"] + [told("x", "y", (0.6, 0.3, 0.1))]
        values = worth(rows, dict.fromkeys("abcdexy", 10))
        assert values[0] > values[4] > values[1]
        assert values[:4] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])

    def test_nothing_predicted_is_nothing_worth(self):
        assert worth([], {}) == []

    @given(
        st.lists(st.tuples(terms, terms, shares), min_size=1, max_size=12), st.dictionaries(terms, st.integers(0, 99))
    )
    def test_it_lies_between_nothing_and_one(self, pairs, matters):
        values = worth([told(*pair) for pair in pairs], matters)
        assert len(values) == len(pairs)
        assert all(0 <= value <= 1 + 1e-9 for value in values)
        assert values == worth([told(*pair) for pair in pairs], matters)


class TestQueue:
    @pytest.fixture
    def known(self, tmp_path: Path) -> Known:
        rows = [{"term": term, "items": n, "baskets": 0 if term == "d" else 10 * n} for n, term in enumerate("abcd", 1)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "entities.parquet")
        return Known([End(f"A fine {term}", term) for term in "abcd"], {}, {t: n for n, t in enumerate("abcd")}, {})

    def test_the_best_come_first_with_titles_and_the_documented_columns(self, known, tmp_path):
        rows = queue([told("a", "b", SURE), told("c", "d"), told("a", "c")], known, tmp_path)
        assert [list(row) for row in rows] == [QUEUED.names] * 3
        assert [row["worth"] for row in rows] == sorted((row["worth"] for row in rows), reverse=True)
        assert (rows[-1]["a"], rows[-1]["title_a"], rows[-1]["title_b"]) == ("a", "A fine a", "A fine b")

    def test_things_that_were_never_bought_count_by_their_items(self, known, tmp_path):
        (row, _) = queue([told("c", "d"), told("a", "b")], known, tmp_path)
        assert {row["a"], row["b"]} == {"a", "b"}, "10 baskets against 4 items"

    def test_it_is_not_endless(self, known, tmp_path, monkeypatch):
        monkeypatch.setattr(asking, "LONGEST_QUEUE", 2)
        rows = queue([told("a", "b"), told("c", "d"), told("a", "c", SURE)], known, tmp_path)
        assert [(row["a"], row["b"]) for row in rows] == [("a", "b"), ("c", "d")]

    def test_none_are_asked_where_nothing_is_open(self, known, tmp_path):
        assert queue([], known, tmp_path) == []


WRONG = 8


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def mistaken(shop: World) -> tuple[Training, Classifier, Known, list[tuple[int, int]]]:
    """The planted world with a few labels of people turned around, and which pairs these are."""
    taught = shop.taught
    same = np.flatnonzero(taught.coarse.argmax(axis=1) == COARSE.index(Coarse.SUBSTITUTE))[:WRONG]
    nine = taught.nine.copy()
    nine[same] = one_hot([Coarse.COMPLEMENTARY])
    examples = replace(taught, nine=nine)
    pairs = list(zip(examples.a.tolist(), examples.b.tolist(), strict=True))
    made = Training(examples, pairs, len(examples), 0, 0, 0, 0, 0)
    ends = list(shop.ends.ends)
    known = Known(ends, {f"i{row}": row for row in range(0, len(ends), 2)}, {}, {})
    return made, Classifier.fit(examples, shop.ends, Config()), known, [pairs[row] for row in same]


class TestDoubted:
    def test_wrong_labels_are_found_first(self, mistaken):
        made, model, known, wrong = mistaken
        found = doubted(made, model, known)
        titles = {(known.ends[a].title, known.ends[b].title) for a, b in wrong}
        first = {(row["title_a"], row["title_b"]) for row in found[:WRONG]}
        assert len(first & titles) >= WRONG * 3 // 4
        assert len(found) < 3 * WRONG
        assert [row["margin"] for row in found] == sorted((row["margin"] for row in found), reverse=True)

    def test_a_row_tells_what_was_said_and_of_what(self, mistaken):
        made, model, known, _ = mistaken
        places = {end.title: row for row, end in enumerate(known.ends)}
        for row in doubted(made, model, known):
            assert set(row) == set(REVIEW.names)
            a, b = places[row["title_a"]], places[row["title_b"]]
            assert (row["item_a"], row["item_b"]) == tuple("" if end % 2 else f"i{end}" for end in (a, b))
            assert row["a"] == known.ends[a].entity
            assert row["suggested"] in set(Coarse)

    def test_a_coarse_label_is_named_as_it_was_given(self, mistaken):
        made, model, known, wrong = mistaken
        titles = {(known.ends[a].title, known.ends[b].title) for a, b in wrong}
        found = [row for row in doubted(made, model, known) if (row["title_a"], row["title_b"]) in titles]
        assert {row["given"] for row in found} == {"complementary"}
        assert parse(found[0]["given"]) is Coarse.COMPLEMENTARY

    def test_what_an_llm_said_is_not_for_review(self, mistaken):
        made, model, known, _ = mistaken
        asked = replace(made, examples=replace(made.examples, person=np.zeros(len(made.examples), bool)))
        assert doubted(asked, model, known) == []

    def test_an_answer_on_terms_is_listed_once(self, mistaken):
        """All its groundings are doubted together."""
        made, model, known, wrong = mistaken
        places = [made.pairs.index(pair) for pair in wrong]
        pairs = [wrong[0] if place in places else pair for place, pair in enumerate(made.pairs)]
        found = doubted(replace(made, pairs=pairs), model, known)
        one = known.ends[wrong[0][0]].title, known.ends[wrong[0][1]].title
        assert [(row["title_a"], row["title_b"]) for row in found].count(one) == 1

    def test_fine_labels_are_named_by_their_relation(self, mistaken):
        made, model, known, wrong = mistaken
        nine = made.examples.nine.copy()
        nine[[made.pairs.index(pair) for pair in wrong]] = one_hot([Relation.REFILLS])
        found = doubted(replace(made, examples=replace(made.examples, nine=nine)), model, known)
        assert "refills" in {row["given"] for row in found}
