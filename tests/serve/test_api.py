"""The API of a real server: answers, failures, the key, and the swap to another build."""

from __future__ import annotations

import csv
import http.client
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread
from time import sleep
from urllib.parse import quote, urlsplit

import pytest

import goeswith
import tiny_shop
from goeswith.errors import SettingsError, WorkspaceError
from goeswith.knowledge.relation import Coarse
from goeswith.pipeline import build
from goeswith.serve import live as live_module
from goeswith.serve.api import create_app
from goeswith.serve.live import Live
from goeswith.workspace import Workspace

TEAPOT = tiny_shop.ITEMS[0].sku
KEY = "a long random text"


class TestAnswers:
    def test_health_names_the_build(self, served, shop):
        assert served.get("/health").body == {"status": "ok", "build": shop.build.name}

    @pytest.mark.parametrize(
        ("asked", "question"),
        [
            (f"item={TEAPOT}", {"item": TEAPOT}),
            (f"item={TEAPOT}&k=3", {"item": TEAPOT, "k": 3}),
            ("basket=10000,%2010004&k=200", {"basket": ["10000", "10004"], "k": 200}),
            ("user=u001&k=1", {"user": "u001", "k": 1}),
        ],
    )
    def test_results_are_those_of_the_python_interface(self, served, shop, asked, question):
        answer = served.get(f"/recommend?{asked}")
        assert answer.status == 200
        assert answer.body == {"build": shop.build.name, "results": [asdict(r) for r in shop.recommend(**question)]}
        assert list(answer.body["results"][0]) == ["rank", "item_id", "title", "score", "route", "reason"]

    def test_the_graph_tells_neighbours_with_relation_and_reason(self, served, shop):
        body = served.get("/graph/Notebooks").body
        assert body["entity"] == "notebook"
        assert [row["entity"] for row in body["complementary"]] == [
            edge.other for edge in shop.graph.neighbours("notebook", Coarse.COMPLEMENTARY)
        ]
        (substitute,) = body["substitute"]
        assert substitute.keys() == {"entity", "relation", "probability", "reason"}
        assert substitute["entity"] == "notepad"
        assert substitute["relation"] == "notebook and notepad do the same job"

    def test_many_ask_at_once(self, served, shop):
        skus = [item.sku for item in tiny_shop.ITEMS[:40]]
        found: dict[str, list[str]] = {}

        def ask(sku: str) -> None:
            found[sku] = [row["item_id"] for row in served.get(f"/recommend?item={sku}&k=5").body["results"]]

        threads = [Thread(target=ask, args=(sku,)) for sku in skus]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {sku: [r.item_id for r in shop.recommend(item=sku, k=5)] for sku in skus}

    def test_the_description_is_there_and_no_page_that_loads_scripts(self, served):
        assert "/recommend" in served.get("/openapi.json").body["paths"]
        assert [served.get(path).status for path in ("/docs", "/redoc")] == [404, 404]


class TestFailures:
    @pytest.mark.parametrize(
        ("path", "status", "error"),
        [
            ("/recommend?item=nope", 404, "unknown item (found nope)"),
            ("/recommend?basket=10000,nope", 404, "unknown item (found nope)"),
            ("/recommend?user=nobody", 404, "unknown user (found nobody)"),
            ("/recommend?item=a%0Ab", 404, "unknown item (found a"),
            ("/graph/spaceship", 404, "no such entity (found spaceship)"),
            ("/graph/a%2Fb", 404, "no such entity (found a/b)"),
            ("/nothing", 404, "Not Found"),
            ("/recommend", 422, "give exactly one of item, basket, user"),
            ("/recommend?item=10000&user=u001", 422, "give exactly one of item, basket, user"),
            ("/recommend?item=", 422, "nothing to recommend for"),
            ("/recommend?basket=,", 422, "nothing to recommend for"),
            ("/recommend?item=10000&item=10001", 422, "a parameter is given twice"),
            ("/recommend?item=10000&k=0", 422, "k: "),
            ("/recommend?item=10000&k=201", 422, "k: "),
            ("/recommend?item=10000&k=many", 422, "k: "),
            ("/recommend?item=10000&kk=3", 422, "kk: "),
        ],
    )
    def test_a_failure_is_one_line_of_json(self, served, path, status, error):
        answer = served.get(path)
        assert answer.status == status
        assert answer.body.keys() == {"error"}
        assert error in answer.body["error"]
        assert "\n" not in answer.body["error"]

    @pytest.mark.parametrize("path", ["/health", f"/recommend?item={TEAPOT}", "/nothing", "/recommend"])
    def test_every_answer_is_data_and_never_a_page(self, served, path):
        headers = served.get(path).headers
        assert headers["Content-Type"] == "application/json"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Access-Control-Allow-Origin" not in headers

    def test_a_bug_is_told_without_its_message(self, serve, tiny, caplog, capfd):
        server = serve(tiny)

        def broken(**question: object) -> None:
            raise KeyError(question["user"])

        server.app.state.live.shop().recommend = broken
        answer = server.get("/recommend?user=u001")
        assert (answer.status, answer.body) == (500, {"error": "internal error"})
        assert "bug: KeyError" in caplog.text
        assert "u001" not in caplog.text + "".join(capfd.readouterr())

    def test_user_ids_reach_no_log(self, serve, tiny, caplog, capfd):
        server = serve(tiny)
        with caplog.at_level(logging.INFO):
            assert [server.get(f"/recommend?user={user}").status for user in ("u001", "x042")] == [200, 404]
        told = caplog.text + "".join(capfd.readouterr())
        assert "u001" not in told
        assert "x042" not in told


