"""What an LLM's answer is worth: by its class, its confidence, its votes, people's gold and the bills."""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations

import numpy as np
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.annotate.quality import Judged, Quality, Vote
from goeswith.knowledge.people import majority
from goeswith.knowledge.relation import Coarse, Relation, coarse, swapped
from goeswith.settings import CONFIDENCE

R = Relation
SUBSTITUTE, COMPLEMENTARY, UNRELATED = range(3)

vote = st.builds(Vote, st.sampled_from([*Relation, *Coarse]), st.none() | st.integers(1, 5))
lift = st.none() | st.floats(0, 1e6)
pair = st.builds(Judged, st.lists(vote, max_size=4).map(tuple), st.none() | st.sampled_from(Coarse), lift)
several = st.lists(pair, max_size=12)


def one(relation: Relation | Coarse, confidence: int | None = 5, **more) -> Judged:
    return Judged((Vote(relation, confidence),), **more)


def three(*relations: Relation | Coarse, confidence: int = 4, **more) -> Judged:
    return Judged(tuple(Vote(relation, confidence) for relation in relations), **more)


def turned(judged: Judged) -> Judged:
    """The same pair, seen from its other end."""
    votes = tuple(Vote(swapped(vote.relation), vote.confidence) for vote in judged.votes)
    return Judged(votes, judged.gold, judged.lift)


STATED = Quality.fit([])


@pytest.mark.parametrize("level", range(1, 6))
def test_without_gold_an_answer_is_worth_what_it_states(level):
    p = STATED.coarse([one(R.TOGETHER, level)])[0]
    rest = (1 - CONFIDENCE[str(level)]) / 2
    assert p == pytest.approx([rest, CONFIDENCE[str(level)], rest])


def test_an_answer_without_confidence_counts_as_four():
    assert STATED.coarse([one(R.REFILLS, None)]) == pytest.approx(STATED.coarse([one(R.REFILLS, 4)]))


def test_a_shop_may_state_its_own_confidence():
    mine = Quality.fit([], {**CONFIDENCE, "5": 0.7})
    assert mine.reliability([one(R.SUBSTITUTE)]) == pytest.approx(0.7)


def test_even_a_confidence_of_one_leaves_room_for_another_vote():
    sure = Quality.fit([], {**CONFIDENCE, "5": 1.0, "1": 0.0})
    p = sure.coarse([three(R.SUBSTITUTE, R.UNRELATED, confidence=5), one(R.SUBSTITUTE, 1)])
    assert np.isfinite(p).all()
    assert p[0, SUBSTITUTE] == pytest.approx(p[0, UNRELATED])


def test_gold_teaches_what_a_class_and_a_confidence_are_worth():
    """Sure substitutes are right; "unclear" is a coin toss, however sure."""
    gold = [one(R.SUBSTITUTE, gold=Coarse.SUBSTITUTE)] * 100
    gold += [one(R.UNCLEAR, gold=Coarse.UNRELATED), one(R.UNCLEAR, gold=Coarse.COMPLEMENTARY)] * 50
    learned = Quality.fit(gold).coarse([one(R.SUBSTITUTE), one(R.UNCLEAR), one(R.UNRELATED)])
    assert learned[0, SUBSTITUTE] > 0.98
    assert learned[1] == pytest.approx([0, 0.5, 0.5], abs=0.05)
    assert learned[2] == pytest.approx(STATED.coarse([one(R.UNRELATED)])[0])  # of which nothing was learned


def test_little_gold_moves_little_and_much_moves_all_the_way():
    wrong = one(R.SUBSTITUTE, gold=Coarse.UNRELATED)
    worth = [float(Quality.fit([wrong] * n).coarse([wrong])[0, SUBSTITUTE]) for n in (0, 1, 10, 1000)]
    assert worth == sorted(worth, reverse=True)
    assert worth[1] > 0.7
    assert worth[3] < 0.02


