"""Time and memory of the classifiers: the pair kernel beside KARL's ten bagged regressions, the choice of the paper.

Each classifier learns and answers in a process of its own, from the same examples: people's labels of FBL2023, then
those and an LLM's answers on pool A. Memory is the peak above what the process held before (examples and vectors);
Linux alone tells it. Ratios are of one seed, run right after one another; figures are medians over seeds with range.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.relations.shared import load_fbl, many, table
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import Ends
from goeswith.relations.examples import Examples

SEEDS = 3
PAIRS = 20_000
KINDS = ("kernel", "bagged")
MEASURED = ("fit, s", "pairs/s", "peak, MiB")
STATUS = Path("/proc/self/status")


def main(directory: Path, seeds: int) -> None:
    fbl = load_fbl(directory)
    if fbl is None:
        return
    everyone = np.arange(len(fbl.material.inside))
    people = fbl.material.inside.examples(everyone)
    more = fbl.material.answered(fbl.material.pool, fbl.material.quality(everyone), 1.0)
    print(f"{many(seeds, 'seed')}, {PAIRS:,} pairs asked")
    rows = []
    for examples in (people, people.join(more)):
        found = np.array([[_alone(kind, examples, fbl.ends, seed) for kind in KINDS] for seed in range(seeds)])
        for place, kind in enumerate(KINDS):
            rows.append([f"{len(examples):,}", kind, *(_spread(values) for values in found[:, place].T)])
        ratios = (found[:, 0] / found[:, 1]).T
        rows.append([f"{len(examples):,}", f"{' ÷ '.join(KINDS)}", *(f"×{_spread(values, 2)}" for values in ratios)])
    table(["examples", "classifier", *MEASURED], rows)


def _alone(kind: str, examples: Examples, ends: Ends, seed: int) -> tuple[float, float, float]:
    """`_measure` in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, kind, examples, ends, seed).result()


def _measure(kind: Any, examples: Examples, ends: Ends, seed: int) -> tuple[float, float, float]:
    """Seconds of training, pairs a second, MiB at the peak."""
    a, b = np.random.default_rng(seed).integers(len(ends), size=(2, PAIRS))
    before = _forget_peak()
    started = time.perf_counter()
    model = Classifier.fit(examples, ends, Config(kind, seed=seed))
    fitted = time.perf_counter()
    model.predict(ends, a, b)
    return fitted - started, PAIRS / (time.perf_counter() - fitted), _memory("VmHWM") - before


def _forget_peak() -> float:
    """From here on the kernel counts the peak anew; returns what is held now, in MiB."""
    if STATUS.is_file():
        (STATUS.parent / "clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    if not STATUS.is_file():
        return float("nan")
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) / 2**10


def _spread(values: np.ndarray, digits: int | None = None) -> str:
    digits = (1 if values.max() < 100 else 0) if digits is None else digits
    return f"{np.median(values):,.{digits}f} ({values.min():,.{digits}f}–{values.max():,.{digits}f})"
