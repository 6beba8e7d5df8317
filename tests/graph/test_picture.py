"""The picture of a neighbourhood: written as asked for, and no name in it is anything but text."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from goeswith.graph.picture import LABELS, draw
from goeswith.graph.query import Graph
from goeswith.knowledge.relation import Relation

ODD = ["$5 note", "$x^2$", "50% {off}", "<b>mug</b>", "a & b", "tea_cup", "\\frac{1}{2}", "-- cup -->", "茶杯"]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """What a picture shows, read from an SVG whose letters are not yet outlines."""
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")

    def texts(graph: Graph, term: str, **more: int) -> list[str]:
        draw(graph, term, tmp_path / "shown.svg", **more)
        tree = ElementTree.parse(tmp_path / "shown.svg")
        return ["".join(node.itertext()) for node in tree.iter("{http://www.w3.org/2000/svg}text")]

    return texts


def size(path: Path) -> tuple[int, ...]:
    """Width and height of a PNG."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])


def test_a_png_is_written(graph, tmp_path):
    assert draw(graph, "cup", tmp_path / "cup.png") == 2
    width, height = size(tmp_path / "cup.png")
    assert width > 1000
    assert height > 100


def test_an_svg_is_written(graph, tmp_path):
    assert draw(graph, "cup", tmp_path / "cup.svg") == 2
    assert ElementTree.parse(tmp_path / "cup.svg").getroot().tag.endswith("svg")


def test_it_shows_complements_and_substitutes_and_says_what_they_are(graph, texts):
    shown = texts(graph, "cup")
    assert sorted(shown) == sorted(["cup", "saucer", "together", "oil lamp", "same job"])


def test_a_relation_is_named_as_seen_from_the_middle(graph, texts):
    assert "refilled" in texts(graph, "lamp oil")
    assert "refill" in texts(graph, "oil lamp")


def test_an_entity_without_neighbours_stands_alone(graph, texts, tmp_path):
    assert draw(graph, "spaceship", tmp_path / "alone.png") == 0
    assert size(tmp_path / "alone.png")
    assert texts(graph, "spaceship") == ["spaceship"]


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_names_are_text_never_formulas_or_markup(make, said, texts, tmp_path, suffix):
    middle, *others = sorted(ODD)
    odd = Graph.load(make(*(said(middle, other, "together", confidence=5) for other in others), terms=sorted(ODD)))
    assert draw(odd, middle, tmp_path / f"odd{suffix}") == len(others)
    assert sorted(text for text in texts(odd, middle) if text != "together") == sorted(ODD)


def test_only_the_surest_are_shown_when_there_are_many(make, said, texts):
    terms = ["cup", *(f"thing {number:02}" for number in range(30))]
    many = Graph.load(
        make(*(said("cup", t, "together", confidence=1 + n % 5) for n, t in enumerate(terms[1:])), terms=terms)
    )
    shown = {text for text in texts(many, "cup", limit=6) if text.startswith("thing")}
    assert shown == {f"thing {number:02}" for number in range(4, 30, 5)}


def test_the_surest_stands_in_the_middle(make, said, tmp_path, texts):
    terms = ["cup", "five", "four", "three", "two", "one"]
    answers = [said("cup", term, "together", confidence=5 - n) for n, term in enumerate(terms[1:])]
    graph = Graph.load(make(*sorted(answers, key=lambda row: row["b"]), terms=terms))
    order = [text for text in texts(graph, "cup") if text in terms[1:]]
    assert order[len(order) // 2] == "five"


@pytest.mark.parametrize("relation", [r for r in Relation if r.coarse != "unrelated"])
def test_every_relation_that_is_drawn_has_a_label(relation):
    assert LABELS[relation]


def test_nothing_tells_when_it_was_drawn(graph, tmp_path):
    draw(graph, "cup", tmp_path / "cup.svg")
    draw(graph, "cup", tmp_path / "cup.png")
    assert b"<dc:date>" not in (tmp_path / "cup.svg").read_bytes()
    assert b"Software" not in (tmp_path / "cup.png").read_bytes()


def test_a_suffix_in_capitals_is_the_same_suffix(graph, tmp_path):
    draw(graph, "cup", tmp_path / "cup.PNG")
    assert size(tmp_path / "cup.PNG")
