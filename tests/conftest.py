"""What all tests share: a small engine, files made of rows, the public data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goeswith.engine import Engine
from goeswith.settings import Build

hypothesis.settings.register_profile("goeswith", deadline=None, max_examples=40)
hypothesis.settings.load_profile("goeswith")

Rows = list[dict[str, Any]]


@pytest.fixture
def shared() -> Path:
    """The public data sets beside the repository."""
    folder = (Path(__file__).parents[1] / "../shared/data").resolve()
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not at {folder}")
    return folder


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(Build(threads=1, memory="256MB")) as engine:
        yield engine


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[str, Rows], Path]:
    """Write rows to a Parquet file in tmp_path."""

    def write(name: str, rows: Rows) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path

    return write
