"""A picture of an entity's neighbourhood: what it goes with to the right, what does its job to the left.

Lines are the thicker the surer; their labels say what the neighbour is to the entity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from goeswith.graph.query import Edge, Graph
from goeswith.knowledge.relation import Coarse, Relation

COLOURS = {Coarse.COMPLEMENTARY: "#0b6e4f", Coarse.SUBSTITUTE: "#8a8f98"}
LABELS = {
    Relation.SUBSTITUTE: "same job",
    Relation.REFILLED_BY: "refill",
    Relation.REFILLS: "refilled",
    Relation.REQUIRES: "needed",
    Relation.ENHANCED_BY: "enhances it",
    Relation.ENHANCES: "enhanced",
    Relation.TOGETHER: "together",
}
PICTURES = (".png", ".svg")
WIDTH = 4.2
"""Inches from the middle to the ends."""


def draw(graph: Graph, term: str, path: Path, limit: int = 14) -> int:
    """Write a .png or .svg with the surest `limit` neighbours of each kind; returns how many are shown."""
    from matplotlib.figure import Figure

    sides = {coarse: graph.neighbours(term, coarse)[:limit] for coarse in COLOURS}
    rows = max(len(found) for found in sides.values()) or 1
    height = 0.42 * rows + 1.2
    figure = Figure(figsize=(2 * WIDTH + 3.2, height), dpi=120)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-WIDTH - 1.6, WIDTH + 1.6), ylim=(-height / 2, height / 2))
    axes.axis("off")
    for coarse, found in sides.items():
        _side(axes, found, coarse, 1 if coarse is Coarse.COMPLEMENTARY else -1)
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "#222", "linewidth": 1.5}
    axes.text(0, 0, term, ha="center", va="center", fontsize=13, weight="bold", bbox=box, parse_math=False, zorder=3)
    figure.savefig(path, metadata={"Software": None} if path.suffix == ".png" else {"Date": None})
    return sum(len(found) for found in sides.values())


def _side(axes, edges: Sequence[Edge], coarse: Coarse, sign: int) -> None:  # type: ignore[no-untyped-def]
    """Neighbours of one kind on an arc, the surest in the middle."""
    order = sorted(range(len(edges)), key=lambda rank: (rank + 1) // 2 * (1 if rank % 2 else -1))
    for place, rank in enumerate(order):
        edge = edges[rank]
        y = 0.42 * ((len(edges) - 1) / 2 - place)
        bend = math.cos(y / max(0.42 * len(edges), 1.0))
        x = sign * WIDTH * (0.55 + 0.3 * bend)
        axes.plot([0, x], [0, y], color=COLOURS[coarse], linewidth=0.4 + 2.4 * edge.probability, alpha=0.55, zorder=1)
        ha = "left" if sign > 0 else "right"
        axes.text(x + sign * 0.08, y, edge.other, ha=ha, va="center", fontsize=10, parse_math=False)
        axes.text(
            0.72 * x, 0.72 * y, LABELS.get(edge.relation, ""), ha="center", va="center", fontsize=7,
            color=COLOURS[coarse], parse_math=False, zorder=2,
            bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"},
        )  # fmt: skip
