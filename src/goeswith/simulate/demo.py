"""The bundled shop as a workspace that `goeswith build` builds: data, settings and recorded answers of a real LLM.

The answers (answers/*.csv, each row names the LLM) were given to the prompts of knowledge/prompts.py alone: titles and
categories of four in five products, then the term pairs that the pairs stage proposed. They disagree with the
simulation's truth in places, as an LLM's knowledge disagrees with life.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from goeswith.errors import WorkspaceError
from goeswith.settings import FILE
from goeswith.simulate.config import Config
from goeswith.simulate.shop import simulate

_PACKAGE = importlib.resources.files("goeswith.simulate")


def write_demo(folder: Path, config: Config | None = None) -> bool:
    """Make the workspace; False where it stands already. goeswith.toml comes last: without it nothing was finished.

    Raises WorkspaceError where the folder holds somebody else's workspace.
    """
    settings = _PACKAGE.joinpath("demo.toml").read_text(encoding="utf-8")
    path = folder / FILE
    if path.is_file():
        if path.read_text(encoding="utf-8") != settings:
            raise WorkspaceError(
                "there is another workspace", where=str(path), remedy="name a new folder: goeswith demo FOLDER"
            )
        return False
    answers = folder / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    for file in _PACKAGE.joinpath("answers").iterdir():
        (answers / file.name).write_bytes(file.read_bytes())
    simulate(config).write(folder)
    path.write_text(settings, encoding="utf-8")
    return True
