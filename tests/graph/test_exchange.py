from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from goeswith.errors import DataError
from goeswith.graph.exchange import export, load_curated
from goeswith.knowledge.annotator import RelationQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.on_record import CuratedAnnotator
from goeswith.knowledge.relation import Relation

XML = "{http://graphml.graphdrawing.org/xmlns}"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
        yield base


@pytest.fixture
def built(make, said) -> Path:
    return make(
        said("cup", "saucer", "together", confidence=5, reason='one "set", <always>\x0b & both'),
        said("cup", "oil lamp", "unrelated", confidence=5),
        said("lamp oil", "oil lamp", "refills", "person"),
        bought={("cup", "saucer"): (9, 7), ("lamp oil", "oil lamp"): (3, 2)},
    )


@pytest.fixture
def graphml(built, tmp_path) -> ET.Element:
    export(built, tmp_path / "out.graphml")
    return ET.parse(tmp_path / "out.graphml").getroot()


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_exported_graph_can_be_imported(built, base, tmp_path, ending):
    out = tmp_path / f"out.{ending}"
    assert export(built, out) == load_curated(base, out) == 3
    questions = [RelationQuestion("cup", "saucer"), RelationQuestion("oil lamp", "lamp oil")]
    answers = CuratedAnnotator(base).ask(questions).answers
    assert [answer.relation for (answer,) in answers] == [Relation.TOGETHER, Relation.REFILLED_BY]
    exported = pq.read_table(built / "edges.parquet")["probability"].to_pylist()
    assert [answer.probability for (answer,) in answers] == pytest.approx([exported[1], exported[2]])


def test_csv_and_parquet_say_the_same(built, tmp_path):
    for ending in ("csv", "parquet"):
        export(built, tmp_path / f"out.{ending}")
    from_csv, from_parquet = csv.read_csv(tmp_path / "out.csv"), pq.read_table(tmp_path / "out.parquet")
    for name in ("a", "b", "relation", "probability", "customers"):
        assert from_csv[name].to_pylist() == from_parquet[name].to_pylist()


def test_graphml_holds_entities_and_edges_without_the_unrelated(graphml):
    nodes = [node.get("id") for node in graphml.iter(f"{XML}node")]
    edges = [(edge.get("source"), edge.get("target")) for edge in graphml.iter(f"{XML}edge")]
    assert edges == [("cup", "saucer"), ("lamp oil", "oil lamp")]
    assert sorted(nodes) == ["cup", "lamp oil", "oil lamp", "saucer"]


def test_graphml_declares_every_key_it_uses(graphml):
    declared = {key.get("id") for key in graphml.iter(f"{XML}key")}
    assert {data.get("key") for data in graphml.iter(f"{XML}data")} <= declared


def test_graphml_tells_which_edges_have_a_direction(graphml):
    assert [edge.get("directed") for edge in graphml.iter(f"{XML}edge")] == ["false", "true"]


def test_a_reason_with_any_characters_stays_valid_xml(graphml):
    reasons = [data.text for data in graphml.iter(f"{XML}data") if data.get("key") == "reason"]
    assert reasons == ['one "set", <always> & both']


@pytest.mark.parametrize("ending", ["csv", "graphml"])
def test_masked_co_purchase_does_not_leave_in_an_export(built, tmp_path, ending):
    export(built, tmp_path / f"out.{ending}")
    if ending == "csv":
        assert csv.read_csv(tmp_path / "out.csv")["customers"].to_pylist() == [None, 7, None]
    else:
        root = ET.parse(tmp_path / "out.graphml").getroot()
        assert [data.text for data in root.iter(f"{XML}data") if data.get("key") == "customers"] == ["7"]


def test_an_unknown_format_is_refused(built, tmp_path):
    with pytest.raises(DataError, match=r"out\.dot"):
        export(built, tmp_path / "out.dot")


def test_a_missing_folder_is_refused(built, tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        export(built, tmp_path / "none" / "out.csv")


def curated(tmp_path: Path, text: str) -> Path:
    (tmp_path / "curated.csv").write_text(text)
    return tmp_path / "curated.csv"


def test_an_import_takes_the_place_of_the_one_before(base, tmp_path):
    load_curated(base, curated(tmp_path, "entity_a,entity_b,relation\ncup,saucer,7\n"))
    load_curated(base, curated(tmp_path, "entity_a,entity_b,relation,who,reason\ncup,lamp,8,ann,no use\n"))
    (record,) = base.records("relation")
    assert (record.b, record.value, record.who, record.detail, record.source) == (
        "lamp",
        "unrelated",
        "ann",
        "no use",
        "curated",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("entity_a,entity_b\ncup,saucer\n", r"row 1: no edge .*found entity_a, entity_b\)\ncolumns: entity_a"),
        ("a,b,relation\ncup,saucer,7\ncup,lamp,12\n", r"row 2, column 'relation': unknown relation .*found '12'"),
        ("a,b,relation,probability\ncup,saucer,7,1.5\n", r"row 1, column 'probability': not between 0 and 1 .*1\.5"),
        ("a,b,relation,probability\ncup,saucer,7,high\n", r"row 1, column 'probability': not between .*found high"),
        ("a,b,relation\n,saucer,7\n", "row 1: no edge"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_put_on_record(base, tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        load_curated(base, curated(tmp_path, text))
    assert base.records("relation") == []


@pytest.mark.parametrize("name", ["none.csv", "graph.graphml"])
def test_only_parquet_and_csv_can_be_imported(base, tmp_path, name):
    (tmp_path / "graph.graphml").write_text("<graphml/>")
    with pytest.raises(DataError, match="no graph to import"):
        load_curated(base, tmp_path / name)


def test_a_damaged_import_is_named(base, tmp_path):
    (tmp_path / "g.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(DataError, match=r"cannot read .*g\.parquet"):
        load_curated(base, tmp_path / "g.parquet")
