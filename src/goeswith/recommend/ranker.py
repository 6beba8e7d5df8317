"""The fine ranker: LambdaMART over held-out baskets, so that the routes are fused by what customers did, not by hand.

Training looks like serving: what is known is fitted on earlier bills, what is asked comes from later ones. Two windows
of held-out baskets are used, each behind statistics of its own. Cold targets, targets that "hold" would leave open and
contexts of a single item are added with lower weights, so that one ranker serves all of them. Ranks are computed among
all candidates before the negatives are drawn: a rank among a sample would mean something else than at serving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from goeswith.measure.splits import Bills, Queries, Split, hold_out, hold_out_items, sample, split
from goeswith.recommend.behaviour import Behaviour
from goeswith.recommend.features import FEATURES, FeatureMaker
from goeswith.recommend.recall import COLD, LONGEST_CONTEXT, Candidates, Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

WINDOWS = 2
NEGATIVES = 35
COLD_ROUNDS, COLD_WEIGHT = 3, 0.3
HOLD_WEIGHT = 0.5
ITEM_WEIGHT = 0.3
FEWEST_QUERIES = 50
"""Below it nothing is learned; routes are fused by reciprocal rank."""
TREES = 100
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "lambdarank_truncation_level": 30,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Sample:
    """Training rows of some queries: features, 1 for the target, rows a query, weight a row."""

    features: Floats
    label: Floats
    group: Ints
    weight: Floats


def fit_ranker(
    bills: Bills,
    counted: NDArray[np.bool_],
    recall_of: Callable[[Bills, NDArray[np.bool_]], Recall],
    context: str,
    clock: str,
    days: int,
    most: int,
    seed: int,
    threads: int,
    progress: Callable[[str], None],
) -> tuple[lgb.Booster | None, dict[str, Any]]:
    """Train on the last two windows of `bills`; None where they hold too few queries. Also what to report."""
    samples: list[Sample] = []
    asked = 0
    for number in range(WINDOWS):
        if len(bills) == 0:
            break
        held = split(bills, context, clock, days, most // WINDOWS, seed + number)
        rest, rest_counted = bills.rows(held.train), counted[held.train]
        if len(rest) == 0 or len(held.queries) == 0:
            break
        recall = recall_of(rest, rest_counted)
        for queries, weight, hold in _queries(bills, held, recall.behaviour, context, most // WINDOWS, seed + number):
            progress(f"window {number + 1}: {len(queries)} queries")
            asked += len(queries)
            samples.append(_sample(recall, queries, weight, hold, np.random.default_rng(seed + 10 * number)))
        bills, counted = rest, rest_counted
    found = sum(len(part.group) for part in samples)
    report = {"queries": asked, "target_recalled": found}
    if found < FEWEST_QUERIES:
        return None, report
    return _train(samples, seed, threads), report


def _queries(
    bills: Bills, held: Split, behaviour: Behaviour, context: str, most: int, seed: int
) -> list[tuple[Queries, float, bool]]:
    rng = np.random.default_rng(seed)
    if context != "basket":
        return [(held.queries, 1.0, False), (held.queries, HOLD_WEIGHT, True)]
    rows = np.flatnonzero(~held.train)
    plain = [sample(hold_out(bills, rows, rng), most // 4, rng) for _ in range(2)]
    cold = np.flatnonzero(behaviour.bought < COLD)
    rare = [sample(hold_out_items(bills, rows, cold, rng), most // 12, rng) for _ in range(COLD_ROUNDS)]
    single = _one_item(plain[1], rng)
    return [
        *((q, 1.0, False) for q in plain),
        *((q, COLD_WEIGHT, False) for q in rare),
        (plain[0], HOLD_WEIGHT, True),
        (single, ITEM_WEIGHT, False),
        (single, ITEM_WEIGHT * HOLD_WEIGHT, True),
    ]


def _one_item(queries: Queries, rng: np.random.Generator) -> Queries:
    """The same targets asked for with one random item of each context: a product page knows no basket."""
    sizes = np.diff(queries.start)
    chosen = queries.start[:-1] + (rng.random(len(sizes)) * sizes).astype(np.int64)
    start = np.arange(len(chosen) + 1)
    return Queries(queries.items[chosen], start, queries.target, queries.basket, queries.time)


def _sample(recall: Recall, queries: Queries, weight: float, hold: bool, rng: np.random.Generator) -> Sample:
    """Target and drawn negatives of each query whose target was recalled."""
    maker = FeatureMaker(recall)
    contexts = [queries.context(number) for number in range(len(queries))]
    scored = [context[-LONGEST_CONTEXT:] for context in contexts]
    features, groups = [np.zeros((0, len(FEATURES)), np.float32)], []
    for batch in recall.batches(scored):
        for place, number in enumerate(batch.queries):
            found = recall.candidates(batch, place, recall.allowed(contexts[number], hold))
            target = np.flatnonzero(found.items == queries.target[number])
            if len(target) == 0:
                continue
            others = np.delete(np.arange(len(found.items)), target)
            chosen = np.concatenate([target, rng.choice(others, min(NEGATIVES, len(others)), replace=False)])
            some = Candidates(found.items[chosen], found.sums[chosen], found.ranks[chosen])
            features.append(maker.features(batch, scored[number], some))
            groups.append(len(chosen))
    group = np.array(groups, np.int64)
    label = np.zeros(group.sum(), np.float32)
    label[np.concatenate([[0], np.cumsum(group)[:-1]]).astype(np.int64)[: len(group)]] = 1
    return Sample(np.concatenate(features), label, group, np.full(len(label), weight, np.float32))


def _train(samples: list[Sample], seed: int, threads: int) -> lgb.Booster:
    data = lgb.Dataset(
        np.concatenate([s.features for s in samples]),
        np.concatenate([s.label for s in samples]),
        group=np.concatenate([s.group for s in samples]),
        weight=np.concatenate([s.weight for s in samples]),
        feature_name=list(FEATURES),
    )
    return lgb.train({**PARAMETERS, "seed": seed, "num_threads": threads}, data, TREES)
