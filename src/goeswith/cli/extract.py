"""goeswith extract DIR --titles F --out F: the entity of any title, also of one never seen; no LLM call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import goeswith
from goeswith.cli.common import Directory, Overrides, console
from goeswith.data.writers import check_ending, write_table
from goeswith.shop import read_titles


def command(
    directory: Directory,
    titles: Annotated[Path, typer.Option(metavar="FILE", help="A table with item_id, title.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="item_id, entity, probability, method.")],
    overrides: Overrides = None,
) -> None:
    """Link titles to the Entity Dict of the live build."""
    check_ending(out)
    shop = goeswith.open(directory, overrides or ())
    table = shop.extract_table(read_titles(titles))
    write_table(table, out)
    unresolved = table["entity"].null_count
    console.print(f"{table.num_rows:,} titles, {unresolved:,} unresolved -> {out}", soft_wrap=True)
