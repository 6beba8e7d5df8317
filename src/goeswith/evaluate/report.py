"""report.html: one file, readable offline: tables, plots as embedded pictures, examples with reasons."""

from __future__ import annotations

import base64
import io
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure

from goeswith.evaluate.completion import OURS
from goeswith.evaluate.tables import Block

ACCENT, OTHER = "#0b6e4f", "#b8c4bb"


def render(blocks: list[Block], facts: dict[str, Any], examples: list[dict[str, Any]], notes: list[str]) -> str:
    """The report as HTML. Everything that comes from the shop is escaped."""
    plots = {block.title: _plot(block) for block in blocks if block.hits}
    return page("report.html", blocks=blocks, plots=plots, facts=facts, examples=examples, notes=notes)


def page(template: str, **values: Any) -> str:
    """One of our templates, filled; every value is escaped."""
    environment = Environment(
        loader=PackageLoader("goeswith.evaluate", "."),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def embedded(figure: Figure) -> str:
    """A picture as a PNG data URL, the same bytes for the same picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _plot(block: Block) -> str:
    """Bars of hit@k with their intervals, as a PNG data URL."""
    names = sorted(block.hits, key=lambda name: block.hits[name].value)
    figure = Figure(figsize=(6.4, 0.42 * len(names) + 0.8), dpi=110, layout="constrained")
    axes = figure.subplots()
    values = [block.hits[name].value for name in names]
    errors = [
        [block.hits[n].value - block.hits[n].low for n in names],
        [block.hits[n].high - block.hits[n].value for n in names],
    ]
    axes.barh(
        names,
        values,
        xerr=errors,
        color=[ACCENT if name == OURS else OTHER for name in names],
        error_kw={"ecolor": "#444", "elinewidth": 1, "capsize": 2},
        height=0.62,
    )
    axes.set_xlabel(block.columns[1])
    axes.spines[["top", "right"]].set_visible(False)
    return embedded(figure)
