"""The relation classifier: a shop's titles, fewer labels, other domains, unrecorded titles, speed; beside its rivals.

    python -m benchmarks.relations [beauty] [fewer] [domains] [unrecorded] [speed] [--fbl DIR] [--beauty DIR]

Brackets are 95 % intervals; figures are means over seeds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.relations import beauty, domains, fewer, speed, unrecorded
from benchmarks.shared import ROOT
from goeswith.errors import WorkspaceError

PARTS = {"beauty": beauty, "fewer": fewer, "domains": domains, "unrecorded": unrecorded, "speed": speed}


def main(
    names: Sequence[str] = (), fbl: Path | None = None, beauty: Path | None = None, seeds: int | None = None
) -> None:
    """Runs the parts named, or all; each with its own number of seeds unless told otherwise."""
    for name in names or PARTS:
        part = PARTS[name]
        directory = beauty if name == "beauty" else fbl
        example = "amazon_beauty" if name == "beauty" else "fbl"
        print(f"\n{(part.__doc__ or '').strip()}\n", flush=True)
        started = time.perf_counter()
        try:
            part.main(directory or ROOT / "examples" / example, seeds or part.SEEDS)
        except WorkspaceError as error:
            print(f"skipped: {error}")
        print(f"\n{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
