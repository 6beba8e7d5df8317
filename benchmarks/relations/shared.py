"""What the parts share: people's labels with an LLM's answers, tables, and figures with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.shared import DATA, have
from goeswith.evaluate.studies.karl.material import Labels, Material
from goeswith.evaluate.studies.karl.measures import Resampled, macro_f1, told
from goeswith.evaluate.studies.karl.prepare import prepare_study
from goeswith.evaluate.studies.karl.study import Plan
from goeswith.measure import agreement
from goeswith.measure.intervals import Interval, interval
from goeswith.relations.ends import Ends, Ints
from goeswith.relations.known import Known
from goeswith.text.encoders import load_encoder
from goeswith.text.store import ARTIFACT, VectorStore
from goeswith.workspace import Workspace

FILES = ("fbl/FBL2023.tsv", "fbl/FBL2024.tsv", "llm_answers/entities_fbl.parquet", "llm_answers/relations_fbl.parquet")
REPEATS = 1000
Decided = list[tuple[Ints, Ints]]
"""Rows tested and what was decided, one entry a seed (or all folds of a seed)."""


@dataclass(frozen=True)
class Fbl:
    """FBL2023 is `material.inside`, FBL2024 `material.outside`; `ends` are encoded ends of the material."""

    material: Material
    ends: Ends
    known: Known
    store: VectorStore


def load_fbl(directory: Path) -> Fbl | None:
    """Labels and answers on the live build of a workspace; None, with the reason printed, where one is missing."""
    if not have(*FILES):
        return None
    if not (directory / "labels_2024.sql").is_file() or not _has_functions(directory / "current"):
        print(f"skipped: build it first (an older build will not do): goeswith build {directory} --until relations")
        return None
    folder = f"data.folder={DATA}"
    inside = Workspace(directory, [folder])
    outside = Workspace(directory, [folder, 'data.sql.labels="labels_2024.sql"', "labels.tie=first"])
    study = prepare_study(inside, outside, Plan(), directory / "studies")
    build = inside.current()
    encoder = load_encoder(inside.settings.text.encoder, inside.settings.build.threads)
    return Fbl(study.material, study.ends, Known.load(build), VectorStore.open(build / ARTIFACT, encoder))


def _has_functions(build: Path) -> bool:
    items = build / "item_entities.parquet"
    return items.is_file() and "function" in pq.read_schema(items).names


@dataclass(frozen=True)
class Score:
    """Macro-F1 of one system: of the sample, then of each draw of query items."""

    values: np.ndarray
    accuracy: float

    @classmethod
    def of(cls, drawn: Resampled, decided: Decided) -> Score:
        tables = [drawn.tables(test, decisions) for test, decisions in decided]
        return cls(macro_f1(tables), float(np.mean([agreement.accuracy(table[0]) for table in tables])))

    @classmethod
    def constant(cls, drawn: Resampled, tests: Iterable[Ints]) -> Score:
        """Of the most frequent class of the labels tested on."""
        most = int(np.bincount(drawn.labels.coarse).argmax())
        return cls.of(drawn, [(test, np.full(len(test), most)) for test in tests])

    def __str__(self) -> str:
        return str(told(self.values))

    def gain(self, over: Score) -> str:
        """Difference to another system on the same draws."""
        difference = self.values - over.values
        found: Interval = interval(float(difference[0]), difference[1:])
        return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def draws(labels: Labels) -> Resampled:
    return Resampled.of(labels, REPEATS, 0)


def many(count: int, what: str) -> str:
    """1 seed, 3 seeds."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints Markdown."""
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    print()
