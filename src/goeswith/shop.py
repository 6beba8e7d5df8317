"""A workspace as Python sees it; the commands are thin over this.

shop = goeswith.open("examples/online_retail")
for result in shop.recommend(item="22423", k=5):
    print(result.title, "-", result.reason)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from goeswith.data.readers import open_file
from goeswith.data.tables import PAIRS, QUERIES, TITLES
from goeswith.engine import Engine
from goeswith.entities.dictionary import EntityDict
from goeswith.entities.linker import Link, Linker
from goeswith.errors import DataError, QueryError, WorkspaceError
from goeswith.graph.query import Graph
from goeswith.knowledge.annotator import EntityQuestion
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.recommend.recommender import Query, Recommender, Result
from goeswith.relations.ends import End
from goeswith.relations.known import Known
from goeswith.relations.relate import P_COARSE, Relater, as_rows
from goeswith.relations.titles import Titles
from goeswith.settings import Build
from goeswith.text.encoders import load_encoder
from goeswith.text.normalise import clean, title_key
from goeswith.text.store import ARTIFACT, VectorStore
from goeswith.workspace import Workspace, verify

RESULTS = pa.schema(
    [
        ("query_id", pa.string()),
        ("rank", pa.int32()),
        ("item_id", pa.string()),
        ("score", pa.float64()),
        ("route", pa.string()),
        ("reason", pa.string()),
    ]
)


def open(directory: str | Path, overrides: Sequence[str] = ()) -> Shop:
    """The live build of a workspace. Raises WorkspaceError where nothing was built yet or an artifact was changed."""
    return Shop(Workspace(Path(directory), overrides))


RELATED = pa.schema(
    [("pair_id", pa.string()), ("relation", pa.string()), ("coarse", pa.string())]
    + [(f"p{number}", pa.float64()) for number in range(1, 10)]
    + [(name, pa.float64()) for name in P_COARSE]
)


@dataclass(frozen=True)
class Relatedness:
    """How two things relate, directed from the first to the second."""

    relation: Relation
    coarse: Coarse
    probabilities: dict[Relation, float]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Relatedness:
        probabilities = {relation: row[f"p{int(relation)}"] for relation in Relation}
        return cls(Relation[row["relation"].upper()], Coarse(row["coarse"]), probabilities)


@dataclass(frozen=True)
class Bulk:
    """Results of many queries: columns query_id, rank, item_id, score, route, reason."""

    table: pa.Table
    queries: int
    unknown_ids: int
    fallbacks: int


class Shop:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.settings = workspace, workspace.settings
        self.build = workspace.current()
        verify(self.build)

    @cached_property
    def graph(self) -> Graph:
        """The complementary knowledge graph."""
        return Graph.load(self._artifact("edges.parquet", "graph"))

    @cached_property
    def entities(self) -> EntityDict:
        """The Entity Dict."""
        return EntityDict.load(self._artifact("entities.parquet", "entities"))

    @cached_property
    def vectors(self) -> VectorStore:
        encoder = load_encoder(self.settings.text.encoder, self.settings.build.threads)
        return VectorStore.open(self.build / ARTIFACT, encoder)

    @cached_property
    def _linker(self) -> Linker:
        return Linker.load(self._artifact("linker.json", "entities"), self.vectors)

    @cached_property
    def recommender(self) -> Recommender:
        """The engine behind `recommend`, for those who need arrays."""
        return Recommender.load(self._artifact("ranker.txt", "recommend"), self.settings, self.vectors)

    def _artifact(self, name: str, stage: str) -> Path:
        if not (self.build / name).is_file():
            raise WorkspaceError(
                f"the live build has no stage '{stage}'",
                where=str(self.build),
                remedy=f"run: goeswith build {self.workspace.directory}",
            )
        return self.build

    def recommend(
        self,
        *,
        item: str | None = None,
        basket: Sequence[str] | None = None,
        user: str | None = None,
        k: int | None = None,
    ) -> list[Result]:
        """What goes with an item, completes a basket, or may follow what a user took. Unknown ids raise QueryError."""
        items = tuple(part.strip() for part in basket or (() if item is None else (item,)) if part.strip())
        unknown = [item_id for item_id in items if not self.recommender.knows_item(item_id)]
        if unknown:
            raise QueryError("unknown item", found=unknown[0], remedy="ids as in the catalogue that was built from")
        if user is not None and not self.recommender.knows_user(user):
            raise QueryError("unknown user", found=user, remedy="users of the purchases that were built from")
        if user is None and not items:
            raise QueryError("nothing to recommend for", remedy="give an item, a basket or a user")
        return self.recommender.answer([Query(items, user)], k or self.settings.recommend.k).results[0]

    def recommend_bulk(
        self,
        queries: Sequence[tuple[str, Query]],
        k: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Bulk:
        """Results of (query id, query) pairs; unknown ids are ignored and counted."""
        answers = self.recommender.answer([query for _, query in queries], k or self.settings.recommend.k, progress)
        rows = [
            (query_id, r.rank, r.item_id, r.score, r.route, r.reason)
            for (query_id, _), results in zip(queries, answers.results, strict=True)
            for r in results
        ]
        columns = zip(*rows, strict=True) if rows else ([] for _ in RESULTS)
        table = pa.table(
            [pa.array(list(column), field.type) for column, field in zip(columns, RESULTS, strict=True)], RESULTS
        )
        return Bulk(table, len(queries), answers.unknown_ids, answers.fallbacks)

    def extract(self, titles: Sequence[str], categories: Sequence[str] | None = None) -> list[Link]:
        """Entity and probability of any titles, also of some never seen; the term is None where it is unresolved."""
        rows = [
            EntityQuestion(title, category)
            for title, category in zip(titles, categories or [""] * len(titles), strict=True)
        ]
        return [link for link, _ in self._extract(rows)]

    def _extract(self, questions: Sequence[EntityQuestion]) -> list[tuple[Link, str]]:
        """(link, method) of each title: known titles have their entity, others are linked; no LLM is asked."""
        known = self.entities.by_title(title_key)
        new = sorted(
            {(clean(q.title), clean(q.category)) for q in questions if title_key(q.title) not in known} - {("", "")}
        )
        links = (
            self._linker.link([title for title, _ in new], [category for _, category in new], self.vectors)
            if new
            else []
        )
        linked = dict(zip(new, links, strict=True))
        return [self._told(question, known, linked) for question in questions]

    def _told(
        self,
        question: EntityQuestion,
        known: dict[str, tuple[str | None, float, str]],
        linked: dict[tuple[str, str], Link],
    ) -> tuple[Link, str]:
        title = clean(question.title)
        if not title:
            return Link(None, 0.0), "empty"
        if title_key(title) in known:
            term, probability, method = known[title_key(title)]
            return Link(term, probability), method
        link = linked[title, clean(question.category)]
        if link.probability < self.settings.entities.threshold:
            return Link(None, link.probability), "unresolved"
        return Link(link.term or None, link.probability), "linked" if link.term else "no product"

    def relate(self, pairs: Sequence[tuple[str, str]]) -> list[Relatedness]:
        """How the things of two titles relate, also of titles never seen; no LLM is asked. Raises QueryError where a
        title is empty."""
        for number, pair in enumerate(pairs, start=1):
            if not all(map(clean, pair)):
                raise QueryError(f"pair {number}: an empty title", found=repr(pair), remedy="give two titles")
        ends = self._titles.ends(title for pair in pairs for title in pair)
        rows = as_rows(self._relater.tell([ends[a] for a, _ in pairs], [ends[b] for _, b in pairs]))
        return [Relatedness.of(row) for row in rows]

    def relate_table(self, pairs: pa.Table) -> tuple[pa.Table, int]:
        """pair_id, relation, coarse, p1 … p9, p_substitute … of a table with pair_id and title_a, title_b or item_a,
        item_b; and how many pairs were left out, as an item is not in the catalogue and no title stands beside it."""
        rows = pairs.to_pylist()
        titled = self._titles.ends(row[f"title_{side}"] for row in rows for side in "ab" if row[f"title_{side}"])
        asked: list[tuple[str, End, End]] = []
        for row in rows:
            a, b = (self._titles.item(row[f"item_{s}"] or "") or titled.get(row[f"title_{s}"] or "") for s in "ab")
            if a is not None and b is not None:
                asked.append((row["pair_id"], a, b))
        told = as_rows(self._relater.tell([a for _, a, _ in asked], [b for _, _, b in asked]))
        found = [{"pair_id": pair_id} | row for (pair_id, _, _), row in zip(asked, told, strict=True)]
        return pa.Table.from_pylist(found, RELATED), len(rows) - len(found)

    @cached_property
    def _titles(self) -> Titles:
        return Titles(Known.load(self._artifact("relations.json", "relations")), self._linker, self.vectors)

    @cached_property
    def _relater(self) -> Relater:
        return Relater.load(self._artifact("relations.json", "relations"), self.vectors)

    def extract_table(self, titles: pa.Table) -> pa.Table:
        """item_id, entity, probability, method of a table with item_id, title and, where given, category."""
        rows = titles.to_pylist()
        found = self._extract([EntityQuestion(row["title"] or "", row["category"] or "") for row in rows])
        return pa.table(
            {
                "item_id": pa.array([row["item_id"] for row in rows], pa.string()),
                "entity": pa.array([link.term for link, _ in found], pa.string()),
                "probability": pa.array([round(link.probability, 6) for link, _ in found], pa.float64()),
                "method": pa.array([method for _, method in found], pa.string()),
            }
        )

    def search_entities(self, text: str, limit: int) -> list[tuple[str, float, int, int]]:
        """(term, similarity, items, baskets) of the entities nearest to a text, in words or meaning."""
        ranked = self.entities.ranked()
        near = self.vectors.rows([entity.term for entity in ranked]) @ self.vectors.rows([clean(text)])[0]
        exact = self.entities.resolve(text)
        near = np.where([entity.term == exact for entity in ranked], 1.0, near)
        best = np.argsort(-near, kind="stable")[:limit]
        return [(ranked[i].term, round(float(near[i]), 3), ranked[i].items, ranked[i].baskets) for i in best]


def as_table(results: Sequence[Result], query_id: str = "1") -> pa.Table:
    """Results of one query as rows of the output contract."""
    return pa.Table.from_pylist(
        [
            {
                "query_id": query_id,
                "rank": r.rank,
                "item_id": r.item_id,
                "score": r.score,
                "route": r.route,
                "reason": r.reason,
            }
            for r in results
        ],
        RESULTS,
    )


def read_titles(path: Path) -> pa.Table:
    """item_id, title, category of a file of titles. Raises DataError, with file and column, where it is none."""
    with Engine(Build()) as engine:
        source = open_file(engine, TITLES, path)
        source.validate()
        return engine.table(f"SELECT item_id, title, category FROM {source.view} ORDER BY row")


def read_pairs(path: Path) -> pa.Table:
    """pair_id, item_a, item_b, title_a, title_b of a file of pairs; raises DataError where a pair lacks id or end."""
    with Engine(Build()) as engine:
        source = open_file(engine, PAIRS, path)
        source.validate()
        table = engine.table(f"SELECT * FROM {source.view} ORDER BY row")
    for row in table.to_pylist():
        empty = [] if row["pair_id"] else ["pair_id"]
        for side in "ab":
            if not row[f"item_{side}"] and not clean(row[f"title_{side}"] or ""):
                empty.append(f"title_{side}" if source.has(f"title_{side}") else f"item_{side}")
        if empty:
            raise DataError(
                f"row {row['row']}, column '{empty[0]}': empty",
                where=str(path),
                remedy="give each pair an id and two titles or items",
            )
    return table


def read_queries(path: Path) -> list[tuple[str, Query]]:
    """(query id, query) of a file with query_id and item_id, basket (a list, or |-separated) or user_id, timestamp."""
    with Engine(Build()) as engine:
        source = open_file(engine, QUERIES, path)
        source.validate()
        rows = engine.table(f"SELECT * FROM {source.view} ORDER BY row").to_pylist()
    return [(_query_id(row, path), _query(row)) for row in rows]


def _query_id(row: dict[str, str | None], path: Path) -> str:
    if row["query_id"] is None:
        raise DataError(f"row {row['row']}, column 'query_id': empty", where=str(path), remedy="give each query an id")
    return row["query_id"]


def _query(row: dict[str, str | int | None]) -> Query:
    listed = str(row["basket"] or row["item_id"] or "")
    items = tuple(part.strip().removesuffix(".0") for part in listed.split("|") if part.strip())
    now = row["timestamp"]
    user = row["user_id"]
    return Query(items, str(user) if user and not items else None, int(now) if now is not None else None)
