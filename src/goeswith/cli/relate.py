"""goeswith relate DIR --pairs F --out F: how any two titles relate, also of pairs never seen; no LLM call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import goeswith
from goeswith.cli.common import Directory, Overrides, console
from goeswith.data.writers import check_ending, write_table
from goeswith.shop import read_pairs


def command(
    directory: Directory,
    pairs: Annotated[
        Path, typer.Option(metavar="FILE", help="A table with pair_id, title_a, title_b (or item_a, item_b).")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="pair_id, relation, coarse, p1 … p9, p_substitute, …")],
    overrides: Overrides = None,
) -> None:
    """Tell how two things relate: nine probabilities and a coarse decision."""
    check_ending(out)
    shop = goeswith.open(directory, overrides or ())
    table, left_out = shop.relate_table(read_pairs(pairs))
    write_table(table, out)
    unknown = f", {left_out:,} left out (items that are not in the catalogue)" if left_out else ""
    console.print(f"{table.num_rows:,} pairs{unknown} -> {out}", soft_wrap=True)
