"""From a title to its entity without an LLM: similarity, evidence, a learned scorer, a calibrated probability.

    linker = Linker.fit(answered, terms, store)
    linker.link(["VINTAGE TEACUP PINK"], [""], store)      # [Link("tea cup", 0.93)]

What is saved are the answered titles, the ridge's weights and the scorer's trees; the feature space is fitted again
from the titles when it is loaded, which gives the same space and keeps the files small.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from goeswith.entities.evidence import Candidates, Evidence, Scores
from goeswith.entities.scorer import fit_scorer, probabilities
from goeswith.entities.similarity import Floats, Rows, Similarity, Texts, fit_ridge
from goeswith.entities.terms import term_key
from goeswith.entities.titles import Title
from goeswith.text.encoders import Vectors
from goeswith.text.normalise import clean
from goeswith.text.store import VectorStore

ARTIFACTS = ("linker.json", "linker.safetensors", "linker.txt")
LANDMARKS = 4000
BLOCK = 2000
NO_PRODUCT = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A title that an annotator answered; `term` "" means no product."""

    title: str
    category: str
    term: str


@dataclass(frozen=True, slots=True)
class Link:
    term: str | None
    """Best term, "" for no product; None where a caller found the probability too low."""
    probability: float


class Linker:
    def __init__(self, answered: list[Answered], terms: list[str], store: VectorStore) -> None:
        self.answered, self.terms = answered, terms
        self._number = {term: number for number, term in enumerate(terms)}
        self._own = np.array([self._number[a.term] for a in answered], np.int64)
        titles = [Title.parse(a.title) for a in answered]
        keys = [term_key(term) if term else "" for term in terms]
        self._texts = _stack(
            _texts([t.text for t in titles], [a.title for a in answered], [a.category for a in answered], store),
            _texts(keys, terms, [""] * len(terms), store),
        )
        self._similarity = Similarity(self._texts)
        self._rows = self._similarity.rows(self._texts)
        used = {a.term for a in answered}
        elsewhere = {number for number, term in enumerate(terms) if term not in used}
        no_product = self._number.get(NO_PRODUCT, -1)
        self._evidence = Evidence(keys, self._own, self._similarity.idf, no_product, elsewhere)
        self._titles = titles
        self._landmarks = np.zeros(0, np.int64)
        self._weights = np.zeros((0, len(terms)), np.float32)
        self._scorer: lgb.Booster | None = None

    @classmethod
    def fit(cls, answered: Sequence[Answered], terms: Sequence[str], store: VectorStore) -> Linker:
        """Learn from answered titles; `terms` may hold more terms than they use."""
        vocabulary = sorted(set(terms) | {a.term for a in answered})
        linker = cls(sorted(set(answered), key=lambda a: (a.title, a.category, a.term)), vocabulary, store)
        linker._train()
        return linker

    def _train(self) -> None:
        count, terms = len(self.answered), len(self.terms)
        classes = np.concatenate([self._own, np.arange(terms)])
        ridge = fit_ridge(self._similarity, self._rows, classes, terms, _landmarks(count, terms))
        self._landmarks, self._weights = ridge.landmarks, ridge.weights
        parts = []
        for start in range(0, count, BLOCK):
            rows = np.arange(start, min(start + BLOCK, count))
            scores = self._scores(self._rows.take(rows), ridge.left_out[rows], own=rows)
            found = self._evidence.candidates([self._titles[row] for row in rows], scores, self._own[rows])
            parts.append(Candidates(found.title + start, found.term, found.features))
        candidates = Candidates(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("title", "term", "features"))
        )
        self._scorer = fit_scorer(candidates, candidates.term == self._own[candidates.title])

    def _scores(self, rows: Rows, ridge: Floats | None, own: NDArray[np.int64] | None = None) -> Scores:
        """Similarities of some rows to all answered titles and terms; `own` are their places among the titles."""
        count = len(self.answered)
        lexical = self._similarity.lexical(rows, self._rows)
        semantic = np.asarray(rows.vectors @ self._rows.vectors.T, np.float32)
        category = self._similarity.category(rows, self._rows)
        kernel = self._similarity.kernel(lexical, semantic, category)
        if ridge is None:
            ridge = kernel[:, self._landmarks] @ self._weights
        near = [kernel[:, :count], lexical[:, :count], semantic[:, :count], category[:, :count]]
        if own is not None:
            places = (np.arange(len(own)), own)
            near = [values.copy() for values in near]
            for values, least in zip(near, (-1, -1, -1, 0), strict=True):
                values[places] = least
        return Scores(ridge, near[0], near[1], near[2], lexical[:, count:], semantic[:, count:], near[3])

    def link(self, titles: Sequence[str], categories: Sequence[str], store: VectorStore) -> list[Link]:
        """The best term of each title and the probability that it is the one an annotator would give."""
        links: list[Link] = []
        for start in range(0, len(titles), BLOCK):
            chosen = titles[start : start + BLOCK]
            parsed = [Title.parse(title) for title in chosen]
            texts = _texts([t.text for t in parsed], chosen, categories[start : start + BLOCK], store)
            rows = self._similarity.rows(texts)
            candidates = self._evidence.candidates(parsed, self._scores(rows, None))
            probability = probabilities(self._scorer, candidates)
            links += self._best(candidates, probability, len(chosen))
        return links

    def _best(self, candidates: Candidates, probability: NDArray[np.float64], count: int) -> list[Link]:
        order = np.lexsort((candidates.term, -probability, candidates.title))
        _, first = np.unique(candidates.title[order], return_index=True)
        best = order[first]
        assert len(best) == count
        return [
            Link(self.terms[term], float(p)) for term, p in zip(candidates.term[best], probability[best], strict=True)
        ]

    def save(self, folder: Path) -> None:
        document = {"terms": self.terms, "answered": [[a.title, a.category, a.term] for a in self.answered]}
        (folder / "linker.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        weights = np.ascontiguousarray(self._weights)  # safetensors takes the memory as it lies, in Fortran order too
        save_file({"landmarks": self._landmarks, "weights": weights}, str(folder / "linker.safetensors"))
        trees = "" if self._scorer is None else self._scorer.model_to_string()
        (folder / "linker.txt").write_text(trees, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, store: VectorStore) -> Linker:
        document = json.loads((folder / "linker.json").read_text(encoding="utf-8"))
        linker = cls([Answered(*row) for row in document["answered"]], document["terms"], store)
        tensors = load_file(str(folder / "linker.safetensors"))
        linker._landmarks, linker._weights = tensors["landmarks"], tensors["weights"]
        trees = (folder / "linker.txt").read_text(encoding="utf-8")
        linker._scorer = lgb.Booster(model_str=trees) if trees else None
        return linker


def _texts(normalised: Sequence[str], titles: Sequence[str], categories: Sequence[str], store: VectorStore) -> Texts:
    cleaned = [clean(category) for category in categories]
    known = np.array([bool(category) for category in cleaned])[:, None]
    normal = [Title.parse(category).text for category in cleaned]
    return Texts(list(normalised), store.rows([clean(t) for t in titles]), normal, store.rows(cleaned) * known)


def _stack(first: Texts, second: Texts) -> Texts:
    def joined(a: Vectors, b: Vectors) -> Vectors:
        return np.vstack([a, b])

    return Texts(
        first.titles + second.titles,
        joined(first.vectors, second.vectors),
        first.categories + second.categories,
        joined(first.category_vectors, second.category_vectors),
    )


def _landmarks(titles: int, terms: int) -> NDArray[np.int64]:
    """All terms and evenly spaced titles (they are sorted, so that alike titles lie together)."""
    count = min(titles, max(LANDMARKS - terms, LANDMARKS // 4))
    spaced = np.linspace(0, titles - 1, count).round().astype(np.int64)
    return np.concatenate([np.unique(spaced), titles + np.arange(terms)])
