"""Time and memory of the classifiers: the pair kernel beside KARL's ten bagged regressions, the choice of the paper.

Each classifier learns and answers in a process of its own, from the same examples: people's labels of FBL2023, then
those and an LLM's answers on pool A. Memory is the peak above what the process held before (examples and vectors).
The ratio is of this run; each figure is the median of the seeds, with their range.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.relations.shared import load_fbl, table
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import Ends
from goeswith.relations.examples import Examples

SEEDS = 3
PAIRS = 20_000
KINDS = ("kernel", "bagged")
MEASURED = ("fit, s", "pairs/s", "peak, MiB")


def main(directory: Path, seeds: int) -> None:
    fbl = load_fbl(directory)
    if fbl is None:
        return
    everyone = np.arange(len(fbl.material.inside))
    people = fbl.material.inside.examples(everyone)
    more = fbl.material.answered(fbl.material.pool, fbl.material.quality(everyone), 1.0)
    print(f"{seeds} seeds, {PAIRS:,} pairs asked")
    rows = []
    for examples in (people, people.join(more)):
        found = {kind: np.array([_alone(kind, examples, fbl.ends, seed) for seed in range(seeds)]) for kind in KINDS}
        medians = {kind: np.median(values, axis=0) for kind, values in found.items()}
        rows += [[f"{len(examples):,}", kind, *map(_spread, values.T)] for kind, values in found.items()]
        ratios = medians["kernel"] / medians["bagged"]
        rows.append([f"{len(examples):,}", "kernel ÷ bagged", *(f"×{ratio:.2f}" for ratio in ratios)])
    table(["examples", "classifier", *MEASURED], rows)


def _alone(kind: str, examples: Examples, ends: Ends, seed: int) -> tuple[float, float, float]:
    """`_measure` in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, kind, examples, ends, seed).result()


def _measure(kind: Any, examples: Examples, ends: Ends, seed: int) -> tuple[float, float, float]:
    """Seconds of training, pairs a second, MiB at the peak."""
    a, b = np.random.default_rng(seed).integers(len(ends), size=(2, PAIRS))
    before, started = _peak(), time.perf_counter()
    model = Classifier.fit(examples, ends, Config(kind, seed=seed))
    fitted = time.perf_counter()
    model.predict(ends, a, b)
    return fitted - started, PAIRS / (time.perf_counter() - fitted), _peak() - before


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def _spread(values: np.ndarray) -> str:
    digits = 1 if values.max() < 100 else 0
    return f"{np.median(values):,.{digits}f} ({values.min():,.{digits}f}–{values.max():,.{digits}f})"
