"""The documentation says what the code does: settings, links and, in tests/cli, the commands of the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from goeswith.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def keys() -> list[tuple[str, str, object]]:
    return [(section, key, value) for section, model in Settings() for key, value in model]


@pytest.mark.parametrize(("section", "key", "default"), keys())
def test_every_setting_is_documented_with_its_default(section: str, key: str, default: object) -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    table = text.split(f"## [{section}]")[1].split("\n## ")[0]
    row = next(line for line in table.splitlines() if line.startswith(f"| {key} |"))
    shown = {True: "true", False: "false"}[default] if isinstance(default, bool) else default
    assert default is None or str(shown) in row


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
