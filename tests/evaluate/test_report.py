from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from goeswith.evaluate.completion import OURS
from goeswith.evaluate.report import render
from goeswith.evaluate.tables import Block
from goeswith.measure.intervals import Interval
from goeswith.recommend.recommender import Result

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@pytest.fixture(scope="module")
def report(shop) -> str:
    return (shop.build / "report.html").read_text(encoding="utf-8")


def test_the_report_stands_alone(report):
    page = Page(report)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    sources = [value for name, value in page.attributes if name in ("src", "href", "srcset", "action")]
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"https?://|@import|url\(", report)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_the_report_tells_baselines_beside_every_figure(report):
    for name in ("goeswith", "popularity", "cosine", "lift", "text"):
        assert f"<td>{name}</td>" in report
    assert "÷ cosine" in report


def test_the_report_shows_examples_with_reasons(report):
    assert "RED SPOT TEAPOT" in report
    assert "both serve tea" in report


@pytest.mark.parametrize("place", ["title", "entity", "result", "reason", "note", "fact", "cell"])
def test_what_comes_from_the_shop_is_escaped(place):
    def text(here: str) -> str:
        return HOSTILE if here == place else here

    result = Result(1, "1", text("result"), 0.5, "meaning", text("reason"))
    hits = {OURS: Interval(0.5, 0.4, 0.6)}
    blocks = [Block("all", ["system", "hit@20"], [[OURS, text("cell")]], hits)]
    examples = [{"title": text("title"), "entity": text("entity"), "results": [result]}]
    page = render(blocks, {"items": text("fact")}, examples, [text("note")])
    assert "script" not in Page(page).tags
    assert Page(page).tags.count("img") == 1
    assert "&lt;script&gt;" in page


def test_metrics_have_the_shape_that_readers_rely_on(shop):
    metrics = json.loads((shop.build / "metrics.json").read_text())
    assert set(metrics) == {"blocks", "notes"}
    assert metrics["blocks"]
    for block in metrics["blocks"]:
        assert set(block) == {"title", "columns", "rows", "hits"}
        assert all(len(row) == len(block["columns"]) for row in block["rows"])
    measured = [block for block in metrics["blocks"] if block["hits"]]
    assert all(set(b["hits"]) == {OURS, "popularity", "cosine", "lift", "text"} for b in measured)
    assert all(low <= value <= high for b in measured for value, low, high in b["hits"].values())
