"""From contexts to ranked items: recall, features, fine ranking, the best k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from goeswith.recommend.features import FeatureMaker
from goeswith.recommend.recall import LONGEST_CONTEXT, Candidates, Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
FUSION = 60.0


@dataclass(frozen=True)
class Ranked:
    """Per query the best items, −1 and NaN where a list is short; shape (queries, k)."""

    items: Ints
    scores: NDArray[np.float64]


def rank(
    recall: Recall,
    ranker: lgb.Booster | None,
    contexts: list[Ints],
    k: int,
    hold: bool,
    threads: int,
    allow: Callable[[int], NDArray[np.bool_]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ranked:
    """The best k items of each context. `allow(query)` replaces the mask of what may be shown."""
    maker = FeatureMaker(recall)
    scored = [context[-LONGEST_CONTEXT:] for context in contexts]
    items = np.full((len(contexts), k), -1, np.int64)
    scores = np.full((len(contexts), k), np.nan)
    for batch in recall.batches(scored):
        found = []
        for place, query in enumerate(batch.queries):
            mask = recall.allowed(contexts[query], hold) if allow is None else allow(query)
            found.append(recall.candidates(batch, place, mask))
        if ranker is None:
            values = [fuse(candidates) for candidates in found]
        else:
            rows = [maker.features(batch, scored[query], c) for query, c in zip(batch.queries, found, strict=True)]
            values = _predict(ranker, rows, threads)
        for query, candidates, value in zip(batch.queries, found, values, strict=True):
            best = np.argsort(-value, kind="stable")[:k]
            items[query, : len(best)] = candidates.items[best]
            scores[query, : len(best)] = value[best]
        if progress is not None:
            progress(batch.queries[-1] + 1, len(contexts))
    return Ranked(items, scores)


def fuse(candidates: Candidates) -> NDArray[np.float64]:
    """Reciprocal rank fusion (Cormack 2009) of the routes that know a candidate, for shops without bills."""
    known = candidates.sums > 0
    return np.asarray((known / (FUSION + candidates.ranks)).sum(axis=1), np.float64)


def _predict(ranker: lgb.Booster, rows: list[Floats], threads: int) -> list[NDArray[np.float64]]:
    sizes = np.cumsum([len(part) for part in rows])
    stacked = np.concatenate(rows)
    values = ranker.predict(stacked, num_threads=threads) if len(stacked) else np.zeros(0)
    return np.split(np.asarray(values), sizes[:-1])
