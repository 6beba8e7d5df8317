"""The catalogue as the recommender sees it: arrays over items 0 … n−1, their entities and their texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from goeswith.entities.terms import tokens
from goeswith.text.encoders import Vectors
from goeswith.text.normalise import clean
from goeswith.text.store import VectorStore

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Catalogue:
    """`entity` is −1 where an item has none; `parent` groups variants; `offered` are the items that may be shown."""

    item_id: list[str]
    title: list[str]
    terms: list[str]
    entity: Ints
    parent: Ints
    price: Floats
    offered: NDArray[np.bool_]
    vectors: Vectors
    words: sp.csr_matrix
    """Words of the title, tf-idf, unit rows; shape (items, words)."""
    design: sp.csr_matrix
    """The same without the words of the item's entity: pattern, colour, brand, theme."""

    def __len__(self) -> int:
        return len(self.item_id)

    @classmethod
    def load(cls, build: Path, store: VectorStore, banned: list[str]) -> Catalogue:
        items = pq.read_table(build / "items.parquet")
        linked = pq.read_table(build / "item_entities.parquet", columns=["entity", "method"])
        terms = pq.read_table(build / "entities.parquet", columns=["term"])["term"].to_pylist()
        number = {term: place for place, term in enumerate(terms)}
        item_id, title = items["item_id"].to_pylist(), items["title"].to_pylist()
        entity = np.array([-1 if term is None else number[term] for term in linked["entity"].to_pylist()], np.int64)
        product = np.array(linked["method"].to_pylist()) != "no product"
        free = ~np.isin(np.array(item_id, dtype=object), np.array(banned, dtype=object))
        words, design = _words(title, entity, terms)
        return cls(
            item_id,
            title,
            terms,
            entity,
            _parents(item_id, items["parent_id"].to_pylist()),
            items["price"].to_numpy(zero_copy_only=False).astype(np.float32),
            items["available"].to_numpy(zero_copy_only=False) & product & free,
            store.rows([clean(text) for text in title]),
            words,
            design,
        )


def likeness(catalogue: Catalogue, items: Ints) -> Floats:
    """((cos words + cos meaning) / 2)³ of some items with all, 0 with themselves; shape (items, catalogue)."""
    words = (catalogue.words[items] @ catalogue.words.T).toarray()
    meaning = np.clip(catalogue.vectors[items] @ catalogue.vectors.T, 0, 1)
    near = ((words + meaning) / 2) ** 3
    near[np.arange(len(items)), items] = 0
    return np.asarray(near, np.float32)


def _parents(item_id: list[str], parent_id: list[str | None]) -> Ints:
    """Items with the same number are variants of one product; a parent is a variant of its children."""
    names = [parent or own for own, parent in zip(item_id, parent_id, strict=True)]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _words(titles: list[str], entity: Ints, terms: list[str]) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    parsed = [tokens(title) for title in titles]
    own = [set(tokens(terms[e])) if e >= 0 else set() for e in entity]
    vectorizer = TfidfVectorizer(analyzer=_listed, sublinear_tf=True, dtype=np.float32).fit(parsed)
    rest = [[word for word in words if word not in skip] for words, skip in zip(parsed, own, strict=True)]
    return vectorizer.transform(parsed), vectorizer.transform(rest)


def _listed(words: list[str]) -> list[str]:
    return [word for word in words if len(word) > 1] or ["?"]
