"""Agreement of two judges, against scikit-learn's figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

from goeswith.measure import agreement

judged = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=60)


@given(judged)
def test_figures_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, said = (np.array(column) for column in zip(*pairs, strict=True))
    table = agreement.confusion(truth, said, 3)
    assert agreement.accuracy(table) == pytest.approx(accuracy_score(truth, said))
    assert agreement.macro_f1(table) == pytest.approx(f1_score(truth, said, average="macro"))
    if len({*truth, *said}) > 1:
        assert agreement.kappa(table) == pytest.approx(cohen_kappa_score(truth, said))


@given(judged)
def test_kappa_does_not_care_who_is_right(pairs: list[tuple[int, int]]) -> None:
    truth, said = (np.array(column) for column in zip(*pairs, strict=True))
    forth, back = agreement.confusion(truth, said, 3), agreement.confusion(said, truth, 3)
    assert agreement.kappa(forth) == pytest.approx(agreement.kappa(back))


def test_two_who_always_agree() -> None:
    table = agreement.confusion(np.array([0, 1, 2]), np.array([0, 1, 2]), 3)
    assert [float(of(table)) for of in (agreement.accuracy, agreement.macro_f1, agreement.kappa)] == [1.0, 1.0, 1.0]


def test_one_class_alone_is_no_agreement_beyond_chance() -> None:
    assert agreement.kappa(agreement.confusion(np.zeros(9, int), np.zeros(9, int), 3)) == 0


def test_the_interval_holds_the_value_and_narrows_with_more_pairs() -> None:
    truth = np.tile([0, 0, 1, 2], 10)
    said = np.tile([0, 1, 1, 2], 10)
    few = agreement.with_interval(agreement.accuracy, truth, said, 3, 400, 1)
    many = agreement.with_interval(agreement.accuracy, np.tile(truth, 20), np.tile(said, 20), 3, 400, 1)
    assert few.low < few.value == 0.75 < few.high
    assert many.high - many.low < (few.high - few.low) / 3
