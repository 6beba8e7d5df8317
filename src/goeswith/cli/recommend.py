"""goeswith recommend DIR: what goes with an item, a basket, what a user took, or a file of queries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import goeswith
from goeswith.cli.common import Directory, Out, Overrides, console, errors, show
from goeswith.data.writers import check_ending, write_table
from goeswith.errors import QueryError
from goeswith.recommend.recommender import Result
from goeswith.shop import as_table, read_queries


def command(
    directory: Directory,
    item: Annotated[str | None, typer.Option(metavar="ID", help="What goes with this item.")] = None,
    basket: Annotated[str | None, typer.Option(metavar="ID,ID", help="What completes this basket.")] = None,
    user: Annotated[str | None, typer.Option(metavar="ID", help="What this customer may want next.")] = None,
    queries: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Many at once: query_id and item_id, basket or user_id.")
    ] = None,
    k: Annotated[int | None, typer.Option("-k", min=1, help="Results a query; recommend.k if left out.")] = None,
    out: Out = None,
    overrides: Overrides = None,
) -> None:
    """Recommend, each result with its route and its reason."""
    given = [
        name
        for name, value in (("--item", item), ("--basket", basket), ("--user", user), ("--queries", queries))
        if value
    ]
    if len(given) != 1:
        raise QueryError("give one of --item, --basket, --user, --queries", found=", ".join(given) or "none")
    if out is not None:
        check_ending(out)
    shop = goeswith.open(directory, overrides or ())
    if queries is not None:
        if out is None:
            raise QueryError("--queries needs --out FILE")
        answers = shop.recommend_bulk(
            read_queries(queries), k, progress=lambda done, total: errors.print(f"{done:,}/{total:,}")
        )
        write_table(answers.table, out)
        console.print(
            f"{answers.queries:,} queries, {answers.table.num_rows:,} rows -> {out}; {answers.unknown_ids:,} unknown "
            f"ids ignored, {answers.fallbacks:,} queries of which nothing is known got popular items",
            soft_wrap=True,
        )
        return
    found = shop.recommend(item=item, basket=basket.split(",") if basket else None, user=user, k=k)
    if out is not None:
        write_table(as_table(found), out)
        return
    show_results(found)


def show_results(found: Sequence[Result]) -> None:
    """Print results with their reasons."""
    show(
        ("", "item", "title", "score", "route", "reason"),
        [(r.rank, r.item_id, r.title, f"{r.score:.3f}", r.route, r.reason) for r in found],
    )
