"""goeswith build DIR: every stage; resumes; pays for no answer twice."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from goeswith.cli.common import Directory, Overrides, console, errors
from goeswith.knowledge.round import BUDGET_USED, Report
from goeswith.pipeline import NAMES, build
from goeswith.workspace import Workspace


def command(
    directory: Directory,
    until: Annotated[str | None, typer.Option(help=f"Stop after a stage: {', '.join(NAMES[1:])}.")] = None,
    overrides: Overrides = None,
) -> None:
    """Build knowledge graph and recommendations; unchanged stages are reused, a stopped build goes on."""
    started = time.perf_counter()
    workspace = Workspace(directory, overrides or ())
    with errors.status("…") as status:

        def report(stage: str, what: str) -> None:
            status.update(f"{stage}: {what}")
            if what in ("done", "unchanged"):
                errors.print(f"  {stage:<10} {what:<10} {time.perf_counter() - started:6.1f} s")

        result = build(workspace, until, report)
    for stage in result.stages:
        console.print(f"{stage.name}: {_tell(stage.report)}", markup=False, soft_wrap=True)
    for asked in result.asked:
        console.print(f"asked: {asked}", markup=False, soft_wrap=True)
        if asked.left:
            why = f"; {asked.stopped}" if asked.stopped else ""
            console.print(f"left: {asked.left:,} unanswered{why}. {_remedy(asked)}", markup=False, soft_wrap=True)
    took = f"in {time.perf_counter() - started:.1f} s"
    if result.live:
        console.print(f"live: {result.build} {took}", soft_wrap=True)
    else:
        console.print(f"built up to {result.stages[-1].name} {took}; the complete build stays live", soft_wrap=True)


def _remedy(asked: Report) -> str:
    if asked.stopped == BUDGET_USED:
        return "Raise llm.budget or llm.call_budget and build again to go on; goeswith plan says what that takes"
    return "Build again to go on"


def _tell(report: dict[str, object]) -> str:
    return "; ".join(
        f"{key.replace('_', ' ')} {_value(value)}" for key, value in report.items() if value not in ({}, None)
    )


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_value(inner)}" for key, inner in value.items()) + ")"
    return f"{value:,}" if isinstance(value, int) else str(value)
