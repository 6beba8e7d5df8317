"""goeswith study llm DIR: the papers' experiments on the workspace's own knowledge."""

from __future__ import annotations

import pyarrow as pa
import typer

from goeswith.cli.common import Directory, Out, Overrides, console, show
from goeswith.data.labels import load_labels
from goeswith.data.prepare import search_path
from goeswith.data.readers import root
from goeswith.data.writers import check_ending, write_table
from goeswith.engine import Engine
from goeswith.evaluate.studies import llm as llm_study
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.recorded import load_recorded
from goeswith.workspace import Workspace

app = typer.Typer(help="Experiments of the papers on your own data.", no_args_is_help=True)


@app.callback()
def studies() -> None:
    """Experiments of the papers on your own data."""


@app.command()
def llm(directory: Directory, out: Out = None, overrides: Overrides = None) -> None:
    """LLM answers against people's labels on the same pairs; several answer sets stand side by side."""
    if out is not None:
        check_ending(out)
    workspace = Workspace(directory, overrides or ())
    settings = workspace.settings
    base = KnowledgeBase.copy_of(workspace.knowledge)
    with base, Engine(settings.build, search_path(settings, directory)) as engine:
        load_recorded(base, settings.llm.recorded, root(settings.data, directory))
        load_labels(engine, settings, directory, base)
        rows = llm_study.study(base, settings.labels.tie, settings.evaluate.bootstrap, settings.build.seed)
    columns = ("judge", "measure", "of", "value", "pairs")
    show(columns, [(r.judge, r.measure, r.group, str(r.value), f"{r.pairs:,}") for r in rows])
    if out is not None:
        told = [
            {
                "judge": r.judge,
                "measure": r.measure,
                "group": r.group,
                "value": r.value.value,
                "low": r.value.low,
                "high": r.value.high,
                "pairs": r.pairs,
            }
            for r in rows
        ]
        write_table(pa.Table.from_pylist(told), out)
        console.print(f"{len(rows)} figures -> {out}", soft_wrap=True)
