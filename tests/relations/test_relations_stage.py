"""The stage in a build: its tables, what the graph takes from it, the same bytes again, and shops that cannot teach."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import goeswith
import tiny_shop
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.pipeline import build
from goeswith.relations import stage
from goeswith.relations.asking import QUEUED, REVIEW
from goeswith.relations.examples import Examples
from goeswith.relations.training import FEWEST
from goeswith.settings import Settings
from goeswith.workspace import Workspace, sha256

FINE = [f"p{n}" for n in range(1, 10)]
Rows = list[dict[str, Any]]


def read(folder: Path, name: str) -> Rows:
    return pq.read_table(folder / "current" / f"{name}.parquet").to_pylist()


def report(folder: Path) -> dict[str, Any]:
    """What the stage told about the live build."""
    manifest = json.loads((folder / "current/manifest.json").read_text())
    return next(made["report"] for made in manifest["stages"] if made["stage"] == "relations")


class TestTinyShop:
    @pytest.mark.parametrize(
        ("name", "schema"), [("predicted", stage.PREDICTED), ("queue", QUEUED), ("review", REVIEW)]
    )
    def test_tables_have_the_documented_columns(self, tiny, name, schema):
        assert pq.read_schema(tiny / f"current/{name}.parquet").equals(schema)

    def test_exactly_the_proposed_pairs_that_nobody_answered_are_predicted(self, tiny):
        answered = {(row["a"], row["b"]) for row in read(tiny, "answers")}
        proposed = {tuple(sorted((row["a"], row["b"]))) for row in read(tiny, "pairs")}
        predicted = [(row["a"], row["b"]) for row in read(tiny, "predicted")]
        assert predicted == sorted(proposed - answered)
        assert len(predicted) > 50

    def test_probabilities_add_up(self, tiny):
        for row in read(tiny, "predicted"):
            assert sum(row[name] for name in FINE) == pytest.approx(1)
            assert row["p_complementary"] == pytest.approx(sum(row[f"p{n}"] for n in range(2, 8)))
            assert Relation[row["relation"].upper()].coarse == row["coarse"]

    def test_the_graph_takes_its_word_where_nobody_answered_and_nowhere_else(self, tiny):
        predicted = {(row["a"], row["b"]): row for row in read(tiny, "predicted")}
        edges = {(row["a"], row["b"]): row for row in read(tiny, "edges")}
        assert {pair for pair, edge in edges.items() if edge["source"] == "classifier"} == set(predicted)
        for pair, row in predicted.items():
            edge = edges[pair]
            assert [edge[name] for name in FINE] == pytest.approx([row[name] for name in FINE], abs=1e-8)
            assert (edge["relation"], edge["coarse"]) == (row["relation"], row["coarse"])
            assert edge["probability"] == pytest.approx(row[f"p_{row['coarse']}"], abs=1e-8)
            assert (edge["votes"], edge["confidence"], edge["reason"]) == (0, None, "")

    def test_people_are_asked_about_open_pairs_best_first(self, tiny):
        queued, predicted = read(tiny, "queue"), {(row["a"], row["b"]) for row in read(tiny, "predicted")}
        assert {(row["a"], row["b"]) for row in queued} <= predicted
        assert [row["worth"] for row in queued] == sorted((row["worth"] for row in queued), reverse=True)
        names = {item.name for item in tiny_shop.ITEMS}
        assert all({row["title_a"], row["title_b"]} <= names for row in queued)

    def test_it_tells_what_it_learned_from(self, tiny):
        facts = report(tiny)
        assert facts["trained"] is True
        assert (facts["people"], facts["llm"]) == (0, len(tiny_shop.relation_answers()))
        assert facts["kin"] == round(facts["llm"] / 2)
        assert sum(facts["predicted"].values()) == len(read(tiny, "predicted"))
        assert "left_out_accuracy" not in facts, "of nobody's labels"

    def test_what_it_says_is_what_relate_says(self, tiny, shop):
        row = read(tiny, "queue")[0]
        (said,) = shop.relate([(row["title_a"], row["title_b"])])
        assert sum(said.probabilities[r] for r in Relation if r.coarse is Coarse.SUBSTITUTE) == pytest.approx(
            row["p_substitute"], abs=1e-3
        )


def test_two_builds_give_the_same_bytes(tiny, unbuilt):
    """Promise 2, and the folder does not matter."""
    build(Workspace(unbuilt), "relations")
    for name in stage.ARTIFACTS:
        assert sha256(unbuilt / "current" / name) == sha256(tiny / "current" / name), name


def label(folder: Path, wrong: int = 0) -> None:
    """Three people on pairs of items, all of one mind; on the first `wrong` pairs that is nonsense."""
    kinds = {item.entity: item for item in tiny_shop.ITEMS}
    rows = []
    for place, row in enumerate(tiny_shop.relation_answers()):
        a, b = kinds[row["a"]].sku, kinds[row["b"]].sku
        said = "substitute" if place < wrong else row["label"]
        rows += [(a, b, said, who) for who in ("x", "y", "z")]
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("item_a", "item_b", "relation", "annotator"), *rows])


def test_people_are_measured_and_doubted_where_they_err(unbuilt):
    label(unbuilt, wrong=2)
    build(Workspace(unbuilt, ["data.labels=labels.csv"]), "relations")
    facts = report(unbuilt)
    assert facts["people"] == len(tiny_shop.relation_answers())
    assert 0.4 < facts["left_out_accuracy"] <= 1
    assert 0 < facts["constant_accuracy"] < 1
    assert 0 < facts["left_out_macro_f1"] <= 1
    review = read(unbuilt, "review")
    assert len(review) == facts["labels_to_review"]
    for row in review:
        assert row["item_a"]
        assert Relation[row["given"].upper()].coarse != row["suggested"]


class Caught(Exception):
    pass


def test_self_training_keeps_what_the_guard_took_from_the_llm(tiny, tmp_path, monkeypatch, shop):
    """The classifier is fitted anew then; the LLM's answers may not come back with their old weight."""
    fitted: list[Examples] = []

    def fit(examples: Examples, *rest: Any) -> None:
        fitted.append(examples)
        raise Caught

    none = np.zeros(0, np.int64)
    own = Examples(none, none, np.zeros((0, 9)), np.zeros(0), np.zeros(0, bool))
    monkeypatch.setattr(stage, "guarded", lambda examples, ends, config: (None, 0.25))
    monkeypatch.setattr(stage, "confident", lambda *given: own)
    monkeypatch.setattr(stage.Classifier, "fit", fit)
    settings = shop.settings.model_dump() | {"relations": {"self_training": True}}
    taught: list[Examples] = []
    over = stage.over
    monkeypatch.setattr(stage, "over", lambda examples: taught.append(examples) or over(examples))
    with KnowledgeBase.copy_of(tiny / "knowledge.sqlite") as base, pytest.raises(Caught):
        stage.run(Settings.model_validate(settings), tiny / "current", base, shop.vectors)
    assert fitted[0].weight == pytest.approx(0.25 * taught[0].weight)


