from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from goeswith.data.labels import load_labels
from goeswith.engine import Engine
from goeswith.errors import DataError
from goeswith.knowledge.base import KnowledgeBase
from goeswith.settings import Data, Settings


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
        yield base


@pytest.fixture
def labelled(engine: Engine, base: KnowledgeBase, tmp_path: Path) -> Callable[[str], int]:
    """Load a CSV text as the shop's labels."""

    def load(text: str) -> int:
        (tmp_path / "labels.csv").write_text(text)
        return load_labels(engine, Settings(data=Data(labels="labels.csv")), tmp_path, base)

    return load


def test_every_vote_is_put_on_record(labelled, base):
    assert labelled("item_a,item_b,relation,annotator\n1,2,7,p1\n1,2,refills,p2\n1,2,,p3\n") == 3
    assert [(r.item_a, r.value, r.who) for r in base.records("relation")] == [
        ("1", "together", "p1"),
        ("1", "refills", "p2"),
        ("1", None, "p3"),
    ]


def test_numbers_that_went_through_a_float_column_are_read(labelled, base):
    labelled("item_a,item_b,relation\n1.0,2.0,7.0\n")
    record = base.records("relation")[0]
    assert (record.item_a, record.item_b, record.value) == ("1", "2", "together")


def test_terms_can_be_labelled_instead_of_items(labelled, base):
    labelled("entity_a,entity_b,relation\ncup,saucer,complementary\n")
    record = base.records("relation")[0]
    assert (record.a, record.b, record.item_a, record.value) == ("cup", "saucer", "", "complementary")


def test_the_same_labels_are_stored_once(labelled):
    assert [labelled("item_a,item_b,relation\n1,2,7\n") for _ in range(2)] == [1, 0]


def test_corrected_labels_take_the_place_of_the_old_ones(labelled, base):
    labelled("item_a,item_b,relation\n1,2,7\n")
    labelled("item_a,item_b,relation\n1,2,8\n")
    assert [record.value for record in base.records("relation")] == ["unrelated"]


def test_labels_taken_out_of_the_settings_speak_no_more(labelled, engine, base, tmp_path):
    labelled("item_a,item_b,relation\n1,2,7\n")
    assert load_labels(engine, Settings(), tmp_path, base) == 0
    assert base.records("relation") == []


def test_an_unknown_relation_is_named_by_its_row(labelled, base):
    with pytest.raises(DataError, match=r"row 2, column 'relation': unknown relation \(labels.csv; found '12'\)"):
        labelled("item_a,item_b,relation\n1,2,7\n1,3,12\n")
    assert base.records("relation") == []
