"""goeswith demo [DIR]: a small shop, built and recommended from; no key, network or GPU."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

import goeswith
from goeswith.cli.common import console, errors, show
from goeswith.cli.recommend import show_results
from goeswith.graph.picture import draw
from goeswith.pipeline import build
from goeswith.shop import Shop
from goeswith.simulate.demo import write_demo
from goeswith.workspace import Workspace

ITEM = "G10085"
BASKET = ("G10243", "G12375")
USER = "C00376"
TERM = "masking tape"
PICTURE = "neighbourhood.png"
RESULTS = 6


def command(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder to make.")] = Path("demo"),
) -> None:
    """Simulate a shop, build it, recommend from it, and say where everything lies; run again, it goes on."""
    started = time.perf_counter()
    with errors.status("simulating a year of a general store …") as status:
        write_demo(directory)
        build(Workspace(directory), report=lambda stage, what: status.update(f"{stage}: {what}"))
    shop = goeswith.open(directory)
    console.print(f"A general store, built in {time.perf_counter() - started:.0f} s: {_size(shop)}", soft_wrap=True)
    for told, query in (("item", {"item": ITEM}), ("basket", {"basket": BASKET}), ("user", {"user": USER})):
        _recommend(shop, directory, told, query)
    _quality(shop)
    draw(shop.graph, TERM, directory / PICTURE)
    program = "goeswith" if shutil.which("goeswith") else sys.argv[0]
    for what, where in (
        (f"what goes with {TERM}, as a picture", directory / PICTURE),
        ("quality against baselines, with intervals", directory / "current" / "report.html"),
        ("over HTTP", f"{program} serve {directory}"),
        ("the graph", f'{program} graph show {directory} "{TERM}"'),
        ("your own shop", f"{program} init myshop --items items.csv --purchases bills.csv"),
    ):
        console.print(f"{what + ':':<44}{where}", markup=False, soft_wrap=True)


def _size(shop: Shop) -> str:
    manifest = json.loads((shop.build / "manifest.json").read_text())
    told: dict[str, dict[str, Any]] = {stage["stage"]: stage["report"] for stage in manifest["stages"]}
    data, entities, edges = told["data"], told["entities"]["entities"], told["graph"]["by_relation"]["complementary"]
    return (
        f"{data['items']:,} items, {data['baskets']:,} bills of {data['users']:,} customers; "
        f"{entities:,} entities, {edges:,} complementary edges"
    )


def _recommend(shop: Shop, directory: Path, told: str, query: dict[str, Any]) -> None:
    """Results with reasons, under the command that gives them."""
    given = next(iter(query.values()))
    ids = (given,) if isinstance(given, str) else given
    titles = [shop.recommender.title(item) for item in ids] if told != "user" else []
    console.print(f"\n$ goeswith recommend {directory} --{told} {','.join(ids)} -k {RESULTS}", markup=False)
    for title in titles:
        console.print(f"  {title}", style="bold", markup=False)
    show_results(shop.recommend(**query, k=RESULTS))


def _quality(shop: Shop) -> None:
    """The tables of the report that compare with baselines."""
    measured = json.loads((shop.build / "metrics.json").read_text())
    for block in measured["blocks"][:2]:
        show(block["columns"], block["rows"], block["title"])
