"""goeswith label: driven by lines, by the keys of a real terminal, and as part of building a shop."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goeswith.knowledge.base import KnowledgeBase
from goeswith.pipeline import build
from goeswith.workspace import Workspace, sha256

PAIRS = [("candle", "candle holder"), ("pen", "notebook"), ("teapot", "saucer")]
QUEUE = [
    {"a": a, "b": b, "title_a": f"RED {a.upper()}", "title_b": None, "worth": 0.9 - n / 10, "relation": "substitute"}
    for n, (a, b) in enumerate(PAIRS)
]
LABEL = {"a": "candle", "b": "lantern", "title_a": "BLUE CANDLE", "title_b": "LANTERN", "suggested": "complementary"}
TERMS = {**LABEL, "item_a": "", "item_b": "", "given": "substitute", "margin": 0.8}
ITEMS = {**LABEL, "item_a": "17", "item_b": "4", "given": "complementary", "margin": 0.7}
Label = Callable[..., Any]


def ask_for(live: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Give a finished build an artifact as its stage 'relations' writes it."""
    columns = rows or [dict.fromkeys(QUEUE[0], "")]
    pq.write_table(pa.Table.from_pylist(columns).slice(0, len(rows)), live / name)
    manifest = json.loads((live / "manifest.json").read_text())
    for stage in manifest["stages"]:
        if name in stage["hashes"]:
            stage["hashes"][name] = sha256(live / name)
    (live / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace whose live build wants three labels, and nothing else."""
    live = tmp_path / "shop" / "builds" / "0001-abc"
    live.mkdir(parents=True)
    (tmp_path / "shop" / "goeswith.toml").write_text('[data]\nitems = "items.csv"\n')
    (tmp_path / "shop" / "current").symlink_to("builds/0001-abc")
    (live / "manifest.json").write_text('{"stages": []}')
    ask_for(live, "queue.parquet", QUEUE)
    return tmp_path / "shop"


@pytest.fixture
def label(run: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Label:
    """Anna types lines: label("7", "u", "q")."""

    def label(*lines: str, options: tuple[str, ...] = (), who: str = "anna") -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return run("label", folder, "--who", who, *options)

    return label


def on_record(folder: Path) -> list[tuple[str, str, str | None, str]]:
    """(a, b, relation, who) of all labels that count, in the order in which they were given."""
    with KnowledgeBase.open(folder / "knowledge.sqlite") as base:
        found = sorted(base.records("relation"), key=lambda record: record.asked_at)
        return [(r.a or r.item_a, r.b or r.item_b, r.value, r.who) for r in found]


class TestLines:
    def test_one_key_a_label(self, label: Label, folder: Path) -> None:
        ran = label("2", "7", "q")
        assert (ran.code, ran.err) == (0, "")
        assert set(on_record(folder)) == {
            ("candle", "candle holder", "refilled_by", "anna"),
            ("pen", "notebook", "together", "anna"),
        }
        assert "labels of anna added: 2" in ran.out
        assert f"goeswith build {folder}" in ran.out

    def test_a_pair_is_shown_with_its_titles_the_keys_and_what_is_left(self, label: Label) -> None:
        shown = label("q").out
        assert "0 labelled, 3 left" in shown
        assert "RED CANDLE" in shown
        assert "2  'candle' is refilled with 'candle holder'" in shown
        assert "9  'candle' and 'candle holder' seem related, hard to say how" in shown
        assert "s skip   u undo   q stop" in shown

    def test_what_the_classifier_thinks_is_told_after_the_answer_and_only_on_demand(self, label: Label) -> None:
        assert "substitute" not in label("2", "u").out
        asked, _, answered = label("2", "q", options=("--guess",)).out.partition("s skip")
        assert "substitute" not in asked
        assert "(the classifier: substitute)" in answered

    def test_undo_asks_the_same_pair_again(self, label: Label, folder: Path) -> None:
        ran = label("7", "u", "2", "q")
        assert "undone: 'candle' and 'candle holder' are used together" in ran.out
        assert on_record(folder) == [("candle", "candle holder", "refilled_by", "anna")]

    def test_undo_reaches_into_earlier_sessions_of_the_same_person(self, label: Label, folder: Path) -> None:
        label("2", "7", "q")
        label("1", "q", who="ben")
        ran = label("u", "u", "u", "q")
        assert ran.out.count("undone:") == 2
        assert "nothing to undo" in ran.out
        assert on_record(folder) == [("candle", "candle holder", "substitute", "ben")]

    def test_the_next_session_goes_on_where_the_last_ended(self, label: Label) -> None:
        label("2", "q")
        ran = label("q")
        assert "1 labelled, 2 left" in ran.out
        assert "'pen'" in ran.out
        assert "'candle'" not in ran.out

    def test_every_person_is_asked_everything(self, label: Label) -> None:
        label("2", "q")
        assert "0 labelled, 3 left" in label("q", who="ben").out

    def test_skipped_pairs_come_back_in_the_next_session(self, label: Label) -> None:
        assert "'pen'" in label("s", "q").out
        assert "'candle'" in label("q").out

    def test_an_unknown_key_shows_the_keys_again_and_loses_nothing(self, label: Label, folder: Path) -> None:
        ran = label("x", "0", "77", "k", "2")
        assert ran.out.count("no such key") == 4
        assert on_record(folder) == [("candle", "candle holder", "refilled_by", "anna")]

    def test_the_last_label_can_be_undone_too(self, label: Label, folder: Path) -> None:
        ran = label("2", "7", "7", "u", "8")
        assert "3 of 3 pairs labelled" in ran.out
        assert ("teapot", "saucer", "unrelated", "anna") in on_record(folder)

    def test_endless_input_ends_with_the_pairs(self, label: Label, folder: Path) -> None:
        assert label(*["7"] * 50).code == 0
        assert len(on_record(folder)) == 3

    def test_a_limit(self, label: Label, folder: Path) -> None:
        ran = label("7", "7", "7", options=("--limit", "1"))
        assert "0 labelled, 1 left" in ran.out
        assert len(on_record(folder)) == 1

    def test_ctrl_c_stops_and_keeps_what_was_labelled(
        self, label: Label, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = iter(["2\n"])

        def stopped(stream: io.StringIO) -> str:
            try:
                return next(lines)
            except StopIteration:
                raise KeyboardInterrupt from None

        monkeypatch.setattr("goeswith.cli.keys._lines", lambda: stopped(io.StringIO()).strip())
        assert label().code == 0
        assert len(on_record(folder)) == 1

    def test_titles_cannot_write_on_the_terminal(self, label: Label, folder: Path) -> None:
        hostile = {**QUEUE[0], "a": "cup[bold]", "title_a": "\x1b[2J[red]RED\x07 CUP"}
        ask_for(folder / "current", "queue.parquet", [hostile])
        shown = label("q").out
        assert "cup[bold]" in shown
        assert "[2J[red]RED CUP" in shown
        assert "\x1b" not in shown


class TestReview:
    @pytest.fixture(autouse=True)
    def doubted(self, folder: Path) -> None:
        ask_for(folder / "current", "review.parquet", [TERMS, ITEMS])

    def test_the_earlier_label_is_shown_and_kept_or_changed(self, label: Label, folder: Path) -> None:
        ran = label("6", "k", options=("--review",))
        assert "labelled so far: 'candle' and 'lantern' do the same job" in ran.out
        assert "labelled so far: 'candle' and 'lantern': complementary" in ran.out
        assert "k keep the label" in ran.out
        assert set(on_record(folder)) == {
            ("candle", "lantern", "enhances", "anna"),
            ("17", "4", "complementary", "anna"),
        }

    def test_it_is_asked_once(self, label: Label) -> None:
        label("k", "k", options=("--review",))
        assert "2 of 2 pairs labelled" in label("q", options=("--review",)).out


class TestNothingToDo:
    def test_an_empty_queue_is_no_error(self, label: Label, folder: Path) -> None:
        ask_for(folder / "current", "queue.parquet", [])
        ran = label()
        assert ran.code == 0
        assert "nothing to do" in ran.out

    def test_all_labelled_leaves_the_way_back(self, label: Label, folder: Path) -> None:
        label("7", "7", "7")
        assert "3 of 3 pairs labelled" in label("u", "q").out
        assert len(on_record(folder)) == 2

    def test_a_build_without_the_stage(self, label: Label, folder: Path) -> None:
        (folder / "current" / "queue.parquet").unlink()
        ran = label("7")
        assert ran.code == 2
        assert "this build has no stage 'relations'" in ran.err
        assert "run: goeswith build" in ran.err

    def test_no_build(self, label: Label, folder: Path) -> None:
        (folder / "current").unlink()
        ran = label("7")
        assert (ran.code, "nothing is built here" in ran.err) == (2, True)

    def test_nobody(self, label: Label) -> None:
        ran = label("7", who=" ")
        assert (ran.code, "--who NAME" in ran.err) == (2, True)

    def test_a_user_id_without_a_login_name(
        self, run: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(KeyError("uid not found")))
        ran = run("label", folder)
        assert (ran.code, "--who NAME" in ran.err) == (2, True)


class Terminal:
    """The command at a real terminal: keys in, screen out."""

    def __init__(self, folder: Path) -> None:
        import pty

        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "goeswith", "label", str(folder), "--who", "anna"]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.screen = ""

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> str:
        """Read until a text is shown; returns what was shown since the last time."""
        seen, end = "", time.monotonic() + 60
        while text not in seen and time.monotonic() < end:
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    seen += os.read(self._ours, 4096).decode(errors="replace")
                except OSError:  # the command ended
                    break
        assert text in seen, seen
        return seen

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
class TestTerminal:
    @pytest.fixture
    def terminal(self, folder: Path) -> Iterator[Terminal]:
        terminal = Terminal(folder)
        yield terminal
        terminal.close()

    def test_keys_need_no_enter_and_special_keys_are_no_labels(self, terminal: Terminal, folder: Path) -> None:
        terminal.wait_for("q stop")
        terminal.type("\x1b[1~")  # Home: it has a 1 in it
        terminal.wait_for("no such key")
        terminal.type("ü\n")
        assert terminal.wait_for("q stop").count("no such key") <= 1
        terminal.type("2")
        terminal.wait_for("1 labelled, 2 left")
        terminal.type("7")
        terminal.wait_for("2 labelled, 1 left")
        terminal.type("u")
        terminal.wait_for("1 labelled, 2 left")
        terminal.type("q")
        terminal.wait_for("labels of anna added: 1")
        assert terminal.process.wait(30) == 0
        assert on_record(folder) == [("candle", "candle holder", "refilled_by", "anna")]

    def test_killed_between_two_keys_it_keeps_all_labels(self, terminal: Terminal, folder: Path) -> None:
        terminal.wait_for("q stop")
        terminal.type("27")
        terminal.wait_for("2 labelled, 1 left")
        terminal.process.send_signal(signal.SIGKILL)
        assert terminal.process.wait(30) == -signal.SIGKILL
        assert len(on_record(folder)) == 2

    @pytest.mark.parametrize("how", ["ctrl-c", "ctrl-d"])
    def test_it_can_be_stopped_the_usual_ways(self, terminal: Terminal, folder: Path, how: str) -> None:
        terminal.wait_for("q stop")
        terminal.type("2")
        terminal.wait_for("1 labelled, 2 left")
        if how == "ctrl-c":
            terminal.process.send_signal(signal.SIGINT)  # what the terminal makes of it
        else:
            terminal.type("\x04")
        terminal.wait_for("labels of anna added: 1")
        assert terminal.process.wait(30) == 0
        assert len(on_record(folder)) == 1


def test_the_next_build_uses_the_labels(
    run: Callable[..., Any], unbuilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A label of a person becomes an edge; one on a term that the shop does not have does no harm."""
    workspace = Workspace(unbuilt)
    live = build(workspace, "graph").build
    assert live is not None
    rows = [("tea cup", "ribbon"), ("candle", "notebook"), ("no such thing", "ribbon")]
    ask_for(live, "queue.parquet", [{**QUEUE[0], "a": a, "b": b} for a, b in rows])
    monkeypatch.setattr(sys, "stdin", io.StringIO("5\n7\n7\n"))
    assert run("label", unbuilt, "--who", "anna").code == 0
    again = build(workspace, "graph")
    assert {stage.name for stage in again.stages if not stage.reused} >= {"annotate", "graph"}
    assert {stage.name for stage in again.stages if stage.reused} >= {"data", "entities", "pairs"}
    assert again.build is not None
    edges = pq.read_table(again.build / "edges.parquet").to_pylist()
    by_people = {(edge["a"], edge["b"]): edge["relation"] for edge in edges if edge["source"] == "person"}
    assert by_people == {("ribbon", "tea cup"): "enhances", ("candle", "notebook"): "together"}
