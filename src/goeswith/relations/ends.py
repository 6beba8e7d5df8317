"""The two ends of a pair: what is known of a thing, and how it is encoded so that two of them can be compared.

    language = Language.fit(ends, store)
    encoded = language.encode(ends, store)      # one row an end

An end speaks through its entity, through what it is used for (where an annotator said so) and through its title. Terms
are English; titles may be in any language, so they are compared by characters, and by meaning where the encoder can
read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils.extmath import randomized_svd

from goeswith.entities.functions import used_for
from goeswith.entities.terms import tokens
from goeswith.relations.together import Together
from goeswith.text.encoders import Vectors, unit
from goeswith.text.normalise import clean, readable, title_key
from goeswith.text.store import VectorStore

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
BUCKETS = 2**15
DIMENSIONS = 192
"""Of the title space: enough to tell product lines apart, small enough to be saved."""
DENSE, SPARSE = ("entity", "use", "function", "title"), ("characters", "entity_words", "function_words")
"""Fields of Ends that hold a row an end."""
SMALL = frozenset("and or on in with for of to the a an into from at by".split())


@dataclass(frozen=True, slots=True)
class End:
    title: str
    entity: str
    function: str = ""
    """What it is used for, verb first ("absorb water"); "" where nobody said."""
    category: str = ""


@dataclass(frozen=True)
class Ends:
    """Encoded ends, one row each; the vectors have length 1."""

    ends: tuple[End, ...]
    entity: Vectors
    """Meaning of the entity term, shape (n, d)."""
    use: Vectors
    """Meaning of "entity; used to function"."""
    function: Vectors
    """Meaning of the function alone; of the entity where no function is known."""
    title: Floats
    """Title space, shape (n, DIMENSIONS + d)."""
    characters: sp.csr_matrix
    entity_words: sp.csr_matrix
    function_words: sp.csr_matrix
    together: Together = field(default_factory=dict)
    """What is bought together, by pair of entities."""

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def meanings(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.entity, self.use, self.function, self.title

    @cached_property
    def words(self) -> list[tuple[list[str], list[str], str, str]]:
        """Of each end: words of its entity, of its function, its title's key, its category's key."""
        return [
            (
                tokens(e.entity),
                [w for w in tokens(e.function) if w not in SMALL],
                title_key(e.title),
                title_key(e.category),
            )
            for e in self.ends
        ]

    def join(self, other: Ends) -> Ends:
        """These ends, then the others."""
        rows: dict[str, Any] = {n: np.vstack([getattr(self, n), getattr(other, n)]) for n in DENSE}
        rows |= {n: sp.vstack([getattr(self, n), getattr(other, n)], "csr") for n in SPARSE}
        return Ends(self.ends + other.ends, **rows, together=self.together)

    def take(self, rows: Ints) -> Ends:
        taken: dict[str, Any] = {name: getattr(self, name)[rows] for name in (*DENSE, *SPARSE)}
        return Ends(tuple(self.ends[row] for row in rows), **taken, together=self.together)


class Language:
    """Word and character statistics of a shop's ends, learned without any label."""

    def __init__(self, rarity: dict[str, Floats], basis: Floats, together: Together) -> None:
        self._rarity, self._basis, self._together = rarity, basis, together

    @classmethod
    def fit(cls, ends: Sequence[End], together: Together | None = None) -> Language:
        counts = {name: _counts(name, ends) for name in SPARSE}
        rarity = {name: _rarity(count) for name, count in counts.items()}
        characters = _weighted(counts["characters"], rarity["characters"])
        size = min(DIMENSIONS, min(characters.shape) - 1)
        _, _, basis = randomized_svd(characters, max(size, 1), random_state=0)
        return cls(rarity, np.ascontiguousarray(basis.T, np.float32), together or {})

    def encode(self, ends: Sequence[End], store: VectorStore) -> Ends:
        """Vectors of terms and readable titles come from the store, which embeds what it does not have."""
        sparse = self._sparse(ends)
        entity = store.rows([clean(e.entity) for e in ends])
        use = store.rows([used_for(e.entity, e.function) for e in ends])
        function = store.rows([clean(e.function or e.entity) for e in ends])
        title = _title_space(ends, unit(sparse["characters"] @ self._basis), store)
        return Ends(tuple(ends), entity, use, function, title, **sparse, together=self._together)

    def with_vectors(
        self, ends: Sequence[End], entity: Vectors, use: Vectors, function: Vectors, title: Floats
    ) -> Ends:
        """Ends whose vectors are known already."""
        return Ends(tuple(ends), entity, use, function, title, **self._sparse(ends), together=self._together)

    def _sparse(self, ends: Sequence[End]) -> dict[str, sp.csr_matrix]:
        return {name: _weighted(_counts(name, ends), rarity) for name, rarity in self._rarity.items()}

    def tensors(self) -> dict[str, Floats]:
        return {"basis": self._basis} | {f"rarity.{name}": values for name, values in self._rarity.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, Floats], together: Together | None = None) -> Language:
        rarity = {name.removeprefix("rarity."): v for name, v in tensors.items() if name.startswith("rarity.")}
        return cls(rarity, tensors["basis"], together or {})


def texts_of(ends: Sequence[End]) -> set[str]:
    """Every text whose vector `Language.encode` takes from the store."""
    found = {clean(e.entity) for e in ends} | {used_for(e.entity, e.function) for e in ends}
    found |= {clean(e.function or e.entity) for e in ends}
    return found | {clean(e.title) for e in ends if readable(e.title)}


def _title_space(ends: Sequence[End], spelled: Floats, store: VectorStore) -> Floats:
    """Spelling and meaning side by side, so that their cosines average; zeros where the encoder cannot read."""
    meant = np.zeros((len(ends), store.encoder.dimension), np.float32)
    legible = np.array([readable(e.title) for e in ends], bool)
    meant[legible] = store.rows([clean(e.title) for e in ends if readable(e.title)])
    return unit(np.hstack([spelled, meant]))


def _counts(name: str, ends: Sequence[End]) -> sp.csr_matrix:
    if name == "characters":
        vectorizer = HashingVectorizer(
            n_features=BUCKETS, analyzer="char", ngram_range=(2, 3), alternate_sign=False, norm=None, dtype=np.float32
        )
        return vectorizer.transform([title_key(e.title) for e in ends])
    texts = [e.entity if name == "entity_words" else e.function for e in ends]
    words = HashingVectorizer(
        n_features=BUCKETS, analyzer=lambda text: [w for w in tokens(text) if w not in SMALL] or [""],
        alternate_sign=False, norm=None, dtype=np.float32,
    )  # fmt: skip
    return words.transform(texts)


def _rarity(counts: sp.csr_matrix) -> Floats:
    """Inverse document frequency, smoothed; shape (BUCKETS,)."""
    seen = np.bincount(counts.indices, minlength=BUCKETS)
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + seen)) + 1, np.float32)


def _weighted(counts: sp.csr_matrix, rarity: Floats) -> sp.csr_matrix:
    """Rows of TF-IDF with sublinear frequency and length 1."""
    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * rarity[weighted.indices]
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sp.diags_array(1 / np.where(lengths == 0, 1, lengths)).astype(np.float32) @ weighted
