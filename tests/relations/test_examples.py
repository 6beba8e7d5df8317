from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import examples, swapped

from goeswith.knowledge.relation import Coarse, Relation
from goeswith.relations.examples import COARSE, COARSE_OF, SWAPPED, Examples, balanced, one_hot, to_coarse


@st.composite
def some(draw: st.DrawFn) -> Examples:
    """Soft examples among few ends: copies and reversed copies are frequent."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    made = examples(pairs, [1] * len(pairs))
    return Examples(made.a, made.b, rng.dirichlet(np.ones(9), len(pairs)), rng.uniform(0.1, 1, len(pairs)), made.person)


@given(some(), st.integers(1, 6), st.integers(0, 9))
def test_folds_keep_a_pair_and_its_reversed_copy_together(made, count, seed):
    folds = made.join(swapped(made)).folds(count, seed)
    assert np.array_equal(folds[: len(made)], folds[len(made) :])
    by_pair: dict[frozenset[int], int] = {}
    for a, b, fold in zip(made.a.tolist(), made.b.tolist(), folds[: len(made)].tolist(), strict=True):
        assert by_pair.setdefault(frozenset((a, b)), fold) == fold
    assert set(folds.tolist()) == set(range(min(count, len(by_pair)))), "and no fold is empty but for want of pairs"


@given(some(), st.integers(1, 6))
def test_folds_are_of_equal_size_in_pairs(made, count):
    pairs = {frozenset(pair): fold for *pair, fold in zip(made.a, made.b, made.folds(count, 1), strict=True)}
    sizes = np.bincount(list(pairs.values()), minlength=count)
    assert sizes.max() - sizes.min() <= 1


def test_no_examples_have_no_folds():
    assert examples([], []).folds(5, 1).shape == (0,)


@given(some())
def test_coarse_sums_the_nine_and_swapping_leaves_it(made):
    assert made.coarse.sum(axis=1) == pytest.approx(np.ones(len(made)))
    assert made.coarse[:, 1] == pytest.approx(made.nine[:, 1:7].sum(axis=1))
    assert swapped(made).coarse == pytest.approx(made.coarse)
    assert swapped(swapped(made)).nine == pytest.approx(made.nine)


@pytest.mark.parametrize("relation", Relation)
def test_a_label_is_one_of_nine_and_one_of_three(relation):
    nine = one_hot([relation])
    assert nine[0].argmax() == relation - 1
    assert COARSE[int(to_coarse(nine)[0].argmax())] is relation.coarse
    assert SWAPPED[relation - 1] == relation.swapped - 1
    assert COARSE[COARSE_OF[relation - 1]] is relation.coarse


@pytest.mark.parametrize("coarse", Coarse)
def test_a_coarse_label_spreads_over_its_relations(coarse):
    nine = one_hot([coarse])
    assert to_coarse(nine)[0].tolist() == pytest.approx([float(each is coarse) for each in COARSE])
    assert len(set(nine[nine > 0].tolist())) == 1


@given(some())
def test_balanced_weights_give_hard_classes_equal_say(made):
    hard = np.eye(3)[made.coarse.argmax(axis=1)]
    there = hard.any(axis=0)
    say = (hard * balanced(hard, made.weight, 1)[:, None]).sum(axis=0)[there]
    assert say == pytest.approx(np.full(there.sum(), say[0]))
    assert balanced(hard, made.weight, 0) == pytest.approx(made.weight)


@given(some(), some())
def test_joined_examples_are_both(first, second):
    both = first.join(second)
    assert len(both) == len(first) + len(second)
    for part, rows in ((first, np.arange(len(first))), (second, np.arange(len(second)) + len(first))):
        taken = both.take(rows)
        assert np.array_equal(taken.nine, part.nine)
        assert np.array_equal(np.stack([taken.a, taken.b]), np.stack([part.a, part.b]))
