"""The recommender of a build: from item, basket or user to results with routes and reasons.

recommender = Recommender.load(build, settings, store)
recommender.answer([Query(items=("22423",))], k=5)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from goeswith.graph.query import Graph
from goeswith.recommend.behaviour import Behaviour
from goeswith.recommend.bills import Histories
from goeswith.recommend.catalogue import Catalogue
from goeswith.recommend.complements import Complements
from goeswith.recommend.rank import rank
from goeswith.recommend.reasons import Customers, Reason, Reasoner, due_again, popular
from goeswith.recommend.recall import Recall
from goeswith.recommend.replenish import Replenishment
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

Ints = NDArray[np.int64]
LONGEST_HISTORY = 100
"""Of a customer's purchases the last distinct items are the context."""


@dataclass(frozen=True, slots=True)
class Query:
    """Items asked about, or a customer; `now` (µs since 1970) is when, the last bill's time if left out."""

    items: tuple[str, ...] = ()
    user: str | None = None
    now: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    rank: int
    item_id: str
    title: str
    score: float
    route: str
    reason: str


@dataclass
class Answers:
    results: list[list[Result]]
    unknown_ids: int = 0
    """Item and user ids of the queries that the build does not know."""
    fallbacks: int = 0
    """Queries of which nothing is known; they got popular items."""


@dataclass(frozen=True)
class _Context:
    items: Ints
    due: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    unknown: int = 0


class Recommender:
    def __init__(
        self,
        recall: Recall,
        ranker: lgb.Booster | None,
        reasoner: Reasoner,
        customers: Customers,
        histories: Histories,
        replenishment: Replenishment,
        settings: Settings,
    ) -> None:
        self.recall, self.catalogue = recall, recall.catalogue
        self._ranker, self._reasoner, self._customers = ranker, reasoner, customers
        self._histories, self._replenishment, self._settings = histories, replenishment, settings
        self._place = {item_id: place for place, item_id in enumerate(self.catalogue.item_id)}

    @classmethod
    def load(cls, build: Path, settings: Settings, store: VectorStore) -> Recommender:
        catalogue = Catalogue.load(build, store, settings.recommend.banned)
        graph = Graph.load(build).trusted(settings.recommend.classifier_threshold)
        threshold = settings.recommend.complement_threshold
        behaviour = Behaviour.load(build / "behaviour.safetensors")
        recall = Recall(catalogue, behaviour, Complements.of(graph, catalogue.terms, threshold))
        customers = Customers(build, len(catalogue))
        reasoner = Reasoner(recall, graph, customers, threshold, settings.graph.minimum_customers)
        return cls(
            recall, load_ranker(build), reasoner, customers, Histories(build), Replenishment.load(build), settings
        )

    def knows_item(self, item_id: str) -> bool:
        return item_id in self._place

    def title(self, item_id: str) -> str:
        """Title of an item that `knows_item`."""
        return self.recall.catalogue.title[self._place[item_id]]

    def knows_user(self, user_id: str) -> bool:
        return self._histories.of(user_id) is not None

    def answer(self, queries: list[Query], k: int, progress: Callable[[int, int], None] | None = None) -> Answers:
        """Results of each query, best first; unknown ids are ignored and counted."""
        contexts = [self._context(query) for query in queries]
        asked = [number for number, context in enumerate(contexts) if len(context.items)]
        hold = self._settings.recommend.substitutes == "hold"

        def allow(number: int) -> NDArray[np.bool_]:
            context = contexts[asked[number]]
            return self.recall.allowed(context.items, hold, context.due)

        ranked = rank(
            self.recall,
            self._ranker,
            [contexts[number].items for number in asked],
            k,
            hold,
            self._settings.build.threads,
            allow,
            progress,
        )
        results = [self._popular(k) if not len(context.items) else [] for context in contexts]
        for row, number in enumerate(asked):
            results[number] = self._told(contexts[number].items, ranked.items[row], ranked.scores[row])
        return Answers(results, sum(context.unknown for context in contexts), len(queries) - len(asked))

    def _context(self, query: Query) -> _Context:
        if query.user is None:
            known = [self._place[item_id] for item_id in dict.fromkeys(query.items) if item_id in self._place]
            return _Context(np.array(known, np.int64), unknown=len(set(query.items) - self._place.keys()))
        history = self._histories.of(query.user)
        if history is None:
            return _Context(np.zeros(0, np.int64), unknown=1)
        items, times = history
        entities = self.catalogue.entity[items]
        now = self._histories.now if query.now is None else query.now
        due = self._replenishment.due(entities[entities >= 0], times[entities >= 0], now)
        latest = list(dict.fromkeys(items[::-1].tolist()))[:LONGEST_HISTORY]
        return _Context(np.array(latest[::-1], np.int64), due)

    def _told(self, context: Ints, items: Ints, scores: NDArray[np.float64]) -> list[Result]:
        shown = items[items >= 0]
        reasons = self._reasoner.explain(context, shown)
        for place in np.flatnonzero(np.isin(shown, context)):  # taken before: back only because it is due
            entity = int(self.catalogue.entity[shown[place]])
            reasons[place] = due_again(self.catalogue.terms[entity], self._replenishment.days(entity))
        told = zip(shown.tolist(), scores.tolist(), reasons, strict=False)
        return [self._result(place, item, score, reason) for place, (item, score, reason) in enumerate(told, start=1)]

    def _popular(self, k: int) -> list[Result]:
        bought = np.where(self.catalogue.offered, self.recall.behaviour.bought, -1)
        best = [item for item in np.argsort(-bought, kind="stable")[:k].tolist() if bought[item] >= 0]
        minimum = self._settings.graph.minimum_customers
        return [
            self._result(
                place, item, float(bought[item]), popular(int(bought[item]), len(self._customers.of(item)), minimum)
            )
            for place, item in enumerate(best, start=1)
        ]

    def _result(self, place: int, item: int, score: float, reason: Reason) -> Result:
        return Result(
            place, self.catalogue.item_id[item], self.catalogue.title[item], round(score, 6), reason.route, reason.text
        )


def load_ranker(build: Path) -> lgb.Booster | None:
    """The trained ranker; None where the shop has no bills to learn from."""
    text = (build / "ranker.txt").read_text(encoding="utf-8")
    return lgb.Booster(model_str=text) if text else None
