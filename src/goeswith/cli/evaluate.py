"""goeswith evaluate DIR: against baselines on the same split, with intervals; writes report.html."""

from __future__ import annotations

import json

from goeswith.cli.common import Directory, Overrides, console, errors, show
from goeswith.errors import WorkspaceError
from goeswith.pipeline import build
from goeswith.workspace import Workspace


def command(directory: Directory, overrides: Overrides = None) -> None:
    """Measure the live build (bringing it up to date first) and name the report."""
    workspace = Workspace(directory, overrides or ())
    with errors.status("…") as status:
        result = build(workspace, report=lambda stage, what: status.update(f"{stage}: {what}"))
    if result.build is None:
        raise WorkspaceError("nothing to measure", where=str(directory))
    measured = json.loads((result.build / "metrics.json").read_text())
    for block in measured["blocks"]:
        show(block["columns"], block["rows"], block["title"])
    for note in measured["notes"]:
        console.print(note, markup=False, soft_wrap=True)
    console.print(f"report: {result.build / 'report.html'}", soft_wrap=True)
