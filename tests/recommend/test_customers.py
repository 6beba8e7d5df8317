"""Customers like the context vote for what they took."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from goeswith.measure.splits import Bills
from goeswith.recommend import customers as module
from goeswith.recommend.customers import remember, vote

TEA, CUP, SAW, NAIL = range(4)


@pytest.fixture(autouse=True)
def one_item_tells(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small examples: let a single item tell, but in the test of that rule."""
    if "too_few" not in request.node.name:
        monkeypatch.setattr(module, "FEWEST_ITEMS", 1)


def bills(*lines: tuple[int, int, int]) -> Bills:
    """(user, item, time); every line is a basket of its own."""
    user, item, time = (np.array(column, np.int64) for column in zip(*lines, strict=True))
    return Bills(np.arange(len(lines)), user, item, time)


def asked(*items: int) -> sp.csr_matrix:
    row = np.zeros((1, 4), np.float32)
    row[0, list(items)] = 1
    return sp.csr_matrix(row)


EVEN = np.ones(4, np.float32)


def test_who_took_the_context_votes_for_the_rest_of_what_they_took():
    known = remember(bills((0, TEA, 1), (0, CUP, 2), (1, SAW, 1), (1, NAIL, 2)), 4)
    scores = vote(asked(TEA), known, EVEN)[0]
    assert scores[CUP] > 0
    assert scores[SAW] == scores[NAIL] == 0


def test_a_customer_with_few_other_things_is_more_alike():
    broad = [(0, item, 1) for item in (TEA, CUP, SAW)]
    narrow = [(1, TEA, 1), (1, NAIL, 1)]
    scores = vote(asked(TEA), remember(bills(*broad, *narrow), 4), EVEN)[0]
    assert scores[NAIL] > scores[CUP]


def test_a_rare_item_tells_more_of_a_customer_than_a_common_one():
    known = remember(bills((0, TEA, 1), (0, CUP, 1), (1, SAW, 1), (1, NAIL, 1)), 4)
    rare_tea = np.array([2, 1, 1, 1], np.float32)
    scores = vote(asked(TEA, SAW), known, rare_tea)[0]
    assert scores[CUP] > scores[NAIL]


def test_too_few_items_do_not_tell_who_is_alike():
    known = remember(bills((0, TEA, 1), (0, CUP, 1), (0, SAW, 1), (0, NAIL, 1)), 4)
    assert not vote(asked(TEA, CUP), known, EVEN).any()
    assert vote(asked(TEA, CUP, SAW), known, EVEN)[0, NAIL] > 0


def test_anonymous_bills_are_nobodys_memory():
    known = remember(bills((-1, TEA, 1), (-2, CUP, 1)), 4)
    assert known.shape == (0, 4)
    assert not vote(asked(TEA), known, EVEN).any()


def test_of_too_many_customers_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_CUSTOMERS", 1)
    known = remember(bills((0, TEA, 9), (1, SAW, 1)), 4)
    assert known.toarray()[:, TEA].tolist() == [pytest.approx(np.log(2))]
