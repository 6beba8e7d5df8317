from __future__ import annotations

from pathlib import Path

import pytest

import tiny_shop
from goeswith.pipeline import build
from goeswith.settings import load
from goeswith.workspace import Workspace


@pytest.fixture
def files(unbuilt: Path) -> Path:
    """The tiny shop's files alone."""
    (unbuilt / "goeswith.toml").unlink()
    return unbuilt


def test_columns_are_guessed_and_told(run, files, tmp_path):
    made = tmp_path / "made"
    ran = run(
        "init", made, "--items", files / "items.csv", "--purchases", files / "purchases.parquet",
        "--recorded", files / "answers/*.parquet",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert "items: item_id = sku, title = name, price, available, parent_id" in ran.out
    settings = load(made)
    assert settings.data.columns == {"items": {"item_id": "sku", "title": "name"}}
    assert settings.llm.recorded == ["../unbuilt/answers/*.parquet"]


def test_what_init_wrote_can_be_built(run, files, tmp_path):
    made = tmp_path / "made"
    run("init", made, "--items", files / "items.csv", "--recorded", files / "answers/*.parquet")
    result = build(Workspace(made, ["text.encoder=words"]), "graph")
    assert result.stages[0].report["items"] == len(tiny_shop.ITEMS)


def test_a_workspace_is_not_overwritten(run, files):
    (files / "goeswith.toml").write_text("# mine\n")
    ran = run("init", files, "--items", files / "items.csv")
    assert ran.code == 2
    assert "there is a workspace already" in ran.err
    assert (files / "goeswith.toml").read_text() == "# mine\n"


def test_a_column_that_cannot_be_guessed_is_asked_for(run, tmp_path):
    (tmp_path / "items.csv").write_text("nummer,bezeichnung\n1,Tasse\n")
    ran = run("init", tmp_path / "made", "--items", tmp_path / "items.csv")
    assert ran.code == 2
    assert "which column is item_id?" in ran.err
    assert "found nummer, bezeichnung" in ran.err
    assert "--column items.item_id=YOUR_COLUMN" in ran.err
    assert not (tmp_path / "made").exists()


def test_a_named_column_is_used(run, tmp_path):
    (tmp_path / "items.csv").write_text("nummer,bezeichnung\n1,Tasse\n")
    ran = run(
        "init", tmp_path / "made", "--items", tmp_path / "items.csv",
        "--column", "items.item_id=nummer", "--column", "items.title=bezeichnung",
    )  # fmt: skip
    assert ran.code == 0
    assert load(tmp_path / "made").data.columns["items"] == {"item_id": "nummer", "title": "bezeichnung"}


def test_quotes_in_a_column_name_survive(run, tmp_path):
    (tmp_path / "items.csv").write_text('id,"the ""real"" name"\n1,Cup\n')
    ran = run("init", tmp_path / "made", "--items", tmp_path / "items.csv", "--column", 'items.title=the "real" name')
    assert ran.code == 0
    assert load(tmp_path / "made").data.columns["items"]["title"] == 'the "real" name'


@pytest.mark.parametrize("column", ["items.title=nope", "items.tilte=name", "itmes.title=name", "title"])
def test_a_column_that_is_none_is_refused(run, tmp_path, column):
    (tmp_path / "items.csv").write_text("id,name\n1,Cup\n")
    ran = run("init", tmp_path / "made", "--items", tmp_path / "items.csv", "--column", column)
    assert ran.code == 2
    assert not (tmp_path / "made").exists()
