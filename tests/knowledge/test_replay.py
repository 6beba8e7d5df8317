"""Answers of a live LLM as recorded answer files: others replay the same result without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import live_shop
import tiny_shop
from goeswith.errors import KnowledgeError
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.recorded import load_recorded
from goeswith.knowledge.replay import ENTITIES, RELATIONS, export_answers
from goeswith.pipeline import build
from goeswith.workspace import Workspace
from llm_server import FakeLLM

REPLAYED = ("entities.parquet", "item_entities.parquet", "pairs.parquet", "answers.parquet", "edges.parquet")
MUG = Record("entity", "RED MUG", "mug", "fake-1", b="Kitchen", detail="hold a drink", prompt="entity/1", live=True)
FEE = Record("entity", "POSTAGE", None, "fake-1", prompt="entity/1", asked_at="2026-11-01T10:00:00+00:00", live=True)
PAIR = Record("relation", "cup", "requires", "fake-1", b="saucer", detail="for tea", confidence=4, vote=2, live=True)
ITEMS = Record("relation", "A cup", "refills", "fake-2", b="A pen", item_a="1", item_b="2", asked_at="2026-11-02")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tiny shop built up to its graph by a live LLM that stumbles now and then."""
    with FakeLLM(plan=["ok", "cut", "429", "missing row"], answer=live_shop.truth) as llm:
        folder = live_shop.write(tmp_path_factory.mktemp("live") / "shop", llm.url, votes=2, swap=True)
        build(Workspace(folder), "graph")
        yield folder


def replayed(asked: Path, folder: Path) -> Path:
    """Another workspace on the same shop that has only the exported answers."""
    tiny_shop.write(folder)
    for file in (folder / "answers").iterdir():
        file.unlink()
    (folder / "answers").rmdir()
    with KnowledgeBase.open(asked / "knowledge.sqlite") as base:
        export_answers(base, folder / "answers")
    build(Workspace(folder), "graph")
    return folder


def test_a_replay_makes_the_same_terms_pairs_and_edges_byte_for_byte(asked: Path, tmp_path: Path) -> None:
    again = replayed(asked, tmp_path / "again")
    for name in REPLAYED:
        assert (again / "current" / name).read_bytes() == (asked / "current" / name).read_bytes(), name


def test_a_replay_of_a_replay_exports_the_same_files(asked: Path, tmp_path: Path) -> None:
    again = replayed(asked, tmp_path / "again")
    with KnowledgeBase.open(again / "knowledge.sqlite") as base:
        export_answers(base, tmp_path / "third")
    for name in ("entities.parquet", "relations.parquet"):
        assert (tmp_path / "third" / name).read_bytes() == (again / "answers" / name).read_bytes()


def test_nothing_of_customers_and_bills_leaves(asked: Path, tmp_path: Path) -> None:
    with KnowledgeBase.open(asked / "knowledge.sqlite") as base:
        export_answers(base, tmp_path / "out")
    cells = {
        str(v) for file in (tmp_path / "out").iterdir() for row in pq.read_table(file).to_pylist() for v in row.values()
    }
    bills = pq.read_table(asked / "purchases.parquet", columns=["user_id", "basket_id"])
    private = {str(value) for name in bills.column_names for value in bills[name].drop_null().unique().to_pylist()}
    assert len(private) > 900
    assert not cells & private


@pytest.fixture
def known(base: KnowledgeBase) -> KnowledgeBase:
    base.put("llm", "fake-1", "1", [MUG, FEE, PAIR])
    base.put("llm", "fake-2", "1", [ITEMS])
    return base


def test_every_part_of_an_answer_comes_back(known: KnowledgeBase, tmp_path: Path) -> None:
    assert export_answers(known, tmp_path / "out") == {"entities": 2, "relations": 2}
    with KnowledgeBase.open(tmp_path / "other.sqlite") as other:
        load_recorded(other, ["*.parquet"], tmp_path / "out")
        found = [*other.records("entity"), *other.records("relation")]
    named = [(r.kind, r.a, r.b, r.item_a, r.item_b, r.value, r.detail, r.confidence, r.vote, r.live) for r in found]
    given = [*known.records("entity"), *known.records("relation")]
    assert named == [
        (r.kind, r.a, r.b, r.item_a, r.item_b, r.value, r.detail, r.confidence, r.vote, r.live) for r in given
    ]
    assert [(r.who, r.asked_at) for r in found] == [(r.who, r.asked_at) for r in given]


def test_the_files_have_the_columns_of_recorded_answers(known: KnowledgeBase, tmp_path: Path) -> None:
    export_answers(known, tmp_path / "out")
    assert pq.read_schema(tmp_path / "out/entities.parquet").equals(ENTITIES)
    assert pq.read_schema(tmp_path / "out/relations.parquet").equals(RELATIONS)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["entities.parquet", "relations.parquet"]


def test_what_people_and_curators_say_is_not_exported(known: KnowledgeBase, tmp_path: Path) -> None:
    said = Record("relation", "pen", "refills", "anna", b="ink", source="person")
    known.put("person", "labels", "1", [said])
    known.put("curated", "graph.csv", "1", [said])
    assert export_answers(known, tmp_path / "out")["relations"] == 2


def test_what_is_no_longer_active_is_not_exported(known: KnowledgeBase, tmp_path: Path) -> None:
    known.activate("llm", [("fake-1", "1")])
    assert export_answers(known, tmp_path / "out") == {"entities": 2, "relations": 1}


def test_a_kind_that_nobody_answered_gets_no_file(base: KnowledgeBase, tmp_path: Path) -> None:
    base.put("llm", "fake-1", "1", [PAIR])
    assert export_answers(base, tmp_path / "out") == {"entities": 0, "relations": 1}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["relations.parquet"]


def test_an_empty_folder_will_do(known: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export_answers(known, tmp_path / "out")["entities"] == 2


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "entities.parquet"])
def test_a_folder_that_holds_something_is_left_alone(known: KnowledgeBase, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(KnowledgeError, match="not an empty folder"):
        export_answers(known, folder)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(name, "mine")]


def test_a_file_is_no_folder(known: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(KnowledgeError, match="not an empty folder"):
        export_answers(known, tmp_path / "out")


def test_without_answers_there_is_nothing_to_export(base: KnowledgeBase, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no LLM answers on record"):
        export_answers(base, tmp_path / "out")
    assert not (tmp_path / "out").exists()
