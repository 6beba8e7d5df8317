"""goeswith study llm|karl DIR: the papers' experiments on the workspace's own knowledge."""

from __future__ import annotations

import json
from typing import Annotated

import pyarrow as pa
import typer

from goeswith.cli.common import Directory, Out, Overrides, console, show
from goeswith.data.labels import load_labels
from goeswith.data.prepare import search_path
from goeswith.data.readers import root
from goeswith.data.writers import check_ending, write_table
from goeswith.engine import Engine
from goeswith.evaluate.studies import llm as llm_study
from goeswith.evaluate.studies.karl import study as karl_study
from goeswith.evaluate.studies.karl.prepare import prepare_study, tokens, write_report
from goeswith.evaluate.studies.karl.results import Results
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


@app.command()
def karl(
    directory: Directory,
    ood: Annotated[
        str | None,
        typer.Option(metavar="FILE.sql", help="Labels from elsewhere, as [data.sql] labels would name them."),
    ] = None,
    ood_tie: Annotated[str, typer.Option(help="Where people tie on those: drop, or first.")] = "drop",
    quick: Annotated[bool, typer.Option(help="Fewer seeds, samplers and rounds: at most 20 minutes.")] = False,
    overrides: Overrides = None,
) -> None:
    """KARL's experiment: people's labels and an LLM's answers, in and out of distribution, sampler by sampler."""
    workspace = Workspace(directory, overrides or ())
    elsewhere = Workspace(directory, [*(overrides or ()), f"labels.tie={ood_tie}", *_labels(ood)])
    folder = directory / "studies" / "karl"
    plan = karl_study.Plan.quick() if quick else karl_study.Plan()
    with console.status("gathering labels and answers") as status:
        study = prepare_study(workspace, None if ood is None else elsewhere, plan, folder)
        study.run(status.update)
    results = Results(
        study, workspace.settings.evaluate.bootstrap, workspace.settings.build.seed, tokens(workspace, study)
    )
    blocks = write_report(results, study, folder)
    for block in blocks:
        show(block.columns, block.rows, title=block.title)
    console.print(f"tables and learning curves -> {folder / 'report.html'}", soft_wrap=True)


def _labels(path: str | None) -> list[str]:
    return [] if path is None else [f"data.sql.labels={json.dumps(path, ensure_ascii=False)}"]
