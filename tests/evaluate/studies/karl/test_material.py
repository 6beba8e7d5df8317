"""What the experiment is made of: labels, votes and folds over one list of pairs."""

from __future__ import annotations

import numpy as np
import pytest

import labelled_shop
from goeswith.errors import KnowledgeError
from goeswith.evaluate.studies.karl.material import Material, folds, gather, without
from goeswith.evaluate.studies.people import ends_of, votes_of_people
from goeswith.knowledge.base import Record
from goeswith.knowledge.people import Tie
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.relations.ends import End
from goeswith.relations.known import Known

KNOWN = Known(
    [End(f"title {n}", f"thing {n}") for n in range(6)] + [End("a cup", "tea cup"), End("a pot", "teapot")],
    {str(n): n for n in range(6)},
    {"tea cup": 6, "teapot": 7},
    {},
)


def label(a: str, b: str, value: str | None, who: str = "p1") -> Record:
    return Record("relation", "", value, who, item_a=a, item_b=b, source="person")


def answer(a: str, b: str, value: str, confidence: int | None = 5) -> Record:
    return Record("relation", "x", value, "m", b="y", item_a=a, item_b=b, confidence=confidence)


def gathered(
    inside: list[Record], outside: tuple[Record, ...] = (), answers: tuple[Record, ...] = (), tie: Tie = "drop"
) -> Material:
    return gather(inside, list(outside), list(answers), KNOWN, (tie, tie))


class TestPeople:
    def test_the_first_vote_of_a_person_counts_and_blanks_are_kept(self):
        records = [label("1", "2", "together"), label("1", "2", "unrelated"), label("1", "2", None, "p2")]
        assert votes_of_people(records) == {("1", "2"): [("p1", Relation.TOGETHER), ("p2", None)]}

    def test_votes_without_a_name_are_of_as_many_people(self):
        votes = votes_of_people([label("1", "2", "together", ""), label("1", "2", "together", "")])
        assert [vote for _, vote in votes["1", "2"]] == [Relation.TOGETHER] * 2

    def test_the_order_in_which_a_pair_was_shown_is_kept(self):
        assert set(votes_of_people([label("1", "2", "refills"), label("2", "1", "refilled_by")])) == {
            ("1", "2"),
            ("2", "1"),
        }

    def test_an_end_is_an_item_or_the_key_of_a_term(self):
        assert ends_of(Record("relation", "Tea  CUP", "together", "p", b="x", item_b="7")) == ("tea cup", "7")


class TestGather:
    def test_a_pair_shown_both_ways_is_one_pair_with_two_labels(self):
        made = gathered([label("1", "2", "refills"), label("2", "1", "refilled_by")])
        assert made.inside.pair.tolist() == [0, 0]
        assert [made.ends[row].entity for row in made.inside.a] == ["thing 1", "thing 2"]
        assert made.inside.relation == [Relation.REFILLS, Relation.REFILLED_BY]
        nine = made.inside.examples(np.arange(2)).nine
        assert nine.argmax(axis=1).tolist() == [Relation.REFILLS - 1, Relation.REFILLED_BY - 1]

    def test_votes_turn_to_the_direction_of_the_universe(self):
        votes = (answer("3", "1", "refills"), answer("1", "3", "enhances", 3))
        made = gathered([label("1", "2", "together")], answers=votes)
        (pair,) = made.pool
        assert (made.ends[made.a[pair]].entity, made.ends[made.b[pair]].entity) == ("thing 1", "thing 3")
        assert [(vote.relation, vote.confidence) for vote in made.votes[int(pair)]] == [
            (Relation.REFILLED_BY, 5),
            (Relation.ENHANCES, 3),
        ]

    def test_the_pool_holds_no_pair_that_people_were_shown_whatever_they_said(self):
        shown = [label("1", "2", "together"), label("4", "3", "together"), label("4", "3", "unrelated", "p2")]
        votes = (answer("2", "1", "together"), answer("3", "4", "together"), answer("5", "0", "together"))
        made = gathered(shown, (label("0", "5", None),), (*votes, answer("0", "1", "unrelated")))
        assert [{made.ends[row].entity for row in (made.a[p], made.b[p])} for p in made.pool] == [
            {"thing 0", "thing 1"}
        ]
        assert len(made.inside) == 1, "and a tie is no label"

    def test_a_tie_may_take_the_first(self):
        tied = [label("1", "2", "together"), label("1", "2", "unrelated", "p2")]
        assert gathered(tied, tie="first").inside.relation == [Relation.TOGETHER]

    def test_unknown_ends_and_pairs_of_one_thing_are_left_out(self):
        made = gathered(
            [label("1", "2", "together"), label("1", "no such item", "together"), label("2", "2", "substitute")],
            answers=(answer("1", "nope", "together"), answer("3", "3", "substitute")),
        )
        assert (len(made.inside), len(made.a), made.votes, len(made.pool)) == (1, 1, {}, 0)

    def test_terms_are_found_under_any_of_their_names(self):
        record = Record("relation", "Teacups", "together", "p", b="tea pot", source="person")
        names = {"teacups": "tea cup", "tea pot": "teapot"}
        made = gather([record], [], [], KNOWN, ("drop", "drop"), names.get)
        assert [end.title for end in made.ends] == ["a cup", "a pot"]

    def test_coarse_labels_spread_over_their_classes(self):
        made = gathered([label("1", "2", "complementary")])
        assert made.inside.relation == [Coarse.COMPLEMENTARY]
        assert made.inside.coarse.tolist() == [1]
        assert np.count_nonzero(made.inside.examples(np.arange(1)).nine) == 6

    @pytest.mark.parametrize("records", [[], [label("1", "gone", "together")], [label("1", "2", None)]])
    def test_without_a_label_there_is_no_experiment(self, records):
        with pytest.raises(KnowledgeError, match=r"no pair that people labelled\n.*name labels"):
            gathered(records, answers=(answer("1", "2", "together"),))


