"""A workspace's ledger and a real LLM server that misbehaves on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from goeswith.knowledge.base import KnowledgeBase
from goeswith.settings import LLM, Price
from llm_server import INPUT_PRICE, OUTPUT_PRICE, FakeLLM


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    with FakeLLM() as server:
        yield server


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(tmp_path / "knowledge.sqlite") as base:
        yield base


@pytest.fixture
def settings(llm: FakeLLM) -> Callable[..., LLM]:
    """Settings for the server: small requests, quick retries, a budget; every key can be given."""

    def make(**more: object) -> LLM:
        given: dict[str, object] = {
            "provider": "openai",
            "base_url": llm.url,
            "model": "fake-1",
            "api_key_env": "FAKE_LLM_KEY",
            "budget": 1.0,
            "prices": {"fake-1": Price(input=INPUT_PRICE, output=OUTPUT_PRICE)},
            "questions": 4,
            "concurrency": 2,
            "timeout": 1.0,
            "backoff": 0.01,
            "poll": 0.01,
        }
        return LLM.model_validate(given | more)

    return make
