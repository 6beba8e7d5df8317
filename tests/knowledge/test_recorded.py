from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goeswith.errors import KnowledgeError
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.recorded import load_recorded
from goeswith.knowledge.relation import parse

ENTITIES = [{"title": "RED CUP", "entity": "cup"}, {"title": "POSTAGE", "entity": None}]
RELATIONS = [{"a": "cup", "b": "saucer", "label": 7, "confidence": 4}]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
        yield base


def test_both_kinds_are_told_by_their_columns(base, parquet, tmp_path):
    parquet("e.parquet", ENTITIES)
    parquet("r.parquet", RELATIONS)
    assert load_recorded(base, ["e.parquet", "r.parquet"], tmp_path) == 3
    assert [record.value for record in base.records("entity")] == ["cup", None]
    assert [(r.a, r.b, r.value, r.confidence) for r in base.records("relation")] == [("cup", "saucer", "together", 4)]


def test_all_columns_reach_the_record(base, parquet, tmp_path):
    parquet(
        "r.parquet",
        [
            {
                "a": " cup ",
                "b": "saucer",
                "label": "refills",
                "item_a": 1,
                "item_b": 2,
                "confidence": 9,
                "vote": 3,
                "reason": "why",
                "model": "m",
                "prompt": "p1",
                "asked_at": "2026-11-01",
            }
        ],
    )
    load_recorded(base, ["r.parquet"], tmp_path)
    record = base.records("relation")[0]
    assert (record.a, record.item_a, record.item_b, record.vote, record.detail) == ("cup", "1", "2", 3, "why")
    assert (record.confidence, record.who, record.prompt, record.asked_at) == (5, "m", "p1", "2026-11-01")


def test_a_file_without_provenance_says_where_it_came_from(base, parquet, tmp_path):
    parquet("r.parquet", RELATIONS)
    load_recorded(base, ["r.parquet"], tmp_path)
    record = base.records("relation")[0]
    assert (record.who, record.prompt) == ("unknown model", "recorded in r.parquet")


def test_csv_and_jsonl_are_read_too(base, tmp_path):
    (tmp_path / "e.csv").write_text("title,entity\nRED CUP,cup\nPOSTAGE,\n12,number\n")
    (tmp_path / "r.jsonl").write_text('{"a": "cup", "b": "saucer", "label": "together"}\n')
    load_recorded(base, ["e.csv", "r.jsonl"], tmp_path)
    assert [(r.a, r.value) for r in base.records("entity")] == [("RED CUP", "cup"), ("POSTAGE", None), ("12", "number")]
    assert len(base.records("relation")) == 1


def test_a_file_is_put_on_record_once(base, parquet, tmp_path):
    parquet("e.parquet", ENTITIES)
    assert [load_recorded(base, ["*.parquet"], tmp_path) for _ in range(2)] == [2, 0]


def test_globs_that_overlap_name_a_file_once(base, parquet, tmp_path):
    parquet("e.parquet", ENTITIES)
    assert load_recorded(base, ["*.parquet", "e.*"], tmp_path) == 2


def test_an_edited_file_takes_the_place_of_the_old_one(base, parquet, tmp_path):
    parquet("e.parquet", ENTITIES)
    load_recorded(base, ["e.parquet"], tmp_path)
    parquet("e.parquet", [{"title": "RED CUP", "entity": "tea cup"}])
    load_recorded(base, ["e.parquet"], tmp_path)
    assert [record.value for record in base.records("entity")] == ["tea cup"]


def test_a_file_taken_out_of_the_settings_answers_no_more(base, parquet, tmp_path):
    parquet("e.parquet", ENTITIES)
    load_recorded(base, ["e.parquet"], tmp_path)
    load_recorded(base, [], tmp_path)
    assert base.records("entity") == []


def test_a_bad_label_is_named_by_its_row(base, parquet, tmp_path):
    parquet("r.parquet", [*RELATIONS, {"a": "cup", "b": "lamp", "label": 12, "confidence": 4}])
    with pytest.raises(KnowledgeError, match=r"row 2: not an answer \(.*r\.parquet; found '12'\)\n1 to 9"):
        load_recorded(base, ["r.parquet"], tmp_path)


@pytest.mark.parametrize("row", [{"title": None, "entity": "cup"}, {"title": " ", "entity": "cup"}])
def test_a_row_without_a_title_is_named(base, parquet, tmp_path, row):
    parquet("e.parquet", [*ENTITIES, row])
    with pytest.raises(KnowledgeError, match=r"row 3: not an answer .*found no title"):
        load_recorded(base, ["e.parquet"], tmp_path)


def test_a_file_with_a_bad_row_puts_nothing_on_record(base, parquet, tmp_path):
    parquet("r.parquet", [*RELATIONS, {"a": "cup", "b": "lamp", "label": 12, "confidence": 4}])
    with pytest.raises(KnowledgeError):
        load_recorded(base, ["r.parquet"], tmp_path)
    assert base.records("relation") == []


def test_other_columns_are_refused_with_those_expected(base, parquet, tmp_path):
    parquet("x.parquet", [{"question": "?", "answer": "!"}])
    with pytest.raises(KnowledgeError, match=r"found answer, question\)\ncolumns: title, entity; or a, b, label"):
        load_recorded(base, ["x.parquet"], tmp_path)


def test_a_pattern_without_files_is_refused(base, tmp_path):
    with pytest.raises(KnowledgeError, match=r"no recorded answers .*none-\*\.parquet"):
        load_recorded(base, ["none-*.parquet"], tmp_path)


def test_a_damaged_file_is_refused(base, tmp_path):
    (tmp_path / "e.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(KnowledgeError, match=r"cannot read .*e\.parquet"):
        load_recorded(base, ["e.parquet"], tmp_path)


def test_an_unknown_ending_is_refused(base, tmp_path):
    (tmp_path / "e.xlsx").write_bytes(b"x")
    with pytest.raises(KnowledgeError, match="unknown file ending"):
        load_recorded(base, ["e.xlsx"], tmp_path)


@pytest.mark.data
def test_the_recorded_answers_of_online_retail_can_be_used(base, shared):
    assert load_recorded(base, ["llm_answers/*_online_retail.parquet"], shared) == 3338 + 5197
    assert all(parse(record.value) for record in base.records("relation"))
