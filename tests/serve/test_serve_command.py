"""goeswith serve: the address, the key rule, and how it starts and ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from importlib import util

import pytest

from goeswith.cli.serve import KEY, command
from goeswith.errors import GoeswithError, MissingExtraError, SettingsError, WorkspaceError
from goeswith.serve.server import address_of, is_loopback, listen

PROGRAM = "import sys, typer; from goeswith.cli.serve import command; typer.run(command)"


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(KEY, raising=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "shop.example", "127.0.0.1.example"])
@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_server_that_others_can_reach_needs_a_key(tiny, monkeypatch, host, key):
    if key is not None:
        monkeypatch.setenv(KEY, key)
    with pytest.raises(SettingsError, match="needs a key") as told:
        command(tiny, host=host)
    assert KEY in told.value.remedy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"])
def test_this_machine_needs_none(host):
    assert is_loopback(host)


def test_a_port_in_use_is_told_in_two_lines(tiny):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(GoeswithError) as told:
            command(tiny, port=port)
    what, remedy = str(told.value).splitlines()
    assert what.startswith(f"cannot listen on 127.0.0.1, port {port} (found Address")
    assert "--port" in remedy


def test_a_host_that_is_none_is_told(tiny, monkeypatch):
    monkeypatch.setenv(KEY, "a long random text")
    with pytest.raises(GoeswithError, match="cannot listen on no such host") as told:
        command(tiny, host="no such host")
    assert "a long random text" not in str(told.value)


@pytest.mark.parametrize("name", ["fastapi", "uvicorn"])
def test_a_missing_extra_is_named(tiny, monkeypatch, name):
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda wanted: None if wanted == name else find(wanted))
    with pytest.raises(MissingExtraError, match=f"{name} is not installed") as told:
        command(tiny)
    assert told.value.remedy == 'pip install "goeswith[serve]"'


def test_without_a_build_the_port_is_free_again(unbuilt):
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with pytest.raises(WorkspaceError, match="nothing is built here"):
        command(unbuilt, port=port)
    listen("127.0.0.1", port).close()


def test_an_address_of_six_parts_stands_in_brackets():
    try:
        with listen("::1", 0) as listening:
            assert re.fullmatch(r"http://\[::1\]:\d+", address_of(listening))
    except GoeswithError:
        pytest.skip("no IPv6 here")


def test_the_command_loads_no_web_framework_before_it_is_called():
    code = "import sys, goeswith.cli.serve; print(sorted({'fastapi', 'uvicorn', 'starlette'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("key", [None, "a long random text"])
def test_it_says_where_it_serves_and_ends_quietly(tiny, key):
    environment = os.environ | ({KEY: key} if key else {})
    arguments = [sys.executable, "-c", PROGRAM, str(tiny), "--port", "0"]
    process = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        line = process.stdout.readline()
        found = re.match(r"serving at (http://127\.0\.0\.1:\d+) - try (\S+/recommend\?item=\w+)", line)
        assert found, line + process.stderr.read()
        assert (KEY in line) is bool(key)
        request = urllib.request.Request(found[2], headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert reply.status == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode in (0, 130)
    assert (out, err) == ("", "")
    assert not key or key not in line
