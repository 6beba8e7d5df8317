"""Figures of the study, against sklearn's and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

import labelled_shop
from goeswith.evaluate.studies.karl.material import Labels
from goeswith.evaluate.studies.karl.measures import Resampled, area, macro_f1, told
from goeswith.knowledge.relation import Coarse
from goeswith.relations.examples import COARSE

classes = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=40)


def labels(truth: list[int], queries: list[int]) -> Labels:
    """Labels of these classes, for these query items."""
    rows = np.arange(len(truth))
    return Labels(rows, rows, rows + len(rows), [Coarse(COARSE[t]) for t in truth], np.array(queries, np.int64))


@given(classes)
def test_macro_f1_is_sklearns(judged):
    truth, said, queries = (list(column) for column in zip(*judged, strict=True))
    tables = Resampled.of(labels(truth, queries), 20, 1).tables(np.arange(len(truth)), np.array(said))
    assert macro_f1([tables])[0] == pytest.approx(f1_score(truth, said, average="macro"))


@given(classes, st.integers(0, 5))
def test_each_draw_counts_whole_query_items(judged, seed):
    truth, said, queries = (list(column) for column in zip(*judged, strict=True))
    drawn = Resampled.of(labels(truth, queries), 10, seed)
    tables = drawn.tables(np.arange(len(truth)), np.array(said))
    for weights, table in zip(drawn.weights, tables, strict=True):
        rows = np.repeat(np.arange(len(truth)), weights[queries].astype(int))
        by_hand = np.zeros((3, 3))
        np.add.at(by_hand, (np.array(truth)[rows], np.array(said)[rows]), 1)
        assert table == pytest.approx(by_hand)


def test_the_first_row_is_the_sample_and_each_draw_has_as_many_queries():
    made = labelled_shop.material().inside
    weights = Resampled.of(made, 50, 3).weights
    assert weights.shape == (51, made.query.max() + 1)
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=1) == weights.shape[1]).all()


def test_parts_of_the_labels_add_up():
    made = labelled_shop.material().inside
    drawn, said = Resampled.of(made, 30, 1), np.zeros(len(made), np.int64)
    parts = [drawn.tables(rows, said[rows]) for rows in np.array_split(np.arange(len(made)), 3)]
    assert sum(parts) == pytest.approx(drawn.tables(np.arange(len(made)), said))


def test_over_seeds_the_mean_counts():
    one, other = np.array([np.eye(3)] * 4), np.array([np.ones((3, 3))] * 4)
    assert macro_f1([one, other]) == pytest.approx((macro_f1([one]) + macro_f1([other])) / 2)


def test_an_interval_holds_its_value():
    shown = told(np.concatenate([[0.5], np.linspace(0.4, 0.6, 101)]))
    assert (shown.value, shown.low < 0.42, shown.high > 0.58) == (0.5, True, True)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.floats(0, 1), st.floats(0.1, 1))
def test_the_area_under_a_constant_curve_is_that_constant(steps, height, share):
    accepted = np.cumsum([0, *steps]).astype(float)
    curve = np.full((4, len(accepted)), height)
    assert area(accepted, curve, share * accepted[-1]) == pytest.approx(np.full(4, height))


def test_the_area_under_a_line_is_its_mean():
    assert area([0, 10, 20], np.array([0.0, 0.5, 1.0]), 20) == pytest.approx(0.5)
    assert area([0, 10, 20], np.array([0.0, 0.5, 1.0]), 10) == pytest.approx(0.25)


def test_a_curve_is_cut_at_what_all_got_accepted():
    early = area([0, 10, 20], np.array([0.2, 0.8, 0.0]), 10)
    assert early == pytest.approx(area([0, 10], np.array([0.2, 0.8]), 10))
