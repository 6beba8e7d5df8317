from __future__ import annotations

import numpy as np
import pytest

from goeswith.evaluate.completion import OURS, Answered, Question
from goeswith.evaluate.tables import block
from goeswith.measure.splits import Queries
from goeswith.settings import Settings

SETTINGS = Settings()


def answered(hits: dict[str, list[int]], hold: bool = False) -> Answered:
    """Four queries with target 9; a system's list holds it first where it hits."""
    count = 4
    queries = Queries(
        np.zeros(count, np.int64), np.arange(count + 1), np.full(count, 9), np.arange(count), np.zeros(count, np.int64)
    )
    lists = {name: np.array([[9, 1] if hit else [2, -1] for hit in found]) for name, found in hits.items()}
    flags = {name: lists[name] == 2 for name in lists}
    return Answered(Question("all", hold, queries), lists, flags)


def row(hits: dict[str, list[int]], system: str = OURS) -> dict[str, str]:
    table = block(answered(hits), items=10, settings=SETTINGS)
    return dict(zip(table.columns, next(found for found in table.rows if found[0] == system), strict=True))


def test_the_ratio_is_that_of_the_hits_and_the_reference_has_none():
    hits = {OURS: [1, 1, 1, 0], "cosine": [1, 1, 0, 0]}
    assert row(hits)["hit@20 ÷ cosine"].startswith("×1.50 [")
    assert row(hits, "cosine")["hit@20 ÷ cosine"] == ""


def test_where_cosine_finds_nothing_there_is_no_ratio():
    assert row({OURS: [1, 1, 1, 0], "cosine": [0, 0, 0, 0]})["hit@20 ÷ cosine"] == "cosine finds none"


def test_equal_systems_have_a_ratio_of_one_without_doubt():
    assert row({OURS: [1, 0, 1, 0], "cosine": [1, 0, 1, 0]})["hit@20 ÷ cosine"] == "×1.00 [1.00, 1.00]"


def test_all_figures_of_a_system():
    found = row({OURS: [1, 1, 1, 0], "cosine": [1, 0, 0, 0]})
    assert found["hit@20 = recall@20"].startswith("0.750 [")
    assert found["NDCG@20"].startswith("0.750 [")
    assert found["coverage"] == "0.300"
    assert found["substitute leak"] == "0.250"


@pytest.mark.parametrize(("hold", "mode"), [(True, "substitutes held"), (False, "substitutes allowed")])
def test_the_title_tells_question_queries_and_mode(hold, mode):
    table = block(answered({OURS: [1] * 4, "cosine": [1] * 4}, hold), 10, SETTINGS)
    assert table.title == f"all (4 queries, {mode})"


def test_a_block_is_plain_json():
    found = block(answered({OURS: [1, 1, 0, 0], "cosine": [1] * 4}), 10, SETTINGS).as_json()
    assert found["hits"][OURS][0] == 0.5
    assert found["hits"][OURS][1] <= 0.5 <= found["hits"][OURS][2]
