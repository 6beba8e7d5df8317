"""Fewer labels: FBL2023 people's labels cut to a share of their query items, alone, with self-training, with an LLM.

One fold of the query items a seed is held out (ID); the same classifiers are tested on FBL2024 (OOD), so that even the
whole share learns from four fifths of the labels. Self-training sees the pairs of pool A without their answers.
Macro-F1, intervals over the query items of the test; beside it the range over seeds, each with its own draw of labels.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks.relations.shared import Decided, Fbl, Score, draws, load_fbl, many, table
from goeswith.evaluate.studies.karl.curves import ACCEPTED, FOLDS, LLM_WEIGHT
from goeswith.evaluate.studies.karl.material import Labels, folds, without
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import Ints
from goeswith.relations.examples import Examples
from goeswith.relations.self_training import confident

SEEDS = 3
SHARES = (0.05, 0.10, 0.25, 0.50, 1.00)
SYSTEMS = ("people only", "+ self-training", "+ LLM's answers on pool A")
Outcomes = dict[tuple[str, float, str], Decided]


def main(directory: Path, seeds: int) -> None:
    fbl = load_fbl(directory)
    if fbl is None:
        return
    found: Outcomes = defaultdict(list)
    sizes: dict[float, list[int]] = defaultdict(list)
    for seed in range(seeds):
        train, test = without(fbl.material.inside, folds(fbl.material.inside, FOLDS, seed), 0)
        for share in SHARES:
            rows = _drawn(fbl.material.inside, train, share, seed)
            sizes[share].append(len(rows))
            for system, model in _taught(fbl, rows, Config(seed=seed)):
                _test(fbl, found, system, share, model, test)
    print(many(seeds, "seed"))
    for where, labels in (("OOD, FBL2024", fbl.material.outside), ("ID, held-out FBL2023", fbl.material.inside)):
        _print(where, labels, found, sizes)


def _drawn(labels: Labels, train: Ints, share: float, seed: int) -> Ints:
    """Rows of a share of the query items; a smaller share lies within a greater one."""
    queries = np.random.default_rng(seed).permutation(np.unique(labels.query[train]))
    return train[np.isin(labels.query[train], queries[: max(1, round(share * len(queries)))])]


def _taught(fbl: Fbl, rows: Ints, config: Config) -> list[tuple[str, Classifier]]:
    """Each system's classifier, by the labels at these rows of FBL2023."""
    material, pool = fbl.material, fbl.material.pool
    people = material.inside.examples(rows)
    quality = material.quality(rows)
    reliable = pool[quality.reliability(material.judged(pool)) >= ACCEPTED]
    alone = Classifier.fit(people, fbl.ends, config)

    def joined(more: Examples) -> Classifier:
        return Classifier.fit(people.join(more), fbl.ends, config) if len(more) else alone

    own = confident(alone, fbl.ends, material.a[pool], material.b[pool])
    models = alone, joined(own), joined(material.answered(reliable, quality, LLM_WEIGHT))
    return list(zip(SYSTEMS, models, strict=True))


def _test(fbl: Fbl, found: Outcomes, system: str, share: float, model: Classifier, held: Ints) -> None:
    outside = fbl.material.outside
    tests = (("OOD", outside, np.arange(len(outside))), ("ID", fbl.material.inside, held))
    for where, labels, test in tests:
        decided = model.predict(fbl.ends, labels.a[test], labels.b[test]).coarse
        found[where, share, system].append((test, decided))


def _print(where: str, labels: Labels, found: Outcomes, sizes: dict[float, list[int]]) -> None:
    drawn, short = draws(labels), where.split(",")[0]
    rows = []
    for share in SHARES:
        scores = {system: Score.of(drawn, found[short, share, system]) for system in SYSTEMS}
        alone = scores[SYSTEMS[0]]
        cells = [f"{alone}, seeds {_range(drawn, found[short, share, SYSTEMS[0]])}"]
        cells += [f"{scores[system]} ({scores[system].gain(alone)})" for system in SYSTEMS[1:]]
        rows.append([f"{share:.0%}", f"{np.mean(sizes[share]):.0f}", *cells])
    constant = Score.constant(drawn, [test for test, _ in found[short, 1.0, SYSTEMS[0]]])
    table([f"{where} (constant class {constant})", "labels", *SYSTEMS], rows)


def _range(drawn, decided: Decided) -> str:  # type: ignore[no-untyped-def]
    each = [Score.of(drawn, [one]).values[0] for one in decided]
    return f"{min(each):.3f}–{max(each):.3f}"
