"""Why a result stands in the list, in words a merchandiser understands, and by which route it is shown.

Co-purchase numbers are told only with enough distinct customers (promise 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from goeswith.entities.terms import tokens
from goeswith.graph.phrases import phrase
from goeswith.graph.query import Edge, Graph
from goeswith.knowledge.relation import Coarse
from goeswith.recommend.catalogue import Catalogue
from goeswith.recommend.recall import Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
MEANING = 0.35
"""From this mean of word and meaning cosine on two items are called similar."""


@dataclass(frozen=True, slots=True)
class Reason:
    route: str
    """`complementary`, `co-purchase`, `meaning`, `replenishment` or `fallback`."""
    text: str


class Customers:
    """Who bought what, to count the distinct customers that two items share; an anonymous bill is a customer."""

    def __init__(self, build: Path, items: int) -> None:
        table = pq.read_table(build / "bills.parquet", columns=["item", "user"])
        item, user = table["item"].to_numpy(), table["user"].to_numpy()
        order = np.lexsort((user, item))
        self._users = user[order]
        self._starts = np.searchsorted(item[order], np.arange(items + 1))

    @lru_cache(maxsize=20_000)  # noqa: B019 - lives as long as the build that it reads
    def of(self, item: int) -> Ints:
        return np.unique(self._users[self._starts[item] : self._starts[item + 1]])

    def shared(self, a: int, b: int) -> int:
        return len(np.intersect1d(self.of(a), self.of(b), assume_unique=True))


class Reasoner:
    def __init__(self, recall: Recall, graph: Graph, customers: Customers, threshold: float, minimum: int) -> None:
        self._recall, self._catalogue = recall, recall.catalogue
        self._customers, self._minimum = customers, minimum
        self._edges: dict[tuple[str, str], Edge] = {}
        for edge in graph.of(Coarse.COMPLEMENTARY, threshold):
            self._edges[edge.term, edge.other] = edge

    def explain(self, context: Ints, items: Ints) -> list[Reason]:
        """For each item the strongest of: a complement in the graph, co-purchase, likeness; in this order."""
        catalogue = self._catalogue
        cosine = self._recall.behaviour.cosine[context][:, items].toarray()
        words = (catalogue.words[context] @ catalogue.words[items].T).toarray()
        near = (words + catalogue.vectors[context] @ catalogue.vectors[items].T) / 2
        own = [int(entity) for entity in np.unique(catalogue.entity[context]) if entity >= 0]
        return [
            self._one(context, own, item, cosine[:, place], near[:, place]) for place, item in enumerate(items.tolist())
        ]

    def _one(self, context: Ints, own: list[int], item: int, cosine: Floats, near: Floats) -> Reason:
        bought = self._bought_with(context, item, cosine)
        edge = self._edge(own, item)
        if edge is not None:
            text = phrase(edge.relation, edge.term, edge.other)
            text = f"{text}: {edge.reason}" if edge.reason else text
            return Reason("complementary", f"{text}; {bought}" if bought else text)
        if bought:
            return Reason("co-purchase", bought[0].upper() + bought[1:])
        return self._alike(context, item, near) or self._usually(own, item)

    def _edge(self, own: list[int], item: int) -> Edge | None:
        """The surest complementary edge between the item's entity and those of the context (`own`)."""
        terms, mine = self._catalogue.terms, self._catalogue.entity[item]
        pairs = (sorted((terms[entity], terms[mine])) for entity in own) if mine >= 0 else ()
        found = [edge for a, b in pairs if (edge := self._edges.get((a, b))) is not None]
        return max(found, key=lambda edge: (edge.probability, edge.customers or 0, edge.term), default=None)

    def _bought_with(self, context: Ints, item: int, cosine: Floats) -> str:
        """Told of the context item with the highest cosine, if enough customers took both."""
        if not cosine.any():
            return ""
        partner = int(context[int(np.argmax(cosine))])
        count = self._customers.shared(partner, item)
        return (
            f"{count} customers took both this and {self._catalogue.title[partner]}" if count >= self._minimum else ""
        )

    def _alike(self, context: Ints, item: int, near: Floats) -> Reason | None:
        partner = int(context[int(np.argmax(near))])
        title = self._catalogue.title[partner]
        shared = shared_design(self._catalogue, partner, item)
        if shared:
            return Reason("meaning", f"Shares “{shared}” with {title}")
        return Reason("meaning", f"Similar to {title}") if near.max() >= MEANING else None

    def _usually(self, own: list[int], item: int) -> Reason:
        """What is left is carried by what their kinds are bought with, or by its popularity alone."""
        terms, mine = self._catalogue.terms, self._catalogue.entity[item]
        others = [entity for entity in own if entity != mine]
        if mine >= 0 and others:
            lift = self._recall.behaviour.entity_lift[others][:, [mine]].toarray().ravel()
            if lift.max() > 0:
                return Reason(
                    "co-purchase", f"Baskets with {terms[others[int(np.argmax(lift))]]} often hold {terms[mine]}"
                )
        bought = int(self._recall.behaviour.bought[item])
        return popular(bought, len(self._customers.of(item)), self._minimum)


def shared_design(catalogue: Catalogue, a: int, b: int) -> str:
    """Words of both titles that are not the words of their entities: a pattern, a brand, a theme.

    Only words that few titles have tell anything; they are given in the order of b's title.
    """
    own = {
        word
        for item in (a, b)
        if catalogue.entity[item] >= 0
        for word in tokens(catalogue.terms[catalogue.entity[item]])
    }
    common = [word for word in tokens(catalogue.title[b]) if word in set(tokens(catalogue.title[a])) - own]
    telling = [word for word in dict.fromkeys(common) if len(word) > 2 and not word.isdigit() and word not in _PLAIN]
    return " ".join(telling)


_PLAIN = frozenset(
    (
        "set pack the and with for from off per assorted small large medium mini big new box piece pair count size "
        "ounce fluid"
    ).split()
)


def due_again(term: str, days: int) -> Reason:
    """For what a customer took before."""
    return Reason(
        "replenishment", f"Taken before and due again: customers usually come back for {term} after {days} days"
    )


def popular(baskets: int, customers: int, minimum: int) -> Reason:
    """For what nothing but its popularity speaks for."""
    if customers < minimum:
        return Reason("fallback", "From the catalogue: little is known of it yet")
    return Reason("fallback", f"Popular with all customers: in {baskets} baskets")
