"""Features of a candidate for a context: what the fine ranker sees. One row a candidate, columns as FEATURES."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from goeswith.recommend.recall import ROUTES, Batch, Candidates, Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

FEATURES = (
    *(f"{route}_sum" for route in ROUTES),
    *(f"{route}_rank" for route in ROUTES),
    "ease_max",
    "cosine_max",
    "lift_max",
    "text_max",
    "ease_top3",
    "text_top3",
    "words_max",
    "words_mean",
    "design_max",
    "design_mean",
    "design_top3",
    "meaning_max",
    "meaning_mean",
    "entity_lift_mean",
    "entity_lift_max",
    "entity_share_mean",
    "entity_share_max",
    "complement_max",
    "complement_sum",
    "complement_count",
    "substitute_count",
    "substitute_share",
    "known_share",
    "same_entity_count",
    "same_entity_share",
    "age_gap_median",
    "age_gap_least",
    "same_age_share",
    "price_gap",
    "bought",
    "bought_7",
    "bought_14",
    "bought_30",
    "bought_90",
    "trend",
    "first",
    "last",
    "entity_recent",
    "entity_items",
    "price",
    "context_size",
    "context_bought",
    "context_bought_30",
    "context_first",
    "context_entities",
    "context_meaning",
)
SAME_AGE_DAYS = 3
COMPLEMENT = 0.5


class FeatureMaker:
    """Computes features; what depends on the item alone is computed once."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        behaviour, catalogue = recall.behaviour, recall.catalogue
        recent = behaviour.recent
        size = len(catalogue.terms) + 1
        per_entity = np.bincount(recall.entity, minlength=size).astype(np.float32)
        entity_recent = np.bincount(recall.entity, weights=np.nan_to_num(recent[2]), minlength=size)
        self._price = np.log(np.where(catalogue.price > 0, catalogue.price, np.nan))
        self._bought = np.log1p(behaviour.bought)
        self._bought_30 = np.log1p(recent[2])
        self._items = np.stack(
            [
                self._bought,
                recent[0],
                recent[1],
                recent[2],
                recent[3],
                self._bought_30 - np.log1p(recent[3] / 3),
                behaviour.first,
                behaviour.last,
                (entity_recent / np.maximum(per_entity, 1))[recall.entity],
                per_entity[recall.entity],
                self._price,
            ],
            axis=1,
        ).astype(np.float32)

    def features(self, batch: Batch, context: Ints, candidates: Candidates) -> Floats:
        """Shape (candidates, features), float32, NaN where unknown."""
        items = candidates.items
        root = np.sqrt(len(context))
        query = self._query(context)
        columns = [
            candidates.sums / root,
            candidates.ranks,
            self._pairs(batch, context, items),
            self._texts(context, items),
            self._entities(context, items),
            self._ages_and_prices(context, items),
            self._items[items],
            np.broadcast_to(query, (len(items), len(query))),
        ]
        return np.concatenate(columns, axis=1, dtype=np.float32)

    def _pairs(self, batch: Batch, context: Ints, items: Ints) -> Floats:
        index = np.ix_(batch.rows(context), items)
        cells = {name: block[index] for name, block in batch.blocks.items()}
        most = [cells[name].max(axis=0) for name in ("ease", "cosine", "lift", "text")]
        return np.stack([*most, _top3(cells["ease"]), _top3(cells["text"])], axis=1)

    def _texts(self, context: Ints, items: Ints) -> Floats:
        catalogue = self._recall.catalogue
        words = (catalogue.words[context] @ catalogue.words[items].T).toarray()
        design = (catalogue.design[context] @ catalogue.design[items].T).toarray()
        meaning = catalogue.vectors[context] @ catalogue.vectors[items].T
        return np.stack(
            [
                words.max(axis=0),
                words.mean(axis=0),
                design.max(axis=0),
                design.mean(axis=0),
                _top3(design),
                meaning.max(axis=0),
                meaning.mean(axis=0),
            ],
            axis=1,
        )

    def _entities(self, context: Ints, items: Ints) -> Floats:
        recall = self._recall
        own, others = recall.entity[context], recall.entity[items]
        distinct, count = np.unique(own, return_counts=True)
        weight = (count / count.sum()).astype(np.float32)

        def cells(matrix: sp.csr_matrix) -> Floats:
            return np.asarray(matrix[distinct].toarray()[:, others])

        lift, share = cells(recall.behaviour.entity_lift), cells(recall.behaviour.entity_share)
        complement = cells(recall.complements.complementary)
        substitute, known = cells(recall.complements.substitute), cells(recall.complements.known)
        same = (own[:, None] == others) & (own[:, None] < len(recall.catalogue.terms))
        numbers = count[:, None].astype(np.float32)
        return np.stack(
            [
                weight @ lift,
                lift.max(axis=0),
                weight @ share,
                share.max(axis=0),
                complement.max(axis=0),
                (complement * numbers).sum(axis=0) / np.sqrt(len(context)),
                ((complement >= COMPLEMENT) * numbers).sum(axis=0),
                (substitute * numbers).sum(axis=0),
                weight @ substitute,
                weight @ known,
                same.sum(axis=0),
                same.mean(axis=0),
            ],
            axis=1,
        )

    def _ages_and_prices(self, context: Ints, items: Ints) -> Floats:
        first = self._recall.behaviour.first
        gap = np.abs(first[context][:, None] - first[items])
        price = self._price[items] - _of_known(np.nanmean, self._price[context][:, None])
        near = (gap < SAME_AGE_DAYS).mean(axis=0)
        return np.stack([_of_known(np.nanmedian, gap), _of_known(np.nanmin, gap), near, price], axis=1)

    def _query(self, context: Ints) -> Floats:
        behaviour, vectors = self._recall.behaviour, self._recall.catalogue.vectors[context]
        return np.array(
            [
                len(context),
                self._bought[context].mean(),
                self._bought_30[context].mean(),
                _of_known(np.nanmean, behaviour.first[context][:, None])[0],
                len(np.unique(self._recall.entity[context])) / len(context),
                float((vectors.mean(axis=0) ** 2).sum()),
            ],
            np.float32,
        )


def _of_known(measure: Callable[..., Floats], cells: Floats) -> Floats:
    """A NaN-blind measure of each column, NaN where nothing in it is known: not dated, not priced."""
    unknown = np.isnan(cells).all(axis=0)
    return np.where(unknown, np.nan, measure(np.where(unknown, 0, cells), axis=0))


def _top3(cells: Floats) -> Floats:
    """Mean of the three largest of each column."""
    if len(cells) <= 3:
        return np.asarray(cells.mean(axis=0))
    return np.asarray(np.partition(cells, len(cells) - 3, axis=0)[-3:].mean(axis=0))
