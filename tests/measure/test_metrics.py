"""Metrics on lists that can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goeswith.measure.metrics import coverage, hit, leak, ndcg, ranks

LISTS = np.array([[4, 7, 9], [1, 2, 3], [5, -1, -1]])
TARGETS = np.array([9, 8, 5])


def test_ranks_are_places_from_zero_and_minus_one_where_missing():
    assert ranks(LISTS, TARGETS).tolist() == [2, -1, 0]


@pytest.mark.parametrize(("k", "hits"), [(1, [0, 0, 1]), (2, [0, 0, 1]), (3, [1, 0, 1])])
def test_a_hit_is_a_target_among_the_first_k(k, hits):
    assert hit(LISTS, TARGETS, k).tolist() == hits


def test_ndcg_discounts_by_the_logarithm_of_the_place():
    assert ndcg(LISTS, TARGETS, 3).tolist() == pytest.approx([1 / math.log2(4), 0, 1])


def test_ndcg_beyond_k_is_nothing():
    assert ndcg(LISTS, TARGETS, 2).tolist() == [0, 0, 1]


def test_coverage_counts_each_item_once_and_no_gaps():
    lists = np.array([[0, 1, 2], [1, 3, -1]])
    assert coverage(lists, 2, items=10) == 0.3
    assert coverage(lists, 3, items=10) == 0.4


def test_leak_is_the_flagged_share_of_what_is_shown():
    flags = np.array([[True, False, True], [False, False, False], [True, True, True]])
    assert leak(flags, LISTS, 2).tolist() == [0.5, 0, 1]


def test_an_empty_list_neither_hits_nor_leaks():
    nothing = np.array([[-1, -1]])
    assert hit(nothing, np.array([3]), 2).tolist() == [0]
    assert leak(np.array([[True, True]]), nothing, 2).tolist() == [0]
