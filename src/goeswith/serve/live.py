"""The build that requests are answered from, and the swap to a newer one.

live = Live(Path("shop"))
shop = live.shop()          # once a request: it keeps this shop to its end, whatever goes live meanwhile
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock, Thread
from time import monotonic

import goeswith
from goeswith.errors import GoeswithError
from goeswith.shop import Shop
from goeswith.workspace import Workspace

log = logging.getLogger(__name__)
EVERY = 1.0
"""Seconds between two looks at where `current` points."""


class Live:
    """Holds the opened shop. Raises WorkspaceError at once where there is no build that can recommend."""

    def __init__(self, directory: Path, overrides: Sequence[str] = ()) -> None:
        self._directory, self._overrides = directory, tuple(overrides)
        self._workspace = Workspace(directory, overrides)
        self._shop = self._open()
        self._refused: Path | None = None
        self._lock, self._looking, self._next = Lock(), Thread(), monotonic() + EVERY

    def shop(self) -> Shop:
        """The shop to answer from; a newer build is opened beside it, so that no request waits for that."""
        with self._lock:
            if monotonic() >= self._next and not self._looking.is_alive():
                self._next = monotonic() + EVERY
                self._looking = Thread(target=self._look, daemon=True)
                self._looking.start()
        return self._shop

    def _look(self) -> None:
        """Swap if another build is live and can be opened; one that cannot is not tried again until `current` moves."""
        build = self._workspace.live()
        if build == self._shop.build:
            self._refused = None
        if build in (None, self._shop.build, self._refused):
            return
        try:
            self._shop = self._open()
        except Exception as error:  # whatever is wrong with the new build, the old one serves on
            self._refused = build
            what = error.what if isinstance(error, GoeswithError) else type(error).__name__
            log.warning("build %s cannot be opened, serving %s on: %s", build, self._shop.build.name, what)

    def _open(self) -> Shop:
        """The live build with the settings of today, loaded whole: nothing is read from its folder afterwards."""
        shop = goeswith.open(self._directory, self._overrides)
        _ = shop.recommender, shop.graph, shop.entities
        return shop