def test_votes_that_differ_are_worth_less_than_votes_that_agree_even_without_gold():
    agree, differ = STATED.reliability(
        [three(R.TOGETHER, R.ENHANCES, R.REFILLS), three(R.TOGETHER, R.TOGETHER, R.UNCLEAR)]
    )
    assert agree == pytest.approx(CONFIDENCE["4"])
    assert 0.5 < differ < agree


def test_gold_of_repeated_votes_teaches_what_agreement_is_worth():
    """Single answers are right on 8 of 10; where three agree they are always right, where they differ on half."""
    right = [three(*[R.TOGETHER] * 3, gold=Coarse.COMPLEMENTARY)] * 120
    mixed = [three(R.TOGETHER, R.TOGETHER, R.UNRELATED, gold=gold) for gold in (Coarse.COMPLEMENTARY, Coarse.UNRELATED)]
    alone = [one(R.TOGETHER, 4, gold=gold) for gold in [Coarse.COMPLEMENTARY] * 8 + [Coarse.UNRELATED] * 2] * 20
    quality = Quality.fit([*right, *mixed * 40, *alone])
    single, agree, differ = quality.temperature
    assert differ < single == 1 < agree
    assert quality.reliability([three(*[R.TOGETHER] * 3)])[0] > 0.96
    assert quality.reliability([one(R.TOGETHER, 4)])[0] == pytest.approx(0.85, abs=0.06)
    assert quality.reliability([three(R.TOGETHER, R.TOGETHER, R.UNRELATED)])[0] == pytest.approx(0.55, abs=0.1)


def test_what_agreement_is_worth_stays_as_stated_where_gold_has_single_votes():
    quality = Quality.fit([one(R.TOGETHER, gold=Coarse.COMPLEMENTARY)] * 50)
    assert quality.temperature[1:] == pytest.approx([1, 1])


def test_co_purchase_speaks_against_unrelated_and_for_no_other_class():
    plain, bought = STATED.coarse([one(R.UNRELATED, 3), one(R.UNRELATED, 3, lift=10)])
    assert bought[UNRELATED] < plain[UNRELATED]
    assert bought[SUBSTITUTE] / bought[COMPLEMENTARY] == pytest.approx(plain[SUBSTITUTE] / plain[COMPLEMENTARY])


@pytest.mark.parametrize("lift", [None, 0.0, 0.3, 1.0])
def test_no_bills_and_no_lift_change_nothing(lift):
    assert STATED.coarse([one(R.UNRELATED, lift=lift)]) == pytest.approx(STATED.coarse([one(R.UNRELATED)]))


def test_by_itself_a_lift_does_not_overrule_a_sure_answer():
    assert STATED.coarse([one(R.UNRELATED, lift=1e9)])[0].argmax() == UNRELATED


def test_gold_teaches_what_a_lift_is_worth():
    """A shop whose LLM says "unrelated" of what its bills know, and one whose bills say nothing."""
    telling = [one(R.UNRELATED, 3, gold=Coarse.COMPLEMENTARY, lift=20), one(R.UNRELATED, 3, gold=Coarse.UNRELATED)] * 60
    noise = [one(R.UNRELATED, 3, gold=Coarse.UNRELATED, lift=lift) for lift in (20, None)] * 60
    assert Quality.fit(telling).lift_weight > STATED.lift_weight > Quality.fit(noise).lift_weight


def test_a_pair_without_votes_is_unknown():
    assert STATED.coarse([Judged(())]) == pytest.approx(np.full((1, 3), 1 / 3))
    assert Quality.fit([Judged((), gold=Coarse.UNRELATED)]).gold == 0


def test_nothing_judged_gives_empty_arrays():
    assert (STATED.coarse([]).shape, STATED.nine([]).shape, STATED.reliability([]).shape) == ((0, 3), (0, 9), (0,))


def test_the_fine_classes_share_their_mass_as_voted():
    p = STATED.nine([three(R.REFILLS, R.REFILLS, R.TOGETHER, confidence=5)])[0]
    assert p.argmax() == R.REFILLS - 1
    assert p[R.REFILLS - 1] > p[R.TOGETHER - 1] > p[R.REQUIRES - 1] > 0
    assert p[R.UNRELATED - 1] == pytest.approx(p[R.UNCLEAR - 1])  # of which no vote told


