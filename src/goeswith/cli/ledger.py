"""goeswith ledger show|export|retry DIR: what an LLM was asked, what it cost, and its answers for others to replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from goeswith.cli.common import Directory, Overrides, console, show
from goeswith.knowledge import prices
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.ledger import Ledger
from goeswith.knowledge.replay import export_answers
from goeswith.workspace import Workspace

app = typer.Typer(help="What was asked of an LLM, and where the money went.", no_args_is_help=True)
STATES = {
    "answered": "answered",
    "refused": "refused, free",
    "lost": "lost, counted in full",
    "open": "open, counted in full",
}


@app.command("show")
def show_(
    directory: Directory,
    limit: Annotated[int, typer.Option("-n", min=1, help="Questions set aside to print.")] = 20,
    overrides: Overrides = None,
) -> None:
    """Requests, tokens, money and time by model and prompt; what failed; what is left of the budget."""
    workspace = Workspace(directory, overrides or ())
    with KnowledgeBase.open(workspace.knowledge) as base:
        ledger = Ledger(base)
        rows = [
            (
                line.model,
                line.kind,
                STATES[line.state],
                f"{line.requests:,}",
                f"{line.questions:,}",
                f"{line.input_tokens:,}",
                f"{line.output_tokens:,}",
                prices.show(line.money),
                f"{line.seconds:,.0f}",
                f"{line.first} – {line.last}",
            )
            for line in ledger.spending()
        ]
        columns = ("model", "kind", "end", "requests", "questions", "tokens in", "out", "money", "seconds", "when")
        show(columns, rows, f"{ledger.spent().calls:,} requests, {prices.show(ledger.spent().money)} spent")
        console.print(f"budget: {budget_line(workspace, ledger)}", markup=False, soft_wrap=True)
        for count, error in ledger.failures():
            console.print(f"{count:,} × {error}", markup=False, soft_wrap=True)
        aside = ledger.set_aside()
        if aside:
            show(("model", "question", "why"), aside[:limit], f"{len(aside):,} questions set aside")
            console.print(f"to ask them again: goeswith ledger retry {directory}", soft_wrap=True)


def budget_line(workspace: Workspace, ledger: Ledger) -> str:
    """What the settings allow and what is left of it."""
    llm, spent = workspace.settings.llm, ledger.spent()
    most = prices.limit(llm)
    if most is None:
        return "none is set (llm.budget), so nothing is asked"
    calls = "" if llm.call_budget is None else f", {max(llm.call_budget - spent.calls, 0):,} requests"
    return f"{prices.show(most)}, left {prices.show(max(most - spent.money, 0))}{calls}"


@app.command("export")
def export_(
    directory: Directory,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="A new folder for entities.parquet, relations.parquet.")],
) -> None:
    """Write all LLM answers as recorded answer files; llm.recorded = ["FOLDER/*.parquet"] replays them."""
    with KnowledgeBase.open(Workspace(directory).knowledge) as base:
        counts = export_answers(base, out)
    told = ", ".join(f"{count:,} answers on {name}" for name, count in counts.items())
    console.print(f"{told} -> {out}", soft_wrap=True)


@app.command()
def retry(directory: Directory) -> None:
    """Have the next build ask again what was set aside."""
    with KnowledgeBase.open(Workspace(directory).knowledge) as base:
        count = Ledger(base).retry()
    console.print(f"{count:,} questions will be asked again by the next build")
