"""What users get wrong: exit code 2, one or two lines that help, and nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def refused(ran, *parts: str) -> None:
    """The command ended with code 2 and at most two lines that hold all parts."""
    assert ran.code == 2
    lines = ran.err.strip().splitlines()
    told = [line for line in lines if not line.startswith("  data") and not line.startswith("  entities")]
    assert 1 <= len(told) <= 2, ran.err
    assert told[0].startswith("error: ")
    assert "Traceback" not in ran.err
    for part in parts:
        assert part in ran.err


def nothing_built(folder: Path) -> None:
    assert not (folder / "current").exists()
    assert not list(folder.glob("builds/[0-9]*"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sku,titel\n1,Cup\n", ["no column 'name'", "items.csv", "found sku, titel", "[data.columns.items] title"]),
        (
            "sku,name,price\n1,Cup,2.5\n2,Bowl,cheap\n",
            ["row 2", "'price'", "items.csv", "'cheap'", "correct it", "[data.columns.items] price"],
        ),
        ("sku,name,available\n1,Cup,maybe\n", ["row 1", "'available'", "'maybe'"]),
        ("sku,name\n", ["no rows", "items.csv"]),
        ("", ["empty file", "items.csv", "header"]),
        ("sku,name\n,\n", ["no item has an id and a title"]),
    ],
)
def test_a_bad_catalogue(run, unbuilt, text, parts):
    (unbuilt / "items.csv").write_text(text)
    refused(run("build", unbuilt), *parts)
    nothing_built(unbuilt)


@pytest.mark.parametrize(
    ("columns", "parts"),
    [
        ({"basket_id": ["b"], "article": ["1"]}, ["no column 'item_id'", "purchases.parquet", "article"]),
        ({"item_id": ["10000"]}, ["no column 'basket_id or user_id'", "purchases.parquet"]),
        (
            {"basket_id": ["b", "c"], "item_id": ["10000"] * 2, "timestamp": ["2024-01-01", "soon"]},
            ["row 2", "'timestamp'", "'soon'", "time"],
        ),
        ({"basket_id": ["b"], "item_id": ["10000"], "quantity": ["two"]}, ["row 1", "'quantity'", "'two'"]),
    ],
)
def test_bad_purchases(run, unbuilt, columns, parts):
    pq.write_table(pa.table(columns), unbuilt / "purchases.parquet")
    refused(run("build", unbuilt), *parts)
    nothing_built(unbuilt)


def test_a_broken_parquet_file(run, unbuilt):
    (unbuilt / "purchases.parquet").write_bytes(b"PAR1 not really")
    refused(run("build", unbuilt), "cannot read", "purchases.parquet", "damaged")
    nothing_built(unbuilt)


def test_a_parquet_file_cut_short(run, unbuilt):
    whole = (unbuilt / "purchases.parquet").read_bytes()
    (unbuilt / "purchases.parquet").write_bytes(whole[: len(whole) // 2])
    refused(run("build", unbuilt), "cannot read", "purchases.parquet", "damaged")
    nothing_built(unbuilt)


@pytest.mark.parametrize("name", ["items.csv", "purchases.parquet"])
def test_a_directory_instead_of_a_file(run, unbuilt, name):
    (unbuilt / name).unlink()
    (unbuilt / name).mkdir()
    refused(run("build", unbuilt), "a directory, not a file", name)
    nothing_built(unbuilt)


@pytest.mark.parametrize("name", ["items.csv", "purchases.parquet", "answers/entities.parquet"])
def test_a_file_that_is_not_there(run, unbuilt, name):
    (unbuilt / name).unlink()
    if "answers" in name:
        (unbuilt / "answers/relations.parquet").unlink()
    refused(run("build", unbuilt), "no recorded answers" if "answers" in name else "no such file", name[:7])
    nothing_built(unbuilt)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[recomend]\nk = 3\n", ["unknown key 'recomend'", "goeswith.toml", "recommend"]),
        ("[recommend]\nkk = 3\n", ["unknown key 'recommend.kk'", "goeswith.toml", "substitutes"]),
        ("[recommend]\nk = 0\n", ["bad value for 'recommend.k'", "goeswith.toml", "found 0"]),
        ("[recommend\n", ["not valid TOML", "goeswith.toml"]),
        ("[data.columns.itms]\nitem_id = 'sku'\n", ["no table 'itms'"]),
        ("[data]\nitems = 'items.csv'\n[data.columns.items]\nsku = 'sku'\n", ["unknown column 'sku'", "known: "]),
    ],
)
def test_bad_settings(run, unbuilt, text, parts):
    (unbuilt / "goeswith.toml").write_text(text)
    refused(run("build", unbuilt), *parts)
    nothing_built(unbuilt)


def test_a_folder_without_settings(run, tmp_path):
    refused(run("build", tmp_path), "no goeswith.toml in", "goeswith init")
    assert not list(tmp_path.iterdir())


def test_a_workspace_without_a_build(run, unbuilt):
    refused(run("recommend", unbuilt, "--item", "10000"), "nothing is built here", "goeswith build")


@pytest.mark.parametrize("answers", [b"title,entity\n,cup\n", b"title;entity\ncup;cup\n", b"\xff\xfe\x00"])
def test_bad_answers(run, unbuilt, answers):
    (unbuilt / "answers/more.csv").write_bytes(answers)
    ran = run("build", unbuilt, "--set", 'llm.recorded=["answers/*"]')
    refused(ran, "more.csv")
    nothing_built(unbuilt)


def test_a_build_that_was_refused_leaves_the_live_one(run, tiny_copy):
    live = (tiny_copy / "current").resolve()
    (tiny_copy / "items.csv").write_text("")
    refused(run("build", tiny_copy), "empty file")
    assert (tiny_copy / "current").resolve() == live
    assert run("recommend", tiny_copy, "--item", "10000").code == 0


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--item", "99"], ["unknown item (found 99)", "catalogue"]),
        (["--basket", "10000,99"], ["unknown item (found 99)"]),
        (["--basket", ","], ["nothing to recommend for"]),
        (["--user", "nobody"], ["unknown user (found nobody)"]),
        ([], ["give one of --item, --basket, --user, --queries"]),
        (["--item", "10000", "--user", "u001"], ["give one of", "found --item, --user"]),
        (["--item", "10000", "--set", "recommend.k"], ["--set takes section.key=value"]),
        (["--item", "10000", "--set", "recommend.kk=3"], ["unknown key 'recommend.kk'", "--set recommend.kk"]),
    ],
)
def test_bad_questions(run, tiny, tmp_path, arguments, parts):
    refused(run("recommend", tiny, *arguments, "--out", tmp_path / "o.csv"), *parts)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["recommend", "extract", "graph"])
@pytest.mark.parametrize(
    ("out", "parts"), [("o.xlsx", ["unknown file ending", "o.xlsx", ".parquet"]), ("no/o.csv", ["no such folder"])]
)
def test_an_output_that_cannot_be_written(run, tiny, tmp_path, command, out, parts):
    (tmp_path / "t.csv").write_text("item_id,title\n1,Cup\n")
    arguments = {
        "recommend": ["recommend", tiny, "--item", "10000", "--out", tmp_path / out],
        "extract": ["extract", tiny, "--titles", tmp_path / "t.csv", "--out", tmp_path / out],
        "graph": ["graph", "export", tiny, "--out", tmp_path / out],
    }[command]
    refused(run(*arguments), *parts)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


QUERIES = [
    ("q.csv", b"query_id,article\n1,2\n", ["no column", "q.csv", "found query_id, article"]),
    ("q.csv", b"item_id\n1\n", ["no column 'query_id'", "q.csv"]),
    ("q.csv", b"query_id,item_id\n1,10000\n,10001\n", ["row 2", "'query_id'", "q.csv"]),
    ("q.csv", b"query_id,item_id,timestamp\n1,10000,soon\n", ["row 1", "'timestamp'", "'soon'"]),
    ("q.csv", b"", ["empty file", "q.csv"]),
    ("q.csv", b"query_id,item_id\n", ["no rows", "q.csv"]),
    ("q.parquet", b"PAR1", ["cannot read", "q.parquet", "damaged"]),
    ("q.xlsx", b"x", ["unknown file ending", "q.xlsx"]),
]


@pytest.mark.parametrize(("name", "content", "parts"), QUERIES)
def test_bad_queries(run, tiny, tmp_path, name, content, parts):
    (tmp_path / name).write_bytes(content)
    refused(run("recommend", tiny, "--queries", tmp_path / name, "--out", tmp_path / "o.csv"), *parts)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_queries_without_an_output(run, tiny, tmp_path):
    (tmp_path / "q.csv").write_text("query_id,item_id\n1,10000\n")
    refused(run("recommend", tiny, "--queries", tmp_path / "q.csv"), "--queries needs --out FILE")


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("t.csv", b"item_id,name\n1,Cup\n", ["no column 'title'", "t.csv", "found item_id, name"]),
        ("t.csv", b"", ["empty file", "t.csv"]),
        ("t.parquet", b"PAR1", ["cannot read", "t.parquet"]),
    ],
)
def test_bad_titles(run, tiny, tmp_path, name, content, parts):
    (tmp_path / name).write_bytes(content)
    refused(run("extract", tiny, "--titles", tmp_path / name, "--out", tmp_path / "o.csv"), *parts)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("option", ["--queries", "--titles"])
def test_a_directory_of_queries_or_titles(run, tiny, tmp_path, option):
    command = "recommend" if option == "--queries" else "extract"
    refused(run(command, tiny, option, tmp_path, "--out", tmp_path / "o.csv"), "a directory, not a file")
    refused(run(command, tiny, option, tmp_path / "no.csv", "--out", tmp_path / "o.csv"), "no such file", "no.csv")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("entity_a,entity_b,relation\ncup,saucer,friends\n", ["row 1", "'relation'", "friends"]),
        ("entity_a,relation\ncup,together\n", ["row 1: no edge", "entity_b"]),
        ("entity_a,entity_b,relation,probability\na,b,together,7\n", ["row 1", "'probability'", "found 7"]),
        ("", ["g.csv"]),
    ],
)
def test_a_bad_graph_to_import(run, tiny_copy, tmp_path, content, parts):
    (tmp_path / "g.csv").write_text(content)
    refused(run("graph", "import", tiny_copy, tmp_path / "g.csv"), *parts)


def test_a_graph_to_import_that_is_no_file(run, tiny_copy, tmp_path):
    refused(run("graph", "import", tiny_copy, tmp_path), "no graph to import")


@pytest.mark.parametrize("file", ["no.csv", "."])
def test_init_of_no_file(run, tmp_path, file):
    ran = run("init", tmp_path / "made", "--items", tmp_path / file)
    refused(ran, "no such file" if file == "no.csv" else "a directory, not a file")
    assert not (tmp_path / "made").exists()


def test_a_damaged_knowledge_base(run, tiny_copy):
    for path in tiny_copy.glob("knowledge.sqlite*"):
        path.unlink()
    (tiny_copy / "knowledge.sqlite").write_bytes(b"no database " * 100)
    refused(run("build", tiny_copy), "cannot use the knowledge base", "knowledge.sqlite")


@pytest.mark.parametrize(
    "arguments",
    [
        ["graph", "show", "DIR", "teapot"],
        ["graph", "export", "DIR", "--out", "o.csv"],
        ["entities", "show", "DIR", "teapot"],
        ["recommend", "DIR", "--item", "10000"],
        ["rollback", "DIR"],
        ["graph", "diff", "DIR", "0001", "0001"],
    ],
)
def test_a_build_that_lacks_the_stage_is_named(run, unbuilt, monkeypatch, arguments):
    monkeypatch.chdir(unbuilt)
    assert run("build", unbuilt, "--until", "data").code == 0
    refused(run(*(unbuilt if part == "DIR" else part for part in arguments)))
    assert not (unbuilt / "o.csv").exists()


def test_a_diff_with_a_build_that_has_no_graph(run, unbuilt):
    for stage in ("entities", "graph"):
        run("build", unbuilt, "--until", stage)
    refused(run("graph", "diff", unbuilt), "no stage 'graph'")
