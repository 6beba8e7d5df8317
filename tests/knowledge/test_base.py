from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from goeswith.errors import KnowledgeError
from goeswith.knowledge.base import KnowledgeBase, Record

CUP = Record("entity", "red tea cup", "tea cup", "model", asked_at="2026-01-01")
PAIR = Record("relation", "cup", "together", "model", b="saucer", confidence=4, vote=2, detail="used as one")


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
        yield base


def raw(base: KnowledgeBase, query: str) -> list[tuple]:
    return base.connection.execute(query).fetchall()


def test_a_record_comes_back_as_it_was_stored(base):
    assert base.put("llm", "a.parquet", "d1", [CUP, PAIR]) == 2
    assert base.records("entity") == [CUP]
    assert base.records("relation") == [PAIR]


def test_records_know_their_kind_of_source(base):
    base.put("person", "labels", "d1", [PAIR])
    assert base.records("relation")[0].source == "person"


def test_answers_outlive_the_process(tmp_path):
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        base.put("llm", "a", "d1", [CUP])
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        assert base.records("entity") == [CUP]


def test_a_question_asked_twice_stands_once(base):
    base.put("llm", "a", "d1", [PAIR, PAIR])
    assert raw(base, "SELECT count(*) FROM question") == [(1,)]
    assert len(base.records("relation")) == 2


def test_a_source_is_known_by_kind_name_and_digest(base):
    base.put("llm", "a", "d1", [CUP])
    known = [base.has("llm", "a", "d1"), base.has("llm", "a", "d2"), base.has("person", "a", "d1")]
    assert known == [True, False, False]


def test_a_source_that_fails_halfway_leaves_nothing(base):
    def broken() -> Iterator[Record]:
        yield CUP
        raise ValueError("row 2")

    with pytest.raises(ValueError, match="row 2"):
        base.put("llm", "a", "d1", broken())
    assert not base.has("llm", "a", "d1")
    assert raw(base, "SELECT count(*) FROM question") == [(0,)]
    base.put("llm", "a", "d1", [CUP])  # and the base can be used on


def test_only_active_sources_answer(base):
    base.put("llm", "old", "d1", [CUP])
    base.put("llm", "new", "d2", [PAIR])
    base.activate("llm", [("new", "d2")])
    assert (base.records("entity"), base.records("relation")) == ([], [PAIR])


def test_activating_one_kind_leaves_the_others(base):
    base.put("person", "labels", "d1", [PAIR])
    base.activate("llm", [])
    assert len(base.records("relation")) == 1


def test_nothing_is_ever_deleted(base):
    base.put("llm", "old", "d1", [CUP])
    base.activate("llm", [])
    base.activate("llm", [("old", "d1")])
    assert base.records("entity") == [CUP]


def test_the_digest_changes_with_the_active_answers_of_its_kind(base):
    nothing = base.digest("entity")
    base.put("llm", "a", "d1", [CUP])
    cup = base.digest("entity")
    base.put("llm", "b", "d2", [PAIR])
    assert base.digest("entity") == cup != nothing
    base.activate("llm", [])
    assert base.digest("entity") == nothing


def test_the_digest_does_not_depend_on_the_order_of_sources(tmp_path):
    digests = set()
    for order in ("ab", "ba"):
        with KnowledgeBase.open(tmp_path / f"{order}.sqlite") as base:
            for name in order:
                base.put("llm", name, name, [Record("entity", f"title {name}", "cup", "model", asked_at="2026-01-01")])
            digests.add(base.digest("entity"))
    assert len(digests) == 1


def test_a_new_file_gets_every_migration_once(tmp_path):
    for _ in range(2):
        with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
            assert raw(base, "PRAGMA user_version")[0][0] >= 1


def test_a_base_of_a_newer_goeswith_is_refused(tmp_path):
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        raw(base, "PRAGMA user_version = 999")
    with pytest.raises(KnowledgeError, match=r"newer goeswith.*schema 999"):
        KnowledgeBase.open(tmp_path / "k.sqlite")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "k.sqlite").write_text("this is no database, but long enough to have a header " * 20)
    with pytest.raises(KnowledgeError, match=r"cannot use the knowledge base .*k\.sqlite"):
        KnowledgeBase.open(tmp_path / "k.sqlite")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(KnowledgeError, match="cannot use"):
        KnowledgeBase.open(tmp_path / "none" / "k.sqlite")


def test_an_unknown_kind_cannot_be_stored(base):
    with pytest.raises(sqlite3.IntegrityError):
        base.put("rumour", "a", "d1", [CUP])
