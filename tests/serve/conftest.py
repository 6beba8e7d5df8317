"""A real server in a thread, and questions to it over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from goeswith.serve.api import create_app
from goeswith.serve.server import address_of, listen, server_of


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Any


@dataclass(frozen=True)
class Served:
    app: Any
    address: str

    def get(self, path: str, **headers: str) -> Answer:
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return Answer(reply.status, json.load(reply), reply.headers)
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.load(error), error.headers)


@contextmanager
def running(folder: Path, key: str | None, overrides: tuple[str, ...]) -> Iterator[Served]:
    app = create_app(folder, key, overrides)
    with listen("127.0.0.1", 0) as listening:
        server = server_of(app)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Served(app, address_of(listening))
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture(scope="session")
def served(tiny: Path) -> Iterator[Served]:
    """The tiny shop without a key."""
    with running(tiny, None, ()) as server:
        yield server


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """A server of a test's own: serve(folder, key="…")."""
    with ExitStack() as stack:
        yield lambda folder, key=None, overrides=(): stack.enter_context(running(folder, key, overrides))


@pytest.fixture
def wait() -> Callable[[Callable[[], object]], None]:
    """Wait until something is true; fails after 30 s."""

    def wait(true: Callable[[], object]) -> None:
        end = monotonic() + 30
        while not true():
            assert monotonic() < end, "it never came true"
            sleep(0.02)

    return wait
