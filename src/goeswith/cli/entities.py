"""goeswith entities show|list|search DIR: the Entity Dict of the live build."""

from __future__ import annotations

from typing import Annotated

import typer

import goeswith
from goeswith.cli.common import Directory, console, show

app = typer.Typer(help="The Entity Dict: which product concepts the shop has.", no_args_is_help=True)
Limit = Annotated[int, typer.Option("-n", min=1, help="Rows to print.")]


@app.command("list")
def list_(
    directory: Directory,
    limit: Limit = 50,
    unresolved: Annotated[bool, typer.Option(help="List the titles that have no entity instead.")] = False,
) -> None:
    """Entities by popularity, or the unresolved titles."""
    entities = goeswith.open(directory).entities
    if unresolved:
        rows = entities.unresolved()
        show(("item", "title", "best guess", "probability"), rows[:limit], f"{len(rows):,} unresolved titles")
    else:
        ranked = entities.ranked()
        show(
            ("entity", "items", "baskets", "aliases"),
            [(e.term, e.items, e.baskets, ", ".join(e.aliases)) for e in ranked[:limit]],
            f"{len(ranked):,} entities",
        )


@app.command("show")
def show_(directory: Directory, term: str, limit: Limit = 20) -> None:
    """One entity: its aliases, its items and how they were linked."""
    entities = goeswith.open(directory).entities
    entity = entities.get(term)
    console.print(f"{entity.term}: {entity.items:,} items, in {entity.baskets:,} baskets", markup=False)
    if entity.aliases:
        console.print(f"also: {', '.join(entity.aliases)}", markup=False)
    show(("item", "title", "probability", "method"), entities.items_of(entity.term)[:limit])


@app.command()
def search(directory: Directory, text: str, limit: Limit = 10) -> None:
    """Entities whose term is near a text, by words and by meaning."""
    shop = goeswith.open(directory)
    show(("entity", "similarity", "items", "baskets"), shop.search_entities(text, limit))
