"""The house rule: a stage imports only what stands above it; artifacts cannot run code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import goeswith

SOURCE = Path(goeswith.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
HOUSE = [
    "errors",
    "settings",
    "workspace",
    "engine",
    "text",
    "knowledge",
    "measure",
    "data",
    "entities",
    "pairs",
    "annotate",
    "relations",
    "graph",
    "eei",
    "recommend",
    "evaluate",
    "simulate",
]
FREE = {"__init__", "pipeline", "shop", "serve", "cli", "__main__"}
RUNS_CODE = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "pd.read_pickle"}


def room(path: Path) -> str:
    """The folder of the house, or the module beside them."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(tree: ast.AST, package: str) -> set[str]:
    """Full names of everything a module imports, relative imports resolved."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def above(path: Path) -> set[str]:
    return set(HOUSE[: HOUSE.index(room(path)) + 1])


def imports_of(path: Path) -> set[str]:
    package = ".".join(("goeswith", *path.relative_to(SOURCE).parent.parts))
    return imported(ast.parse(path.read_text(encoding="utf-8")), package)


def rooms_used(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("goeswith.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_stage_imports_only_what_stands_above_it(path):
    assert room(path) in {*HOUSE, *FREE}, "a new folder needs its place in the house"
    if room(path) not in FREE:
        assert rooms_used(imports_of(path)) <= above(path)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_loads_what_can_run_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = imports_of(path)
    assert not {name.split(".")[0] for name in names} & RUNS_CODE
    assert not (calls | names) & CALLS


@pytest.mark.parametrize("line", ["import goeswith.graph", "from goeswith import graph", "from ..graph import build"])
def test_the_rule_sees_every_way_to_import(line):
    assert "graph" in rooms_used(imported(ast.parse(line), "goeswith.data"))


def test_only_knowledge_opens_the_answers():
    users = {room(path) for path in MODULES if "sqlite3" in imports_of(path)}
    assert "knowledge" in users
    assert users <= {"knowledge", "serve"}  # serve has live.sqlite