def test_a_coarse_vote_spreads_over_its_fine_classes():
    p = STATED.nine([one(Coarse.COMPLEMENTARY)])[0]
    assert p[1:7] == pytest.approx(np.full(6, CONFIDENCE["5"] / 6))


@given(several, several)
def test_rows_are_distributions_and_the_nine_add_up_to_the_three(taught, judged):
    quality = Quality.fit(taught)
    three, nine = quality.coarse(judged), quality.nine(judged)
    assert three.sum(axis=1) == pytest.approx(np.ones(len(judged)))
    assert (three > 0).all()
    assert np.stack([nine[:, 0], nine[:, 1:7].sum(axis=1), nine[:, 7:].sum(axis=1)], axis=1) == pytest.approx(three)
    assert quality.reliability(judged) == pytest.approx(three.max(axis=1, initial=0))


@given(several, pair)
def test_the_order_of_votes_does_not_matter(taught, judged):
    quality = Quality.fit(taught)
    orders = [Judged(votes, None, judged.lift) for votes in permutations(judged.votes)]
    for of in (quality.coarse, quality.nine):
        assert np.ptp(of(orders), axis=0) == pytest.approx(0, abs=1e-12)


@given(several, several)
def test_swapping_the_pairs_swaps_the_nine_and_leaves_the_rest(taught, judged):
    forth = Quality.fit(taught)
    back = Quality.fit([turned(pair) for pair in taught])
    other = [turned(pair) for pair in judged]
    assert forth.to_json() == back.to_json()
    assert forth.coarse(judged) == pytest.approx(back.coarse(other))
    seen = [relation.swapped - 1 for relation in Relation]
    assert forth.nine(judged)[:, seen] == pytest.approx(back.nine(other))


@given(several)
def test_it_survives_its_file(taught):
    quality = Quality.fit(taught)
    read = Quality.from_json(quality.to_json())
    assert read.to_json() == quality.to_json()
    assert np.array_equal(read.coarse(taught), quality.coarse(taught))


@given(several, st.randoms(use_true_random=False))
def test_the_order_of_the_gold_does_not_matter(taught, random):
    shuffled = random.sample(taught, len(taught))
    forth, back = Quality.fit(taught), Quality.fit(shuffled)
    assert forth.table == pytest.approx(back.table)
    assert forth.temperature == pytest.approx(back.temperature, rel=0.03)  # a step of the grid, where two tie


@pytest.mark.data
def test_on_fbl_gold_of_the_same_shop_beats_stated_confidence_and_is_calibrated(shared):
    judged = fbl2024(shared)
    taught, asked = judged[::2], judged[1::2]
    truth = [list(Coarse).index(pair.gold) for pair in asked]
    learned, stated = Quality.fit(taught).coarse(asked), STATED.coarse(asked)
    loss = [-np.log(p[np.arange(len(truth)), truth]).mean() for p in (learned, stated)]
    assert loss[0] < 0.95 * loss[1]
    assert learned.max(axis=1).mean() == pytest.approx((learned.argmax(axis=1) == truth).mean(), abs=0.02)


def fbl2024(shared) -> list[Judged]:
    """Three votes a pair, the third asked with the items swapped; people chose among three classes."""
    votes: dict[str, list[Vote]] = defaultdict(list)
    for row in pq.read_table(shared / "llm_answers/relations_fbl.parquet").to_pylist():
        relation = Relation(row["label"])
        votes[row["pair_id"]].append(Vote(relation.swapped if row["vote"] == 3 else relation, row["confidence"]))
    people = csv.read_csv(shared / "fbl/FBL2024.tsv", parse_options=csv.ParseOptions(delimiter="\t")).to_pylist()
    classes = dict(zip("123", Coarse, strict=True))
    judged = []
    for row in people:
        cast = [classes.get(str(row[f"ANNOTATOR{number}_LABEL"])) for number in (1, 2, 3)]
        decided = majority(cast, tie="first")
        judged.append(Judged(tuple(votes[row["PAIR_ID"]]), None if decided is None else coarse(decided)))
    return judged
