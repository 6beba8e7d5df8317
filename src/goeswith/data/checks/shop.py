"""What every check is given and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from goeswith.data.readers import Source
from goeswith.engine import Engine
from goeswith.settings import Settings


class Level(StrEnum):
    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    check: str
    what: str
    consequence: str = ""
    """What it means for the user and what to do."""


@dataclass(frozen=True)
class ShopTables:
    """The tables that could be opened, and the settings they were opened with."""

    engine: Engine
    settings: Settings
    tables: dict[str, Source]

    def count(self, select: str) -> int:
        return int(self.engine.row(select)[0] or 0)


def share(part: int, whole: int) -> str:
    """A share as people read it: '12 of 400 (3.0 %)'."""
    return f"{part:,} of {whole:,} ({100 * part / max(whole, 1):.1f} %)"


def worst(part: int, whole: int, warn: float, fail: float) -> Level:
    """PASS below the share `warn`, FAIL from `fail` on."""
    ratio = part / max(whole, 1)
    return Level.FAIL if ratio >= fail else Level.WARN if ratio >= warn else Level.PASS