class TestQuality:
    def test_it_is_learned_from_the_given_labels_alone(self):
        inside = [label("0", str(n), "together") for n in range(1, 6)]
        votes = tuple(answer("0", str(n), "unrelated") for n in range(1, 5))
        made = gathered(inside, answers=votes)
        assert made.quality(np.arange(5)).gold == 4
        assert made.quality(np.array([4, 0])).gold == 1
        assert made.quality(np.array([], np.int64)).gold == 0

    def test_what_votes_teach_is_no_persons_and_weighs_by_reliability(self):
        made = labelled_shop.material()
        quality = made.quality(np.arange(len(made.inside)))
        taught = made.answered(made.pool, quality, 0.5)
        assert not taught.person.any()
        assert taught.weight == pytest.approx(0.5 * quality.reliability(made.judged(made.pool)))
        assert taught.nine.sum(axis=1) == pytest.approx(np.ones(len(made.pool)))
        assert len(made.answered(made.pool[:0], quality, 0.5)) == 0


class TestFolds:
    @pytest.mark.parametrize("seed", range(5))
    def test_query_items_are_never_split_and_reversed_copies_leave_training(self, seed):
        labels = labelled_shop.material().inside
        fold = folds(labels, 5, seed)
        tested = []
        for held in range(5):
            train, test = without(labels, fold, held)
            tested += test.tolist()
            assert len(test)
            assert not set(labels.query[train]) & set(labels.query[test])
            assert not set(labels.pair[train]) & set(labels.pair[test])
        assert sorted(tested) == list(range(len(labels)))

    def test_the_world_has_reversed_copies(self):
        labels = labelled_shop.material().inside
        assert len(np.unique(labels.pair)) < len(labels)

    def test_fewer_query_items_than_folds(self):
        made = gathered([label("1", "2", "together"), label("1", "3", "together"), label("2", "3", "together")])
        assert set(folds(made.inside, 2, 0).tolist()) == {0, 1}
        with pytest.raises(KnowledgeError, match=r"fewer labels than folds.*2 query items for 3 folds.*\n.*label more"):
            folds(made.inside, 3, 0)

    def test_a_pair_labelled_elsewhere_too_is_not_learned_from_where_it_is_tested(self):
        inside = [label("1", "2", "together"), label("2", "3", "together"), label("3", "4", "together")]
        made = gathered(inside, (label("2", "1", "together"), label("4", "3", "unrelated")))
        assert made.elsewhere(np.array([0])).tolist() == [1, 2]
        assert made.elsewhere(np.array([0, 1])).tolist() == [1]
