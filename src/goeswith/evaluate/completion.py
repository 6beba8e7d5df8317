"""Basket completion: what of a later basket does a system find, given the rest of it?

Three questions, each asked of every system alike:

- `all`: every held-out target; anything may be shown (`substitutes = "allow"`).
- `complement`: targets whose entity is neither in the basket nor a substitute of it; what does the same job as
  something in the basket is taken from every system (`"hold"`). This is what the product claims to be good at.
- `cold`: every item with few training baskets that a test basket holds, once; those never sold apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from goeswith.data.prepare import Facts
from goeswith.evaluate.baselines import Baselines
from goeswith.measure.splits import Bills, Queries, Split, hold_out_items
from goeswith.recommend.rank import rank
from goeswith.recommend.recall import Recall
from goeswith.settings import Settings

Ints = NDArray[np.int64]
OURS = "goeswith"


@dataclass(frozen=True)
class Question:
    name: str
    hold: bool
    queries: Queries


@dataclass(frozen=True)
class Answered:
    question: Question
    lists: dict[str, Ints]
    """System -> recommended items, shape (queries, k)."""
    replaces: dict[str, NDArray[np.bool_]]
    """System -> which of them do the job of something in the query."""

    def take(self, name: str, rows: Ints) -> Answered:
        """Some of the queries under another name."""
        return Answered(
            Question(name, self.question.hold, self.question.queries.take(rows)),
            {system: items[rows] for system, items in self.lists.items()},
            {system: flags[rows] for system, flags in self.replaces.items()},
        )


def questions(bills: Bills, held: Split, recall: Recall, facts: Facts, settings: Settings) -> list[Question]:
    """Targets that are no product (postage, fees) are no targets."""
    asked = _offered(held.queries, recall)
    fresh = [not recall.held(asked.context(n))[recall.entity[asked.target[n]]] for n in range(len(asked))]
    found = [Question("all", False, asked), Question("complement", True, asked.take(np.flatnonzero(fresh)))]
    if facts.context == "basket":
        rows = np.flatnonzero(~held.train)
        few = np.flatnonzero(recall.behaviour.bought < settings.evaluate.cold_purchases)
        rng = np.random.default_rng(settings.build.seed)
        found.append(Question("cold", False, _offered(hold_out_items(bills, rows, few, rng), recall)))
    else:
        cold = recall.behaviour.bought[asked.target] < settings.evaluate.cold_purchases
        found.append(Question("cold", False, asked.take(np.flatnonzero(cold))))
    return [question for question in found if len(question.queries)]


def parts(answered: Answered, recall: Recall) -> list[Answered]:
    """The cold question apart for items that were sold before and for those never sold."""
    if answered.question.name != "cold":
        return []
    sold = recall.behaviour.bought[answered.question.queries.target] > 0
    named = (("cold, sold before", np.flatnonzero(sold)), ("cold, never sold", np.flatnonzero(~sold)))
    return [answered.take(name, rows) for name, rows in named] if sold.any() and not sold.all() else []


def _offered(queries: Queries, recall: Recall) -> Queries:
    return queries.take(np.flatnonzero(recall.catalogue.offered[queries.target]))


def answer(
    question: Question,
    recall: Recall,
    ranker: lgb.Booster | None,
    baselines: Baselines,
    k: int,
    threads: int,
    progress: Callable[[str], None],
) -> Answered:
    contexts = [question.queries.context(number) for number in range(len(question.queries))]

    def allowed(number: int) -> NDArray[np.bool_]:
        return recall.allowed(contexts[number], question.hold)

    progress(f"{question.name}: {len(contexts)} queries")
    lists = {OURS: rank(recall, ranker, contexts, k, question.hold, threads).items}
    lists |= baselines.rank(contexts, k, allowed)
    held = np.stack([recall.held(context) for context in contexts])
    replaces = {
        name: held[np.arange(len(contexts))[:, None], recall.entity[items]] & (items >= 0)
        for name, items in lists.items()
    }
    return Answered(question, lists, replaces)
