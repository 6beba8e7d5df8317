from __future__ import annotations

from collections import Counter

import pyarrow.csv as csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.knowledge.people import majority
from goeswith.knowledge.relation import Coarse, Relation, coarse, parse

R = Relation


@pytest.mark.parametrize(
    ("votes", "decided"),
    [
        ([R.REFILLS], R.REFILLS),
        ([R.REFILLS, R.REFILLS, R.UNRELATED], R.REFILLS),
        ([R.UNRELATED, R.REFILLS, R.REFILLS], R.REFILLS),
        ([R.REFILLS, None, R.REFILLS], R.REFILLS),
        ([R.REFILLS, R.TOGETHER, R.UNRELATED], None),
        ([R.REFILLS, R.REFILLS, R.UNRELATED, R.UNRELATED], None),
        ([R.REFILLS, None, None], None),
        ([None, None], None),
        ([], None),
    ],
)
def test_the_majority_decides_and_ties_drop(votes, decided):
    assert majority(votes) == decided


@pytest.mark.parametrize(
    ("votes", "decided"),
    [
        ([R.REFILLS, R.TOGETHER, R.UNRELATED], R.REFILLS),
        ([None, R.TOGETHER, R.UNRELATED], R.TOGETHER),
        ([R.REFILLS, R.UNRELATED, R.UNRELATED], R.UNRELATED),
        ([None, None], None),
    ],
)
def test_a_tie_can_go_to_the_first_annotator(votes, decided):
    assert majority(votes, tie="first") == decided


def test_the_fine_classes_vote_before_the_coarse_map():
    assert majority([R.REFILLS, R.TOGETHER, R.UNRELATED, R.UNRELATED]) == R.UNRELATED


@given(st.lists(st.sampled_from([*Relation, None]), max_size=5), st.randoms())
def test_the_order_of_votes_does_not_matter_where_ties_drop(votes, random):
    shuffled = random.sample(votes, len(votes))
    assert majority(shuffled) == majority(votes)


@pytest.mark.data
def test_fbl2023_gives_the_published_counts(shared):
    votes: dict[tuple[str, str], list[Relation | Coarse | None]] = {}
    for row in csv.read_csv(shared / "fbl/FBL2023.tsv", parse_options=csv.ParseOptions(delimiter="\t")).to_pylist():
        cast = [row[f"ANNOTATOR{number}_LABEL"] for number in (1, 2, 3)]
        pair = row["ITEM_URL_1"], row["ITEM_URL_2"]  # two pairs stand twice; their first row counts
        votes.setdefault(pair, [None if vote is None else parse(str(vote)) for vote in cast])
    decided = Counter(coarse(relation) for cast in votes.values() if (relation := majority(cast)) is not None)
    assert decided == {Coarse.COMPLEMENTARY: 592, Coarse.SUBSTITUTE: 410, Coarse.UNRELATED: 1624}
