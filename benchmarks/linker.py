"""Entity of withheld titles: the linker beside a linear model, the nearest title and the terms that stand in the title.

20 % of the answered titles are withheld, five seeds; accuracy is to the letter after spelling. "Terms known" tells
whether terms that only relation answers mention may be linked to (as in a build), or only terms of training titles.
"""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import scipy.sparse as sp
from scipy import stats
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from benchmarks.shared import DATA, have
from goeswith.entities.linker import Answered, Linker
from goeswith.entities.terms import term_key
from goeswith.entities.titles import TermMatcher, Title
from goeswith.text.encoders import load_encoder
from goeswith.text.normalise import clean
from goeswith.text.store import VectorStore

SETS = {"online_retail": 5, "amazon_beauty": 2}
WITHHELD = 0.2
THRESHOLD = 0.5


def main() -> None:
    for name, seeds in SETS.items():
        if not have(f"llm_answers/entities_{name}.parquet", f"llm_answers/relations_{name}.parquet"):
            return
        answered, asked = _load(name)
        store = VectorStore(load_encoder("minilm"))
        store.add(
            {a.title for a in answered} | {a.category for a in answered} | {a.term for a in answered} | set(asked)
        )
        results: dict[str, list[float]] = {}
        for seed in range(seeds):
            for system, value in _once(answered, asked, store, seed).items():
                results.setdefault(system, []).append(value)
        print(f"{name}: {len(answered)} answered titles, {seeds} seeds")
        for system, values in results.items():
            print(f"  {system:<44} {np.mean(values):.3f} ± {_half_width(values):.3f}")


def _load(name: str) -> tuple[list[Answered], list[str]]:
    entities = pq.read_table(DATA / f"llm_answers/entities_{name}.parquet").to_pylist()
    relations = pq.read_table(DATA / f"llm_answers/relations_{name}.parquet", columns=["a", "b"]).to_pydict()
    categories: dict[str, str] = {}
    if name == "amazon_beauty":
        items = pq.read_table(DATA / "amazon_beauty/items.parquet", columns=["asin", "categories"]).to_pydict()
        categories = {asin: clean(text or "") for asin, text in zip(items["asin"], items["categories"], strict=True)}
    answered = [
        Answered(
            clean(row["title"]), categories.get(row["item_id"], ""), term_key(row["entity"]) if row["entity"] else ""
        )
        for row in entities
    ]
    return answered, sorted({term_key(term) for term in (*relations["a"], *relations["b"])})


def _once(answered: list[Answered], asked: list[str], store: VectorStore, seed: int) -> dict[str, float]:
    held = np.random.default_rng(seed).random(len(answered)) < WITHHELD
    train = [a for a, out in zip(answered, held, strict=True) if not out]
    test = [a for a, out in zip(answered, held, strict=True) if out]
    truth = np.array([a.term for a in test], dtype=object)
    results = {}
    for label, terms in (("terms known", asked), ("terms of training titles only", [])):
        links = Linker.fit(train, terms, store).link([a.title for a in test], [a.category for a in test], store)
        right = np.array([link.term for link in links], dtype=object) == truth
        sure = np.array([link.probability >= THRESHOLD for link in links])
        results[f"linker, {label}"] = right.mean()
        if terms:
            results[f"  share with probability >= {THRESHOLD}"] = sure.mean()
            results["  accuracy among those"] = right[sure].mean()
    results["linear model on words and meaning"] = (_linear(train, test, store) == truth).mean()
    results["nearest title by meaning"] = (_nearest(train, test, store) == truth).mean()
    results["longest term that stands in the title"] = (_standing(train, test) == truth).mean()
    results["withheld terms that no training title has"] = np.mean(
        [a.term not in {t.term for t in train} for a in test]
    )
    return results


def _linear(train: list[Answered], test: list[Answered], store: VectorStore) -> np.ndarray:
    views = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)),
    ]
    texts = [a.title for a in train]
    features = sp.hstack([*(view.fit_transform(texts) for view in views), store.rows(texts)]).tocsr()
    model = LinearSVC().fit(features, [a.term for a in train])
    asked = [a.title for a in test]
    return np.asarray(
        model.predict(sp.hstack([*(view.transform(asked) for view in views), store.rows(asked)]).tocsr()), dtype=object
    )


def _nearest(train: list[Answered], test: list[Answered], store: VectorStore) -> np.ndarray:
    near = (store.rows([a.title for a in test]) @ store.rows([a.title for a in train]).T).argmax(axis=1)
    return np.array([train[i].term for i in near], dtype=object)


def _standing(train: list[Answered], test: list[Answered]) -> np.ndarray:
    terms = sorted({a.term for a in train} - {""})
    matcher = TermMatcher(terms)
    found = []
    for answered in test:
        matches = matcher.find(Title.parse(answered.title))
        best = max(
            matches,
            key=lambda number: (matches[number].last - matches[number].first, matches[number].last),
            default=None,
        )
        found.append(None if best is None else terms[best])
    return np.array(found, dtype=object)


def _half_width(values: list[float]) -> float:
    """Half of the 95 % interval of the mean over seeds (Student's t); the splits overlap, so it is approximate."""
    if len(values) < 2:
        return float("nan")
    return float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
