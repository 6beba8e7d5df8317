"""goeswith check DIR: what the data can carry, before anything is spent."""

from __future__ import annotations

import typer
from rich.text import Text

from goeswith.cli.common import Directory, Overrides, console
from goeswith.data.checks import Level, run_checks
from goeswith.workspace import Workspace

STYLES = {Level.PASS: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def command(directory: Directory, overrides: Overrides = None) -> None:
    """Check the shop's files; each line says PASS, WARN or FAIL, and what it means for you."""
    workspace = Workspace(directory, overrides or ())
    counts = dict.fromkeys(Level, 0)
    for finding in run_checks(workspace.settings, workspace.directory):
        counts[finding.level] += 1
        console.print(
            Text(finding.level.value, STYLES[finding.level]), Text(f"{finding.check}: {finding.what}"), soft_wrap=True
        )
        if finding.consequence:
            console.print(Text(f"     {finding.consequence}", "dim"), soft_wrap=True)
    console.print(", ".join(f"{count} {level}" for level, count in counts.items()))
    if counts[Level.FAIL]:
        raise typer.Exit(2)
