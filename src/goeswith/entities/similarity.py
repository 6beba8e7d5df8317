"""How near two titles are: by words, by characters, by meaning, by category; and a ridge model on that kernel.

    k(x, y) = cos(words) + cos(characters) + exp(4 (cos(meaning) − 1))
              + ¼ (cos(category words) + exp(4 (cos(category meaning) − 1)))     where items have categories

The ridge is solved on landmarks (Nyström; Williams & Seeger 2001), so that cost grows linearly with the titles; with as
many landmarks as titles it is exact. Leave-one-out scores come in closed form from the hat matrix, so that what is
trained on top of them never saw a title's own answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from sklearn.feature_extraction.text import TfidfVectorizer

from goeswith.text.encoders import Vectors

Floats = NDArray[np.float32]
SHARPNESS = 4.0
CATEGORY_WEIGHT = 0.25
RIDGE = 0.7
JITTER = 1e-4


@dataclass(frozen=True)
class Texts:
    """Rows to compare: normalised title, its vector, normalised category and its vector (zeros where there is none)."""

    titles: list[str]
    vectors: Vectors
    categories: list[str]
    category_vectors: Vectors


@dataclass(frozen=True)
class Rows:
    """Texts in feature space; `category` and `category_vectors` rows are zero where there is no category."""

    words: sp.csr_matrix
    characters: sp.csr_matrix
    vectors: Floats
    category: sp.csr_matrix
    category_vectors: Floats

    def take(self, rows: Any) -> Rows:
        return Rows(
            self.words[rows],
            self.characters[rows],
            self.vectors[rows],
            self.category[rows],
            self.category_vectors[rows],
        )


class Similarity:
    """Feature space fitted on the normalised texts of the answered titles and of the terms."""

    def __init__(self, texts: Texts) -> None:
        options: dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32}
        by_word = {"token_pattern": r"\S+", "ngram_range": (1, 2), **options}
        self._words = TfidfVectorizer(**by_word).fit(texts.titles)
        self._characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **options).fit(texts.titles)
        self._has_categories = any(texts.categories)
        self._categories = TfidfVectorizer(**by_word).fit(texts.categories if self._has_categories else ["none"])
        self.idf = dict(zip(self._words.get_feature_names_out(), self._words.idf_.tolist(), strict=True))

    def rows(self, texts: Texts) -> Rows:
        return Rows(
            self._words.transform(texts.titles),
            self._characters.transform(texts.titles),
            texts.vectors,
            self._categories.transform(texts.categories),
            texts.category_vectors,
        )

    def lexical(self, left: Rows, right: Rows) -> Floats:
        """Mean of word and character cosine, shape (left, right)."""
        words = (left.words @ right.words.T).toarray()
        return np.asarray((words + (left.characters @ right.characters.T).toarray()) / 2, np.float32)

    def category(self, left: Rows, right: Rows) -> Floats:
        """Nearness of categories in [0, 1]; 0 where either has none."""
        if not self._has_categories:
            return np.zeros((left.words.shape[0], right.words.shape[0]), np.float32)
        same = (left.category @ right.category.T).toarray()
        both = np.outer(left.category_vectors.any(axis=1), right.category_vectors.any(axis=1))
        near = np.exp(SHARPNESS * (left.category_vectors @ right.category_vectors.T - 1)) * both
        return np.asarray((same + near) / 2, np.float32)

    def kernel(self, lexical: Floats, semantic: Floats, category: Floats) -> Floats:
        out = 2 * lexical + np.exp(SHARPNESS * (semantic - 1))
        return np.asarray(out + 2 * CATEGORY_WEIGHT * category if self._has_categories else out, np.float32)

    def between(self, left: Rows, right: Rows) -> Floats:
        """The kernel between two sets of rows."""
        return self.kernel(self.lexical(left, right), left.vectors @ right.vectors.T, self.category(left, right))


@dataclass(frozen=True)
class Ridge:
    """One-against-rest scores of every class: kernel to the landmarks @ weights."""

    landmarks: NDArray[np.int64]
    weights: Floats
    """Shape (landmarks, classes)."""
    left_out: Floats
    """Scores of the training rows as if each had been left out, shape (rows, classes)."""


def fit_ridge(
    similarity: Similarity, rows: Rows, classes: NDArray[np.int64], count: int, landmarks: NDArray[np.int64]
) -> Ridge:
    """Kernel ridge on landmarks. `classes` has shape (rows,), values below `count`."""
    anchors = rows.take(landmarks)
    inner = similarity.between(anchors, anchors).astype(np.float64)
    lower = cholesky(inner + JITTER * np.eye(len(landmarks)), lower=True)
    features = _in_blocks(similarity, rows, anchors, lower)
    factor = cholesky(features.T @ features + RIDGE * np.eye(len(landmarks)), lower=True)
    one_hot = sp.csr_matrix((np.ones(len(classes)), (np.arange(len(classes)), classes)), shape=(len(classes), count))
    solved = cho_solve((factor, True), np.asarray((one_hot.T @ features).T))
    leverage = np.square(solve_triangular(factor, features.T, lower=True)).sum(axis=0)
    left_out = features @ solved
    left_out[np.arange(len(classes)), classes] -= leverage
    left_out /= np.maximum(1 - leverage, 1e-6)[:, None]
    weights = solve_triangular(lower, solved, lower=True, trans="T")
    return Ridge(landmarks, weights.astype(np.float32), left_out.astype(np.float32))


def _in_blocks(similarity: Similarity, rows: Rows, anchors: Rows, lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nyström features of all rows, shape (rows, landmarks)."""
    blocks = []
    for start in range(0, rows.words.shape[0], 2000):
        kernel = similarity.between(rows.take(slice(start, start + 2000)), anchors)
        blocks.append(solve_triangular(lower, kernel.T.astype(np.float64), lower=True).T)
    return np.vstack(blocks)