class TestKey:
    def test_everything_but_health_needs_it(self, serve, tiny):
        server = serve(tiny, KEY)
        assert server.get("/health").status == 200
        for path in (f"/recommend?item={TEAPOT}", "/graph/teapot", "/openapi.json", "/nothing", "/health/"):
            refused = server.get(path)
            assert (refused.status, refused.body.keys()) == (401, {"error"})
            assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert server.get(f"/recommend?item={TEAPOT}", Authorization=f"Bearer {KEY}").status == 200

    @pytest.mark.parametrize("given", ["", KEY, "Bearer", "Bearer ", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer é"])
    def test_another_key_is_refused(self, serve, tiny, given):
        assert serve(tiny, KEY).get("/graph/teapot", Authorization=given).status == 401

    def test_a_host_header_cannot_make_another_path_look_like_health(self, serve, tiny):
        server = serve(tiny, KEY)
        for host in ("x/health?", "x/health#", "/health?"):
            assert server.get("/graph/teapot", Host=host).status in (400, 401)

    def test_a_key_that_is_not_ascii_works(self, serve, tiny):
        server = serve(tiny, "schlüssel")
        connection = http.client.HTTPConnection(urlsplit(server.address).netloc)
        connection.putrequest("GET", "/graph/teapot")
        connection.putheader("Authorization", "Bearer schlüssel".encode())
        connection.endheaders()
        assert connection.getresponse().status == 200

    def test_an_empty_key_is_refused(self, tiny):
        with pytest.raises(SettingsError, match="the key is empty"):
            create_app(tiny, " ")

    def test_it_stands_in_no_answer_and_no_log(self, serve, tiny, caplog, capfd):
        server = serve(tiny, KEY)
        answers = [server.get(path, Authorization=f"Bearer {KEY}") for path in ("/health", "/nothing", "/recommend")]
        told = f"{answers} {server.app!r} {vars(server.app.state)} {caplog.text} {capfd.readouterr()}"
        assert KEY not in told

    @pytest.mark.parametrize(("host", "status"), [("localhost:1", 200), ("[::1]:1", 200), ("127.9.9.9", 200)])
    def test_without_one_this_machine_may_ask_by_any_of_its_names(self, served, host, status):
        assert served.get("/health", Host=host).status == status

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "[", "localhost.evil.example", "a@b@c"])
    def test_without_one_a_web_page_cannot_ask_under_its_own_name(self, served, host):
        assert served.get(f"/recommend?item={TEAPOT}", Host=host).status == 400


def without(folder: Path, sku: str) -> None:
    """Take an item off sale in the catalogue."""
    path = folder / "items.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([*row[:3], "0", *row[4:]] if row[0] == sku else row for row in rows)


def break_next(folder: Path) -> Path:
    """A new live build whose ranker is not what was built."""
    workspace = Workspace(folder)
    broken = Path(shutil.copytree(workspace.current(), workspace.builds / "0009-broken"))
    (broken / "ranker.txt").write_text("nonsense")
    workspace.switch(broken)
    return broken


def asking(server, tried: list, stop: Event) -> Thread:
    """A customer who keeps asking until told to stop."""

    def ask() -> None:
        while not stop.is_set():
            tried.append(server.get(f"/recommend?item={quote(TEAPOT)}"))

    thread = Thread(target=ask)
    thread.start()
    return thread


