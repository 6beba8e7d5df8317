from __future__ import annotations

import json
from pathlib import Path

import pytest

from goeswith.errors import WorkspaceError
from goeswith.settings import FILE
from goeswith.workspace import MANIFEST, Stage, Workspace, verify


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / FILE).write_text("[build]\nkeep = 2\n")
    return Workspace(tmp_path)


class Work:
    """A stage that writes one text into a.txt and counts its runs."""

    def __init__(self, text: str) -> None:
        self.text, self.runs = text, 0

    def __call__(self, folder: Path) -> dict[str, str]:
        self.runs += 1
        with (folder / "a.txt").open("w") as file:  # writes through where a.txt is a link
            file.write(self.text)
        return {"wrote": self.text}


def run(workspace: Workspace, fingerprint: str, work: Work) -> Stage:
    return workspace.draft().run("one", fingerprint, ["a.txt"], work)


def build(workspace: Workspace, text: str) -> Path:
    stage = run(workspace, text, Work(text))
    return workspace.draft().publish([stage], {"fact": text})


def half_written_then_killed(folder: Path) -> dict[str, str]:
    (folder / "a.txt").write_text("ha")
    raise KeyboardInterrupt


def test_a_fresh_workspace_has_nothing_live(workspace):
    assert workspace.live() is None
    with pytest.raises(WorkspaceError, match="nothing is built here"):
        workspace.current()


def test_a_published_draft_is_live_and_the_draft_is_gone(workspace):
    folder = build(workspace, "red")
    assert workspace.current() == folder.resolve()
    assert (folder / "a.txt").read_text() == "red"
    assert not (workspace.builds / ".draft").exists()


def test_the_manifest_tells_stages_hashes_and_facts(workspace):
    manifest = json.loads((build(workspace, "red") / MANIFEST).read_text())
    assert manifest["fact"] == "red"
    assert manifest["stages"][0]["report"] == {"wrote": "red"}
    assert len(manifest["stages"][0]["hashes"]["a.txt"]) == 64


def test_a_stage_whose_fingerprint_holds_is_resumed_from_the_draft(workspace):
    run(workspace, "red", Work("red"))
    again = Work("red")
    assert run(workspace, "red", again).reused
    assert again.runs == 0


def test_a_stage_with_another_fingerprint_runs_again(workspace):
    run(workspace, "red", Work("red"))
    assert not run(workspace, "blue", Work("blue")).reused


def test_a_stage_is_reused_from_the_live_build(workspace):
    build(workspace, "red")
    again = Work("red")
    stage = run(workspace, "red", again)
    assert (stage.reused, again.runs) == (True, 0)
    assert (workspace.draft().folder / "a.txt").read_text() == "red"


def test_a_damaged_artifact_in_the_draft_is_made_again(workspace):
    run(workspace, "red", Work("red"))
    (workspace.draft().folder / "a.txt").write_text("rde")
    again = Work("red")
    run(workspace, "red", again)
    assert again.runs == 1


def test_a_stage_that_leaves_out_an_artifact_is_an_error(workspace):
    with pytest.raises(WorkspaceError, match=r"stage one left no a\.txt"):
        workspace.draft().run("one", "red", ["a.txt"], lambda folder: {})


def test_a_killed_stage_is_not_taken_for_finished(workspace):
    with pytest.raises(KeyboardInterrupt):
        workspace.draft().run("one", "red", ["a.txt"], half_written_then_killed)
    again = Work("red")
    assert not run(workspace, "red", again).reused
    assert (workspace.draft().folder / "a.txt").read_text() == "red"


def test_a_killed_stage_leaves_the_live_build_whole(workspace):
    live = build(workspace, "red")
    run(workspace, "red", Work("red"))  # links a.txt into the draft
    with pytest.raises(KeyboardInterrupt):
        workspace.draft().run("one", "blue", ["a.txt"], half_written_then_killed)
    verify(live)


def test_artifacts_linked_from_the_live_build_are_never_written_through(workspace):
    live = build(workspace, "red")
    run(workspace, "red", Work("red"))
    run(workspace, "blue", Work("blue"))
    assert (live / "a.txt").read_text() == "red"


def test_what_no_stage_claims_does_not_reach_the_build(workspace):
    stage = run(workspace, "red", Work("red"))
    (workspace.draft().folder / "a.txt.partial").write_text("left by a killed run")
    folder = workspace.draft().publish([stage], {})
    assert not (folder / "a.txt.partial").exists()


def test_an_unchanged_build_is_not_published_twice(workspace):
    assert build(workspace, "red").resolve() == build(workspace, "red").resolve()
    assert len(workspace.finished()) == 1


def test_building_again_mends_a_damaged_live_build(workspace):
    damaged = build(workspace, "red")
    (damaged / "a.txt").write_text("rde")
    mended = build(workspace, "red")
    verify(mended)
    assert workspace.current() == mended.resolve()


def test_rollback_goes_to_the_build_before_and_no_further(workspace):
    first = build(workspace, "red")
    build(workspace, "blue")
    assert workspace.rollback() == first
    assert workspace.current() == first.resolve()
    with pytest.raises(WorkspaceError, match="no earlier build"):
        workspace.rollback()


def test_a_build_after_a_rollback_gets_a_number_of_its_own(workspace):
    build(workspace, "red")
    second = build(workspace, "blue")
    workspace.rollback()
    third = build(workspace, "green")
    assert [path.name[:4] for path in workspace.finished()] == [second.name[:4], third.name[:4]] == ["0002", "0003"]


def test_only_the_last_builds_are_kept(workspace):
    for text in ("red", "blue", "green"):
        build(workspace, text)
    assert [path.name[:4] for path in workspace.finished()] == ["0002", "0003"]


def test_verify_passes_a_whole_build(workspace):
    verify(build(workspace, "red"))


def test_verify_names_what_differs(workspace):
    folder = build(workspace, "red")
    (folder / "a.txt").write_text("rde")
    with pytest.raises(WorkspaceError, match=r"a\.txt is not what was built"):
        verify(folder)


def test_verify_names_what_is_missing(workspace):
    folder = build(workspace, "red")
    (folder / "a.txt").unlink()
    with pytest.raises(WorkspaceError, match=r"missing artifact a\.txt"):
        verify(folder)


def test_two_builds_at_once_are_refused(workspace):
    with workspace.lock(), pytest.raises(WorkspaceError, match="another build is running"), workspace.lock():
        pass


def test_the_lock_ends_with_its_block(workspace):
    for _ in range(2):
        with workspace.lock():
            pass


def test_a_kill_before_the_switch_leaves_the_old_build_live(workspace, monkeypatch):
    first = build(workspace, "red")
    monkeypatch.setattr(Workspace, "switch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build(workspace, "blue")
    assert workspace.current() == first.resolve()
