"""Several processes on one knowledge.sqlite: together they keep one budget, and any of them may be the first there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from self_destruct import together

from goeswith.knowledge import prices
from goeswith.knowledge.annotator import EntityQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.ledger import Ledger
from goeswith.knowledge.live import LiveAnnotator
from goeswith.settings import LLM
from llm_server import FakeLLM

Settings = Callable[..., LLM]
COLOURS = ("RED", "BLUE", "GREEN")
THINGS = ("MUG", "BOWL", "LAMP", "PEN", "VASE", "TRAY", "FORK", "KNIFE")


def titles(colour: str) -> list[EntityQuestion]:
    return [EntityQuestion(f"{colour} {thing}") for thing in THINGS]


def ask(path: Path, settings: LLM, colour: str, barrier: Any) -> None:
    """One process: all wait until everybody has opened the file, then ask at once."""
    with KnowledgeBase.open(path) as base:
        barrier.wait(30)
        LiveAnnotator(base, settings).ask(titles(colour))


def open_new(folder: Path, files: int, barrier: Any) -> None:
    """One process: open new files, each at the moment at which all others open it."""
    try:
        for number in range(files):
            barrier.wait(10)
            KnowledgeBase.open(folder / f"{number}.sqlite").close()
    except BaseException:
        barrier.abort()
        raise


def test_they_keep_one_budget_and_go_on_together_when_it_is_raised(
    tmp_path: Path, llm: FakeLLM, settings: Settings
) -> None:
    path = tmp_path / "knowledge.sqlite"
    KnowledgeBase.open(path).close()
    small, large = settings(questions=1, budget=0.006), settings(questions=1, budget=1.0)
    assert together([partial(ask, path, small, colour) for colour in COLOURS]) == [0, 0, 0]
    with KnowledgeBase.open(path) as base:
        some = len(llm.asked)
        assert 3 <= some < len(COLOURS) * len(THINGS)
        assert llm.bill == pytest.approx(Ledger(base).spent().money / prices.UNIT)
        assert llm.bill <= 0.006
    assert together([partial(ask, path, large, colour) for colour in COLOURS]) == [0, 0, 0]
    assert Counter(llm.asked) == Counter(q.title for colour in COLOURS for q in titles(colour))


def test_they_keep_one_call_budget(tmp_path: Path, llm: FakeLLM, settings: Settings) -> None:
    path = tmp_path / "knowledge.sqlite"
    KnowledgeBase.open(path).close()
    few = settings(questions=1, call_budget=7)
    assert together([partial(ask, path, few, colour) for colour in COLOURS]) == [0, 0, 0]
    assert len(llm.served) == 7


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    assert together([partial(open_new, tmp_path, 40)] * 4) == [0] * 4
    for number in range(40):
        with KnowledgeBase.open(tmp_path / f"{number}.sqlite") as base:
            assert Ledger(base).spent().calls == 0
