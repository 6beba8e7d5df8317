"""What the commands share: arguments, the console and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace: a folder with goeswith.toml.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write to a .parquet, .csv, .tsv or .jsonl file.")
]


def show(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table; cells are data, never markup."""
    table = Table(*columns, title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if not console.is_terminal:
        console.width = max(console.width, 160)
    console.print(table)
