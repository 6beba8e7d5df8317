"""The stage on small catalogues: answers on record in, dictionary and linked items out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goeswith.engine import Engine
from goeswith.entities import stage
from goeswith.entities.dictionary import EntityDict
from goeswith.errors import KnowledgeError
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.settings import Entities, Settings

DESIGNS = ["red", "blue", "green", "white", "spotted", "striped"]
TITLES = [f"{design} {kind}" for design in DESIGNS for kind in ("teapot", "candle", "pen")]
Linked = dict[str, dict[str, Any]]


def entity(title: str, term: str | None, vote: int = 1) -> Record:
    return Record("entity", title, term, "a model", vote=vote)


@pytest.fixture
def linked(tmp_path: Path, engine: Engine, store: Any) -> Callable[..., Linked]:
    """Title -> its row of item_entities.parquet, for a catalogue and the answers on record."""

    def link(titles: list[str], answers: list[Record], **settings: Any) -> Linked:
        rows = [{"item_id": str(n), "title": title, "category": None} for n, title in enumerate(titles)]
        schema = pa.schema([("item_id", pa.string()), ("title", pa.string()), ("category", pa.string())])
        pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "items.parquet")
        bills = {
            "basket": [0, 0, 1, 1, 2],
            "user": [0, 0, 0, 0, -3],
            "item": [0, 3, 0, 1, 0],
            "time": [1, 1, 2, 2, 3],
            "counted": [True, True, True, True, True],
        }
        pq.write_table(pa.table(bills), tmp_path / "bills.parquet")
        with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
            base.put("llm", "answers", "1", answers)
            base.activate("llm", [("answers", "1")])
            stage.run(engine, Settings(entities=Entities(**settings)), tmp_path, base, store, lambda done, total: None)
        return {row["title"]: row for row in pq.read_table(tmp_path / "item_entities.parquet").to_pylist()}

    return link


def answered() -> list[Record]:
    return [entity(title, title.split()[1]) for title in TITLES]


def test_an_answered_title_has_its_answer(linked):
    row = linked(TITLES, answered())["red teapot"]
    assert (row["entity"], row["probability"], row["method"]) == ("teapot", 1.0, "answered")


def test_of_several_answers_the_majority_counts(linked):
    said = [entity("odd thing", term, vote) for vote, term in enumerate(["pen", "candle", "candle"], start=1)]
    row = linked([*TITLES, "odd thing"], answered() + said)["odd thing"]
    assert (row["entity"], row["method"]) == ("candle", "answered")
    assert row["probability"] == pytest.approx(2 / 3)


def test_of_answers_that_tie_the_first_counts(linked):
    said = [entity("odd thing", "pen", 1), entity("odd thing", "candle", 2)]
    assert linked([*TITLES, "odd thing"], answered() + said)["odd thing"]["entity"] == "pen"


def test_spellings_of_an_answer_are_one_answer(linked):
    said = [entity("odd thing", term, vote) for vote, term in enumerate(["pen", "Candle", "candles"], start=1)]
    assert linked([*TITLES, "odd thing"], answered() + said)["odd thing"]["entity"] == "candle"


def test_what_is_answered_with_nothing_is_no_product(linked):
    row = linked([*TITLES, "POSTAGE"], [*answered(), entity("postage", None)])["POSTAGE"]
    assert (row["entity"], row["method"]) == (None, "no product")


def test_an_unanswered_title_is_linked_with_a_probability(linked):
    row = linked([*TITLES, "golden teapot"], answered())["golden teapot"]
    assert (row["entity"], row["method"]) == ("teapot", "linked")
    assert 0.5 <= row["probability"] < 1


def test_below_the_threshold_it_stays_unresolved_with_its_guess(linked, tmp_path):
    row = linked([*TITLES, "golden teapot"], answered(), threshold=1.0)["golden teapot"]
    assert (row["entity"], row["method"], row["guess"]) == (None, "unresolved", "teapot")
    assert [found[:3] for found in EntityDict.load(tmp_path).unresolved()] == [("18", "golden teapot", "teapot")]


def test_bills_of_items_become_bills_of_entities(linked, tmp_path):
    linked(TITLES, answered())
    counts = {e.term: (e.items, e.baskets, e.customers) for e in EntityDict.load(tmp_path).entities}
    assert counts == {"teapot": (6, 3, 2), "candle": (6, 1, 1), "pen": (6, 0, 0)}
    assert pq.read_metadata(tmp_path / "entity_bills.parquet").num_rows == 4


def test_terms_of_relations_are_entities_without_items(linked, tmp_path):
    linked(TITLES, [*answered(), Record("relation", "teapot", "together", "a model", b="samovar")])
    samovar = EntityDict.load(tmp_path).get("samovar")
    assert (samovar.items, samovar.baskets) == (0, 0)


def test_names_of_one_entity_are_its_aliases(linked, tmp_path):
    linked(TITLES, [*answered(), entity("a", "Pens"), entity("b", "tea pot")])
    entities = EntityDict.load(tmp_path)
    assert entities.get("tea pot").aliases == ("tea pot",)
    assert entities.get("pen").aliases == ("Pens",)


def test_without_any_answer_there_is_nothing_to_build_from(linked):
    with pytest.raises(KnowledgeError, match="no answers on titles"):
        linked(TITLES, [entity("postage", None)])
