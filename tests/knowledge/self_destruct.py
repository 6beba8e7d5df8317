"""A build that kills itself with SIGKILL at one point of its code, in a process of its own that starts at once.

    build(folder, Kill("goeswith.knowledge.ledger:Ledger.settle", "before", 3))     # -9: killed at the third call
    build(folder)                                                                   # 0: finished

The processes are forked from a server that has imported everything, which saves two seconds each.
"""

from __future__ import annotations

import importlib
import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any, Literal

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["goeswith.pipeline", "lightgbm", "openai", "self_destruct"])


@dataclass(frozen=True)
class Kill:
    """Right before or right after the n-th call of `module:name`."""

    place: str
    when: Literal["before", "after"] = "before"
    n: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.place.rpartition(':')[2]} {self.n}"


def build(folder: Path, kill: Kill | None = None, *overrides: str) -> int:
    """Build up to the graph in a new process; returns its exit code."""
    process = _PROCESSES.Process(target=_build, args=(folder, kill, overrides))
    process.start()
    process.join()
    return process.exitcode


def together(works: list[Callable[[Any], None]]) -> list[int]:
    """Do all of it at once, each in a process of its own; every work gets the barrier that they should start at."""
    barrier = _PROCESSES.Barrier(len(works))
    processes = [_PROCESSES.Process(target=partial(work, barrier)) for work in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def _build(folder: Path, kill: Kill | None, overrides: tuple[str, ...]) -> None:
    from goeswith import pipeline
    from goeswith.workspace import Workspace

    if kill is not None:
        _mine(kill)
    pipeline.build(Workspace(folder, overrides), "graph")


def _mine(kill: Kill) -> None:
    module, _, path = kill.place.partition(":")
    owner: Any = importlib.import_module(module)
    *names, name = path.split(".")
    for part in names:
        owner = getattr(owner, part)
    setattr(owner, name, _fatal(getattr(owner, name), kill))


def _fatal(function: Callable[..., Any], kill: Kill) -> Callable[..., Any]:
    numbers = itertools.count(1)

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        number = next(numbers)
        if kill.when == "before" and number == kill.n:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if kill.when == "after" and number == kill.n:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call
