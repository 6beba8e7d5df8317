"""A live LLM for the commands: one server a module, wiped before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import live_shop
from llm_server import FakeLLM


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLLM]:
    with FakeLLM() as server:
        yield server


@pytest.fixture
def llm(server: FakeLLM) -> FakeLLM:
    """A server that tells the truth and has served nobody yet."""
    server.plan, server.fate, server.served, server.answer = [], "ok", [], live_shop.truth
    server.looks, server.batches, server.files = 0, {}, {}
    return server


@pytest.fixture
def live(llm: FakeLLM, tmp_path: Path) -> Path:
    """The tiny shop with a live LLM and no answers, unbuilt."""
    return live_shop.write(tmp_path / "live", llm.url)
