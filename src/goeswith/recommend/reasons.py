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
MEANING = 0.45
"""From this mean of word and meaning cosine on two items are called similar."""


@dataclass(frozen=True, slots=True)
class Reason:
    route: str
    """`complementary`, `co-purchase`, `meaning` or `fallback`."""
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
        self._graph = graph

    def explain(self, context: Ints, item: int) -> Reason:
        """The strongest of: a complement in the graph, co-purchase, likeness; in this order."""
        bought = self._bought_with(context, item)
        edge = self._edge(context, item)
        if edge is not None:
            text = phrase(edge.relation, edge.term, edge.other)
            text = f"{text}: {edge.reason}" if edge.reason else text
            return Reason("complementary", f"{text}; {bought}" if bought else text)
        if bought:
            return Reason("co-purchase", bought[0].upper() + bought[1:])
        return self._alike(context, item)

    def _edge(self, context: Ints, item: int) -> Edge | None:
        terms = self._catalogue.terms
        mine = self._catalogue.entity[item]
        if mine < 0:
            return None
        found = []
        for own in np.unique(self._catalogue.entity[context]):
            if own >= 0:
                a, b = sorted((terms[own], terms[mine]))
                edge = self._edges.get((a, b))
                if edge is not None:
                    found.append(edge)
        return max(found, key=lambda edge: (edge.probability, edge.customers or 0, edge.term), default=None)

    def _bought_with(self, context: Ints, item: int) -> str:
        """Told of the context item with the highest cosine, if enough customers took both."""
        cosine = self._recall.behaviour.cosine[context][:, [item]].toarray().ravel()
        if not cosine.any():
            return ""
        partner = int(context[int(np.argmax(cosine))])
        count = self._customers.shared(partner, item)
        if count < self._minimum:
            return ""
        return f"{count} customers took both this and {self._catalogue.title[partner]}"

    def _alike(self, context: Ints, item: int) -> Reason:
        catalogue = self._catalogue
        words = (catalogue.words[context] @ catalogue.words[[item]].T).toarray().ravel()
        near = (words + catalogue.vectors[context] @ catalogue.vectors[item]) / 2
        partner = int(context[int(np.argmax(near))])
        shared = shared_design(catalogue, partner, item)
        if shared:
            return Reason("meaning", f"Shares “{shared}” with {catalogue.title[partner]}")
        if near.max() >= MEANING:
            return Reason("meaning", f"Similar to {catalogue.title[partner]}")
        return self._usually(context, item)

    def _usually(self, context: Ints, item: int) -> Reason:
        """What is left is carried by purchases, of the items or of their kinds, that too few share to be told."""
        catalogue = self._catalogue
        mine = catalogue.entity[item]
        own = [e for e in np.unique(catalogue.entity[context]) if e >= 0 and e != mine]
        if mine >= 0 and own:
            lift = self._recall.behaviour.entity_lift[own][:, [mine]].toarray().ravel()
            if lift.max() > 0:
                return Reason(
                    "co-purchase",
                    f"Baskets with {catalogue.terms[own[int(np.argmax(lift))]]} often hold {catalogue.terms[mine]}",
                )
        return Reason("co-purchase", "Fits what baskets like this one hold")


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


def popular(baskets: int, customers: int, minimum: int) -> Reason:
    """For a query of which nothing is known."""
    told = f": in {baskets} baskets" if customers >= minimum else ""
    return Reason(
        "fallback",
        f"Popular with all customers{told}" if baskets else "From the catalogue: nothing is known of the query",
    )
