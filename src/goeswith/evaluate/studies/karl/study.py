"""The whole study: every cell is computed once and kept, so that it can be stopped and resumed; then the tables.

outcome = study(material, ends, Plan.quick(), folder, print)
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from goeswith.evaluate.studies.karl import curves, finals
from goeswith.evaluate.studies.karl.arena import Arena
from goeswith.evaluate.studies.karl.material import Material
from goeswith.relations.classifier import Config
from goeswith.relations.ends import Ends

Report = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is run. The reference classifier is slower, so it gets fewer seeds."""

    seeds: int = 5
    reference_seeds: int = 1
    samplers: tuple[str, ...] = ("random", "margin", "entropy", "qbc", "diversity", "stratified", "dynamic")
    rounds: int = 6
    size: int = 200

    @classmethod
    def quick(cls) -> Plan:
        """At most 20 minutes on two cores."""
        return cls(2, 0, ("random", "margin", "qbc", "dynamic"))


@dataclass(frozen=True)
class Cell:
    """One experiment of one seed; its outcome is one file."""

    kind: str
    """`final` or `curve`."""
    name: str
    """Experiment or setting."""
    seed: int
    fold: int
    by: str
    """Classifier or sampler."""


class Study:
    def __init__(self, material: Material, ends: Ends, plan: Plan, folder: Path) -> None:
        self.material, self.ends, self.plan = material, ends, plan
        self._folder = folder / f"cells-{_digest(material, ends, plan)}"

    @cached_property
    def arena(self) -> Arena:
        return Arena(self.material, self.ends)

    def cells(self) -> Iterator[Cell]:
        outside = bool(len(self.material.outside))
        for seed in range(self.plan.seeds):
            for name in finals.EXPERIMENTS:
                for kind in ("kernel", "bagged") if seed < self.plan.reference_seeds else ("kernel",):
                    if outside or name.startswith("id"):
                        folds = 1 if name in ("ood", "ood-a") else curves.FOLDS
                        yield from (Cell("final", name, seed, fold, kind) for fold in range(folds))
            for setting in curves.SETTINGS:
                if outside or setting == "id":
                    folds = 1 if setting == "ood-a" else curves.FOLDS
                    for fold in range(folds):
                        yield from (Cell("curve", setting, seed, fold, s) for s in self.plan.samplers)

    def run(self, report: Report) -> None:
        """Compute what is not there yet."""
        everything = list(self.cells())
        for number, cell in enumerate(everything, start=1):
            path = self._path(cell)
            if not path.is_file():
                report(
                    f"{number}/{len(everything)} {cell.kind} {cell.name}, seed {cell.seed}, fold {cell.fold}, {cell.by}"
                )
                outcome = self._final(cell) if cell.kind == "final" else self._curve(cell)
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_suffix(".partial")
                partial.write_text(json.dumps(outcome), encoding="utf-8")
                os.replace(partial, path)

    def outcome(self, cell: Cell) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._path(cell).read_text(encoding="utf-8"))
        return found

    def _path(self, cell: Cell) -> Path:
        return self._folder / f"{cell.kind}-{cell.name}-{cell.by}-{cell.seed}-{cell.fold}.json"

    def _final(self, cell: Cell) -> dict[str, Any]:
        trial = list(finals.trials(self.material, cell.name, cell.seed))[cell.fold]
        return finals.run(self.material, self.ends, trial, Config(kind=cell.by, seed=cell.seed))  # type: ignore[arg-type]

    def _curve(self, cell: Cell) -> dict[str, Any]:
        split = list(curves.splits(self.material, cell.name, cell.seed))[cell.fold]
        return curves.curve(self.material, self.arena, split, cell.by, self.plan.rounds, self.plan.size, cell.seed)


def _digest(material: Material, ends: Ends, plan: Plan) -> str:
    """Changes with the data and with what a cell of the plan computes; more seeds or samplers only add cells."""
    digest = hashlib.sha256(repr((material.ends, sorted(material.votes.items()))).encode())
    for labels in (material.inside, material.outside):
        digest.update(repr(labels.relation).encode())
        for column in (labels.pair, labels.a, labels.b, labels.query):
            digest.update(column.tobytes())
    for numbers in (material.a, material.b, material.pool):
        digest.update(np.ascontiguousarray(numbers).tobytes())
    encoder = ends.entity.shape[1], f"{np.abs(ends.entity).mean():.4f}"  # vectors differ in their last bits
    digest.update(repr(encoder).encode())
    digest.update(json.dumps({k: v for k, v in asdict(plan).items() if k in ("rounds", "size")}).encode())
    return digest.hexdigest()[:10]
