"""What all tests share: a small engine, files made of rows, a tiny shop built once, the commands, the public data."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import goeswith
import tiny_shop
from goeswith.cli import main
from goeswith.engine import Engine
from goeswith.pipeline import build
from goeswith.recommend.recommender import Recommender, load_ranker
from goeswith.settings import Build
from goeswith.text.encoders import Words
from goeswith.text.store import VectorStore
from goeswith.workspace import Workspace

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


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny shop, built; it is shared, so nothing in it may be changed."""
    folder = tiny_shop.write(tmp_path_factory.mktemp("shops") / "tiny")
    build(Workspace(folder))
    return folder


@pytest.fixture
def tiny_copy(tiny: Path, tmp_path: Path) -> Path:
    """The built tiny shop for a test of its own to change."""
    return Path(shutil.copytree(tiny, tmp_path / "tiny", symlinks=True))


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """The tiny shop as it is before its first build."""
    return tiny_shop.write(tmp_path / "unbuilt")


@pytest.fixture(scope="session")
def shop(tiny: Path) -> goeswith.Shop:
    return goeswith.open(tiny)


@pytest.fixture(scope="session")
def recommender(shop: goeswith.Shop) -> Recommender:
    return Recommender.load(shop.build, shop.settings, shop.vectors)


@pytest.fixture(scope="session")
def ranker(shop: goeswith.Shop) -> Any:
    """The fine ranker of the tiny shop."""
    return load_ranker(shop.build)


@pytest.fixture
def store() -> VectorStore:
    """Vectors of spelling alone, made when they are asked for."""
    return VectorStore(Words())


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command line in this process: run("build", folder, "--until", "graph")."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["goeswith", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run
