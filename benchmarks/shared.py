"""Where the public data lies, and how a benchmark ends where it is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"


def have(*files: str) -> bool:
    """Whether the files are there; says what is skipped where they are not."""
    missing = [file for file in files if not (DATA / file).is_file()]
    if missing:
        print(f"skipped: {DATA / missing[0]} is missing")
    return not missing


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
