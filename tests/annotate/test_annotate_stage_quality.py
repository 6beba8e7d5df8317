"""quality.json: learned from people's labels on the pairs that the LLM answered, of items or of entities."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tiny_shop
from goeswith.annotate.quality import Judged, Quality, Vote
from goeswith.annotate.stage import learned_quality
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.pipeline import build
from goeswith.settings import Graph, Labels, Settings
from goeswith.workspace import Workspace

ITEMS = {"1": "cup", "2": "saucer", "3": "pen", "4": None}


@pytest.fixture
def learned(tmp_path: Path) -> Callable[..., Quality]:
    """What these records teach about the LLM in a build of a few items."""
    rows = [{"item_id": item, "title": item, "entity": entity} for item, entity in ITEMS.items()]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "item_entities.parquet")
    terms = sorted({entity for entity in ITEMS.values() if entity})
    more = {"items": 1, "baskets": 0, "customers": 0}
    aliases = {"cup": ["mug"], "pen": [], "saucer": []}
    table = pa.Table.from_pylist([{"term": term, "aliases": aliases[term], **more} for term in terms])
    pq.write_table(table, tmp_path / "entities.parquet")

    def learn(*records: Record, settings: Settings | None = None) -> Quality:
        with KnowledgeBase.open(Path(":memory:")) as base:
            for kind in ("llm", "person", "curated"):
                base.put(kind, kind, "d", [r for r in records if r.source == kind])  # type: ignore[arg-type]
            return learned_quality(settings or Settings(), tmp_path, base)

    return learn


def said(a: str, b: str, value: str | None, who: str = "p", source: str = "person", **more: Any) -> Record:
    ends = {"item_a": a if a.isdecimal() else "", "item_b": b if b.isdecimal() else ""}
    return Record("relation", a, value, who, b=b, source=source, **ends, **more)  # type: ignore[arg-type]


def llm(a: str, b: str, value: str, confidence: int | None = 5, **more: Any) -> Record:
    return said(a, b, value, "a model", "llm", confidence=confidence, **more)


def same(first: Quality, second: Quality) -> bool:
    return first.to_json() == second.to_json()


VOTE = Vote(Relation.TOGETHER, 5)


def test_without_labels_the_llm_is_believed_as_it_states(learned):
    stated = {"5": 0.7}
    settings = Settings(graph=Graph(confidence=stated))
    quality = learned(llm("cup", "saucer", "together"), settings=settings)
    assert quality.gold == 0
    assert quality.reliability([Judged((VOTE,))])[0] == pytest.approx(0.7)


def test_a_pair_of_terms_that_both_answered_teaches(learned):
    quality = learned(llm("cup", "saucer", "together"), said("cup", "saucer", "substitute"))
    assert same(quality, Quality.fit([Judged((VOTE,), Coarse.SUBSTITUTE)]))


def test_terms_meet_under_any_name_and_either_way_round(learned):
    quality = learned(llm("Mug", "saucer", "refills"), said("saucers", "CUP", "refilled_by"))
    assert quality.gold == 1


def test_a_pair_of_items_teaches_as_items(learned):
    quality = learned(llm("2", "1", "together"), said("1", "2", "together"))
    assert same(quality, Quality.fit([Judged((VOTE,), Coarse.COMPLEMENTARY)]))


def test_items_without_an_entity_teach_too(learned):
    assert learned(llm("1", "4", "together"), said("4", "1", "unrelated")).gold == 1


def test_what_was_said_of_items_is_not_what_was_said_of_their_terms(learned):
    assert learned(llm("cup", "saucer", "together"), said("1", "2", "unrelated")).gold == 0


def test_all_votes_of_the_llm_on_a_pair_are_judged_together(learned):
    votes = [llm("cup", "pen", "together"), llm("pen", "cup", "unrelated", 3, vote=2)]
    quality = learned(*votes, said("cup", "pen", "unrelated"))
    assert same(quality, Quality.fit([Judged((VOTE, Vote(Relation.UNRELATED, 3)), Coarse.UNRELATED)]))


@pytest.mark.parametrize(("tie", "gold"), [("drop", 0), ("first", 1)])
def test_people_who_do_not_agree_teach_as_the_settings_say(learned, tie, gold):
    votes = [said("cup", "pen", "together", "x"), said("cup", "pen", "unrelated", "y")]
    assert learned(llm("cup", "pen", "together"), *votes, settings=Settings(labels=Labels(tie=tie))).gold == gold


def test_a_curated_edge_is_no_label(learned):
    assert learned(llm("cup", "pen", "together"), said("cup", "pen", "unrelated", source="curated")).gold == 0


def test_a_build_writes_it_and_the_graph_believes_accordingly(unbuilt, tiny):
    """People contradict whatever the LLM is sure about; then its other sure answers lose their weight."""
    rows = [(row["a"], row["b"], "unrelated") for row in tiny_shop.relation_answers() if row["label"] == "together"]
    with (unbuilt / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("entity_a", "entity_b", "relation"), *rows[:-3]])
    build(Workspace(unbuilt, ["data.labels=labels.csv"]), "annotate")
    text = (unbuilt / "current/quality.json").read_text()
    quality, stated = Quality.from_json(text), Quality.from_json((tiny / "current/quality.json").read_text())
    assert (quality.gold, stated.gold) == (len(rows) - 3, 0)
    asked = [Judged((VOTE,))]
    assert quality.coarse(asked)[0].argmax() == 2
    assert stated.coarse(asked)[0].argmax() == 1
    assert np.isfinite(quality.table).all()
