"""goeswith rollback DIR: make the build before the live one live again."""

from __future__ import annotations

from goeswith.cli.common import Directory, console
from goeswith.workspace import Workspace


def command(directory: Directory) -> None:
    """Switch back to the previous build."""
    console.print(f"live: {Workspace(directory).rollback()}", soft_wrap=True)