class TestSwap:
    def test_builds_come_and_go_without_a_failed_request(self, serve, tiny_copy, wait):
        first = goeswith.open(tiny_copy)
        server, stop, tried = serve(tiny_copy), Event(), []
        threads = [asking(server, tried, stop) for _ in range(3)]
        try:
            without(tiny_copy, first.recommend(item=TEAPOT)[0].item_id)
            build(Workspace(tiny_copy))
            second = goeswith.open(tiny_copy)
            wait(lambda: tried[-1].body["build"] == second.build.name)
            Workspace(tiny_copy).rollback()
            wait(lambda: tried[-1].body["build"] == first.build.name)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert {answer.status for answer in tried} == {200}
        expected = {s.build.name: [asdict(r) for r in s.recommend(item=TEAPOT)] for s in (first, second)}
        assert expected[first.build.name] != expected[second.build.name]
        assert all(answer.body["results"] == expected[answer.body["build"]] for answer in tried)

    def test_a_broken_build_leaves_the_old_one_serving(self, serve, tiny_copy, wait, caplog):
        before = goeswith.open(tiny_copy)
        expected = [asdict(r) for r in before.recommend(item=TEAPOT)]
        server = serve(tiny_copy)
        broken = break_next(tiny_copy)
        wait(lambda: server.get("/health").status == 200 and "cannot be opened" in caplog.text)
        shutil.rmtree(before.build)  # as pruning does: nothing of an opened build is read again
        sleep(2 * live_module.EVERY)
        answer = server.get(f"/recommend?item={TEAPOT}").body
        assert answer["build"] == before.build.name
        assert answer["results"] == expected
        assert server.get("/graph/teapot").status == 200
        assert caplog.text.count("cannot be opened") == 1
        assert f"build {broken}" in caplog.text

    def test_after_a_broken_build_a_whole_one_goes_live(self, serve, tiny_copy, wait, caplog):
        server = serve(tiny_copy)
        whole = Path(shutil.copytree((tiny_copy / "current").resolve(), tiny_copy / "builds/0010-whole"))
        break_next(tiny_copy)
        wait(lambda: server.get("/health").status == 200 and "cannot be opened" in caplog.text)
        Workspace(tiny_copy).switch(whole)
        wait(lambda: server.get("/health").body["build"] == whole.name)

    @pytest.mark.parametrize("harm", ["settings", "current", "manifest"])
    def test_whatever_happens_to_the_workspace_the_server_serves_on(self, serve, tiny_copy, harm, wait):
        server = serve(tiny_copy)
        name = server.get("/health").body["build"]
        broken = break_next(tiny_copy)
        if harm == "settings":
            (tiny_copy / "goeswith.toml").write_text("no toml")
        elif harm == "current":
            (tiny_copy / "current").unlink()
        else:
            (broken / "manifest.json").write_text("{")
        sleep(live_module.EVERY)
        answers = [server.get(f"/recommend?item={TEAPOT}") for _ in range(20)]
        assert {(answer.status, answer.body["build"]) for answer in answers} == {(200, name)}

    def test_who_holds_the_old_shop_finishes_on_it(self, tiny_copy, wait, monkeypatch):
        monkeypatch.setattr(live_module, "EVERY", 0.0)
        live = Live(tiny_copy)
        old = live.shop()
        expected = old.recommend(item=TEAPOT)
        new = Path(shutil.copytree(old.build, tiny_copy / "builds/0002-new"))
        Workspace(tiny_copy).switch(new)
        wait(lambda: live.shop() is not old)
        assert live.shop().build == new.resolve()
        assert old.recommend(item=TEAPOT) == expected

    def test_current_is_looked_at_no_more_than_once_a_second(self, tiny_copy, monkeypatch, wait):
        looks: list[int] = []
        look: Callable[[Live], None] = Live._look
        monkeypatch.setattr(Live, "_look", lambda self: (looks.append(1), look(self)))
        live = Live(tiny_copy)
        for _ in range(200):
            live.shop()
        assert len(looks) <= 1
        wait(lambda: live.shop() and len(looks) == 2)

    def test_overrides_hold_for_later_builds_too(self, serve, tiny_copy, wait):
        server = serve(tiny_copy, None, ("recommend.k=2",))
        new = Path(shutil.copytree((tiny_copy / "current").resolve(), tiny_copy / "builds/0002-new"))
        Workspace(tiny_copy).switch(new)
        wait(lambda: server.get("/health").body["build"] == new.name)
        assert len(server.get(f"/recommend?item={TEAPOT}").body["results"]) == 2

    def test_a_workspace_without_a_build_cannot_be_served(self, unbuilt):
        with pytest.raises(WorkspaceError, match="nothing is built here"):
            create_app(unbuilt)
