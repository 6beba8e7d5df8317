"""Consensus of annotators who err in their own ways, on annotators whose ways are known."""

from __future__ import annotations

import numpy as np
import pyarrow.csv as csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.annotate.dawid_skene import annotators, dawid_skene
from goeswith.errors import DataError

TASKS, CLASSES = 600, 3
GOOD = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
SPAMMER = np.tile([0.1, 0.1, 0.8], (3, 1))
"""Says the same whatever is asked."""
ADVERSARY = np.array([[0.05, 0.9, 0.05], [0.05, 0.05, 0.9], [0.9, 0.05, 0.05]])
"""Never right, and yet as telling as anyone."""
CREW = np.stack([GOOD, GOOD, GOOD, SPAMMER, ADVERSARY])

votes = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.none() | st.integers(0, 2)), min_size=1, max_size=40
)


def simulated(crew: np.ndarray, share: float = 1.0, seed: int = 0) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """True classes, and what each of the crew says of a share of the tasks."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(CLASSES, TASKS, p=[0.5, 0.3, 0.2])
    cast = [
        (task, who, int(rng.choice(CLASSES, p=way[k])))
        for task, k in enumerate(truth)
        for who, way in enumerate(crew)
        if rng.random() < share
    ]
    return truth, cast


def plurality(cast: list[tuple[int, int, int]]) -> np.ndarray:
    counts = np.zeros((TASKS, CLASSES))
    for task, _, said in cast:
        counts[task, said] += 1
    return counts.argmax(axis=1)


def test_it_beats_the_majority_where_a_spammer_and_an_adversary_sit_among_the_crew():
    truth, cast = simulated(CREW)
    consensus = dawid_skene(cast, CLASSES)
    right = (consensus.posterior.argmax(axis=1) == truth).mean()
    assert right > (plurality(cast) == truth).mean() + 0.05
    assert right > 0.95


def test_it_finds_everyones_ways():
    _, cast = simulated(CREW)
    consensus = dawid_skene(cast, CLASSES)
    assert consensus.confusion == pytest.approx(CREW, abs=0.12)
    assert consensus.prior == pytest.approx([0.5, 0.3, 0.2], abs=0.05)


def test_its_probabilities_are_honest():
    """Of the classes that it holds likely with 0.9 on average, nine in ten are right."""
    truth, cast = simulated(CREW, share=0.6)
    posterior = dawid_skene(cast, CLASSES).posterior
    assert (posterior.argmax(axis=1) == truth).mean() == pytest.approx(posterior.max(axis=1).mean(), abs=0.03)


def test_the_table_of_annotators_shows_who_is_weak():
    _, cast = simulated(CREW, share=0.8)
    rows = annotators(cast, dawid_skene(cast, CLASSES))
    assert [row.annotator for row in rows] == [0, 1, 2, 3, 4]
    assert sum(row.pairs for row in rows) == len(cast)
    good, spammer, adversary = min(row.agreement for row in rows[:3]), rows[3].agreement, rows[4].agreement
    assert good > 0.7 > 0.4 > spammer > adversary


def test_an_annotator_is_held_against_the_others_alone():
    """Alone on a task, one's own word is no agreement: what is left is the prior."""
    cast = [(task, 0, 0) for task in range(9)] + [(9, 1, 1)]
    assert annotators(cast, dawid_skene(cast, 2))[1].agreement == 0.0


def test_blank_votes_do_not_count():
    _, cast = simulated(CREW, share=0.5)
    blanks = [(task, 0, None) for task in range(20)] + [(task, 1, -1) for task in range(20)]
    plain, blanked = dawid_skene(cast, CLASSES), dawid_skene([*blanks, *cast], CLASSES)
    assert np.array_equal(plain.posterior, blanked.posterior)
    assert annotators([*blanks, *cast], blanked)[0].pairs == sum(who == 0 for _, who, _ in cast)


def test_tasks_and_annotators_without_a_vote_are_there_too():
    consensus = dawid_skene([(0, 0, 1)], 2, tasks=3, annotators=2)
    assert consensus.posterior[2] == pytest.approx(consensus.prior)
    assert consensus.confusion[1] == pytest.approx(np.full((2, 2), 0.5))
    assert np.isnan(annotators([(0, 0, 1)], consensus)[1].agreement)


def test_no_vote_at_all():
    consensus = dawid_skene([], 3)
    assert (consensus.posterior.shape, consensus.confusion.shape) == ((0, 3), (0, 3, 3))
    assert consensus.prior == pytest.approx(np.full(3, 1 / 3))


@pytest.mark.parametrize("vote", [(0, 0, 3), (0, -2, 1), (0, 0, -2)])
def test_a_vote_out_of_range_is_told(vote):
    with pytest.raises(DataError, match="out of range"):
        dawid_skene([(0, 0, 0), vote], 3)


@given(votes, st.sampled_from([0.1, 0.5, 2]))
def test_the_likelihood_never_falls(cast, smoothing):
    consensus = dawid_skene(cast, 3, smoothing=smoothing)
    assert (np.diff(consensus.likelihood) > -1e-9).all()


@given(votes)
def test_all_it_gives_are_distributions(cast):
    consensus = dawid_skene(cast, 3)
    for given_ in (consensus.posterior, consensus.confusion, consensus.prior):
        assert (given_ > 0).all()
        assert np.allclose(given_.sum(axis=-1), 1)


@given(votes, st.permutations(range(6)), st.permutations(range(4)), st.permutations(range(3)), st.randoms())
def test_other_numbers_for_tasks_annotators_and_classes_give_the_same_under_other_numbers(
    cast, tasks, people, classes, random
):
    renamed = [(tasks[t], people[a], None if k is None else classes[k]) for t, a, k in cast]
    random.shuffle(renamed)
    plain = dawid_skene(cast, 3, tasks=6, annotators=4, tolerance=0, rounds=20)
    other = dawid_skene(renamed, 3, tasks=6, annotators=4, tolerance=0, rounds=20)
    assert other.prior[list(classes)] == pytest.approx(plain.prior, abs=1e-6)
    assert other.posterior[np.ix_(tasks, classes)] == pytest.approx(plain.posterior, abs=1e-6)
    assert other.confusion[np.ix_(people, classes, classes)] == pytest.approx(plain.confusion, abs=1e-6)


def test_the_same_votes_give_the_same_bits():
    _, cast = simulated(CREW)
    assert np.array_equal(dawid_skene(cast, 3).posterior, dawid_skene(np.array(cast), 3).posterior)


@pytest.mark.data
def test_on_fbl2023_it_decides_as_two_of_three_do(shared):
    """Eighteen careful annotators: nobody is overruled."""
    coarse = [None, 0, 1, 1, 1, 1, 1, 1, 2, 2]
    rows = csv.read_csv(shared / "fbl/FBL2023.tsv", parse_options=csv.ParseOptions(delimiter="\t")).to_pylist()
    cast = [
        (task, row[f"ANNOTATOR{number}_ID"], coarse[int(row[f"ANNOTATOR{number}_LABEL"] or 0)])
        for task, row in enumerate(rows)
        for number in (1, 2, 3)
    ]
    consensus = dawid_skene(cast, 3)
    counts = np.zeros((len(rows), 3), int)
    for task, _, said in cast:
        if said is not None:
            counts[task, said] += 1
    decided = counts.max(axis=1) >= 2
    assert np.array_equal(counts.argmax(axis=1)[decided], consensus.posterior.argmax(axis=1)[decided])
    agreement = [row.agreement for row in annotators(cast, consensus) if row.pairs]
    assert len(agreement) == 18
    assert 0.85 < min(agreement) < max(agreement) < 0.97
