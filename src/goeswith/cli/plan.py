"""goeswith plan DIR: calls, tokens, money and time of the LLM work to come, as a forecast and as an upper bound."""

from __future__ import annotations

from typing import Annotated

import typer

from goeswith.cli.common import Directory, Overrides, console, errors, show
from goeswith.errors import SettingsError
from goeswith.knowledge import prices
from goeswith.knowledge.plan import Estimate
from goeswith.pipeline import plan
from goeswith.workspace import Workspace

NOUNS = {"entity": "titles", "relation": "pairs"}
COLUMNS = ("", "questions", "requests", "at most", "tokens in", "tokens out", "money", "at most", "minutes", "from")


def command(
    directory: Directory,
    sample: Annotated[
        int, typer.Option(metavar="N", min=0, help="Ask N real questions first, within the budget, and extrapolate.")
    ] = 0,
    overrides: Overrides = None,
) -> None:
    """Say what a build would ask and what that takes; asks nothing itself, unless --sample."""
    workspace = Workspace(directory, overrides or ())
    llm = workspace.settings.llm
    if llm.provider == "recorded":
        console.print('llm.provider is "recorded": a build asks nothing and costs nothing')
        return
    if sample and llm.budget is None:
        raise SettingsError("--sample asks real questions", found="no llm.budget", remedy="set llm.budget")
    with errors.status("…") as status:
        made = plan(workspace, sample, lambda stage, what: status.update(f"{stage}: {what}"))
    for asked in made.sampled:
        console.print(f"asked: {asked}", markup=False, soft_wrap=True)
    show(COLUMNS, [_row(estimate) for estimate in made.estimates], f"{llm.model} at {llm.base_url}, {llm.mode}")
    if not all(estimate.exact for estimate in made.estimates):
        console.print(
            "How many pairs there are is known once the titles are answered: the pairs' line is the most that the "
            "budgets in [pairs], or the rounds in [relations], allow.",
            markup=False,
            soft_wrap=True,
        )
    expected = sum(estimate.money for estimate in made.estimates)
    most = sum(estimate.money_bound for estimate in made.estimates)
    advice = _advice(llm.budget, made.spent.money, most)
    if not any(estimate.questions for estimate in made.estimates):
        advice = "nothing is left to ask"
    console.print(
        f"together {prices.show(expected)}, at most {prices.show(most)}; "
        f"spent so far {prices.show(made.spent.money)}; {advice}",
        markup=False,
        soft_wrap=True,
    )


def _row(estimate: Estimate) -> tuple[str, ...]:
    return (
        NOUNS[estimate.kind] + ("" if estimate.exact else ", at most"),
        f"{estimate.questions:,}",
        f"{estimate.calls:,}",
        f"{estimate.calls_bound:,}",
        f"{estimate.input_tokens:,}",
        f"{estimate.output_tokens:,}",
        prices.show(estimate.money),
        prices.show(estimate.money_bound),
        f"{estimate.seconds / 60:.1f}",
        f"{estimate.measured:,} answers" if estimate.measured else "rules of thumb",
    )


def _advice(budget: float | None, spent: int, most: int) -> str:
    needed = -(-(spent + most) * 100 // prices.UNIT) / 100
    if budget is None:
        return f"no llm.budget is set, so nothing will be asked: {needed:.2f} would do for certain"
    if budget < needed:
        return f"llm.budget is {budget:.2f}: a build stops there if it must, {needed:.2f} would do for certain"
    return f"llm.budget is {budget:.2f}: enough"