def rewrite(folder: Path, rows: Rows) -> None:
    path = folder / "answers/relations.parquet"
    if rows:
        pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
    else:
        path.unlink()


def one_class(folder: Path) -> None:
    """People, on many pairs of items, all saying the same."""
    rewrite(folder, [])
    skus = [item.sku for item in tiny_shop.ITEMS if item.entity]
    rows = [(a, b, "together") for a, b in zip(skus, skus[2 * FEWEST :] + skus[: 2 * FEWEST], strict=True)]
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("item_a", "item_b", "relation"), *rows])


@pytest.mark.parametrize(
    ("spoil", "settings", "why"),
    [
        (lambda folder: rewrite(folder, []), [], "0 labelled pairs on record, at least 30"),
        (lambda folder: rewrite(folder, tiny_shop.relation_answers()[:9]), [], "labelled pairs on record, at least 30"),
        (one_class, ["data.labels=labels.csv"], "labelled pairs are complementary: nothing tells"),
    ],
    ids=["no answers", "too few", "a single class"],
)
class TestShopsThatCannotTeach:
    @pytest.fixture
    def built(self, unbuilt: Path, spoil: Callable[[Path], None], settings: list[str]) -> Path:
        spoil(unbuilt)
        build(Workspace(unbuilt, settings), "graph")
        return unbuilt

    def test_they_are_built_and_told_why(self, built, why):
        assert report(built)["trained"] is False
        assert why in report(built)["why"]
        assert {edge["source"] for edge in read(built, "edges")} <= {"llm", "person"}

    def test_their_tables_are_empty_and_have_their_columns(self, built, why):
        for name, schema in (("predicted", stage.PREDICTED), ("queue", QUEUED), ("review", REVIEW)):
            table = pq.read_table(built / f"current/{name}.parquet")
            assert (table.num_rows, table.schema.equals(schema)) == (0, True)

    def test_relate_says_why_and_what_to_do(self, built, why):
        with pytest.raises(goeswith.errors.WorkspaceError) as error:
            goeswith.open(built).relate([("a", "b")])
        what, remedy = str(error.value).splitlines()
        assert "no relation classifier" in what
        assert why in what
        assert "llm.budget" in remedy


def test_answers_of_a_single_class_on_terms_teach_no_more_than_those_on_items(unbuilt):
    """Nobody said that anything is unrelated; two cups being substitutes is no answer."""
    told = [row | {"label": "together"} for row in tiny_shop.relation_answers()]
    rewrite(unbuilt, told)
    build(Workspace(unbuilt), "relations")
    assert report(unbuilt)["trained"] is False


def test_where_everything_is_answered_nothing_is_predicted(unbuilt):
    terms = sorted({item.entity for item in tiny_shop.ITEMS if item.entity})
    known = {frozenset((row["a"], row["b"])) for row in tiny_shop.relation_answers()}
    plain = tiny_shop.relation_answers()[-1]
    more = [plain | {"a": a, "b": b} for a in terms for b in terms if a < b and frozenset((a, b)) not in known]
    rewrite(unbuilt, tiny_shop.relation_answers() + more)
    build(Workspace(unbuilt), "graph")
    assert report(unbuilt)["trained"] is True
    assert report(unbuilt)["predicted"] == {}
    assert read(unbuilt, "predicted") == read(unbuilt, "queue") == []
