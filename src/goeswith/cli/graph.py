"""goeswith graph show|export|import|diff DIR: the complementary knowledge graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import goeswith
from goeswith.cli.common import Directory, console, show
from goeswith.data.writers import check_ending
from goeswith.errors import QueryError
from goeswith.graph.diff import diff
from goeswith.graph.exchange import export, load_curated
from goeswith.graph.phrases import phrase
from goeswith.graph.picture import PICTURES, draw
from goeswith.graph.query import Edge
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.relation import Coarse
from goeswith.workspace import Workspace

app = typer.Typer(help="The complementary knowledge graph: what goes with what, and who says so.", no_args_is_help=True)


@app.command("show")
def show_(
    directory: Directory,
    term: str,
    limit: Annotated[int, typer.Option("-n", min=1, help="Edges to print of each kind.")] = 20,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it to a .png or .svg file.")] = None,
) -> None:
    """The neighbourhood of an entity: complements and substitutes with their reasons."""
    if picture is not None:
        check_ending(picture, only=PICTURES)
    shop = goeswith.open(directory)
    entity = shop.entities.get(term)
    if picture is not None:
        draw(shop.graph, entity.term, picture)
    for coarse in (Coarse.COMPLEMENTARY, Coarse.SUBSTITUTE):
        found = shop.graph.neighbours(entity.term, coarse)
        columns = ("entity", "why", "probability", "who", "when", "customers")
        show(columns, [_row(edge) for edge in found[:limit]], f"{entity.term}: {len(found)} {coarse}")


def _row(edge: Edge) -> tuple[object, ...]:
    why = phrase(edge.relation, edge.term, edge.other) + (f": {edge.reason}" if edge.reason else "")
    votes = f" × {edge.votes}" if edge.votes > 1 else ""
    return edge.other, why, f"{edge.probability:.2f}", edge.who + votes, edge.asked_at or edge.prompt, edge.customers


@app.command("export")
def export_(
    directory: Directory, out: Annotated[Path, typer.Option(metavar="FILE", help=".parquet, .csv or .graphml")]
) -> None:
    """Write the edges to a file."""
    check_ending(out, also=(".graphml",))
    console.print(f"{export(Workspace(directory).current(), out):,} edges -> {out}", soft_wrap=True)


@app.command("import")
def import_(directory: Directory, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Put a curated graph on record; its edges outrank all others from the next build on."""
    workspace = Workspace(directory)
    with KnowledgeBase.open(workspace.knowledge) as base:
        edges = load_curated(base, file)
    console.print(f"{edges:,} curated edges on record; run: goeswith build {directory}", soft_wrap=True)


@app.command("diff")
def diff_(
    directory: Directory,
    before: Annotated[str | None, typer.Argument(help="A build; the one before the live one if left out.")] = None,
    after: Annotated[str | None, typer.Argument(help="A build; the live one if left out.")] = None,
) -> None:
    """What changed between two builds."""
    workspace = Workspace(directory)
    builds = {path.name: path for path in workspace.finished()}
    live = workspace.current()
    new = _build(builds, after) if after else live
    earlier = [path for path in builds.values() if path.name < new.name]
    if before is None and not earlier:
        raise QueryError("no earlier build to compare with", found=", ".join(builds))
    found = diff(_build(builds, before) if before else earlier[-1], new)
    console.print(
        f"entities: +{len(found.entities_added)} −{len(found.entities_removed)}; edges: +{len(found.edges_added)} "
        f"−{len(found.edges_removed)} changed {len(found.edges_changed)}"
    )
    rows = [("+", e.term, e.other, e.relation.name.lower(), f"{e.probability:.2f}") for e in found.edges_added]
    rows += [("−", e.term, e.other, e.relation.name.lower(), f"{e.probability:.2f}") for e in found.edges_removed]
    rows += [
        (
            "~",
            old.term,
            old.other,
            f"{old.relation.name.lower()} -> {new.relation.name.lower()}",
            f"{old.probability:.2f} -> {new.probability:.2f}",
        )
        for old, new in found.edges_changed
    ]
    if rows:
        show(("", "a", "b", "relation", "probability"), rows[:200])


def _build(builds: dict[str, Path], name: str) -> Path:
    if name not in builds:
        raise QueryError("no such build", found=name, remedy=f"builds: {', '.join(builds)}")
    return builds[name]
