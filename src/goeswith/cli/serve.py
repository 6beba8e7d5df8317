"""goeswith serve DIR: the live build over HTTP."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from typing import Annotated
from urllib.parse import quote

import typer

from goeswith.cli.common import Directory, Overrides, console
from goeswith.errors import MissingExtraError, SettingsError
from goeswith.serve.server import address_of, is_loopback, listen, server_of

KEY = "GOESWITH_API_KEY"


def command(
    directory: Directory,
    host: Annotated[
        str, typer.Option(help=f"Address to listen on; others than this machine's own need {KEY}.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    overrides: Overrides = None,
) -> None:
    """Serve recommendations and the graph over HTTP; a new build goes live without a restart."""
    missing = [name for name in ("fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"{missing[0]} is not installed", remedy='pip install "goeswith[serve]"')
    key = _key(host)
    from goeswith.serve.api import create_app

    with listen(host, port) as listening, contextlib.suppress(KeyboardInterrupt):
        app = create_app(directory, key, overrides or ())
        address = address_of(listening)
        item = quote(app.state.live.shop().recommender.catalogue.item_id[0], safe="")
        with_key = f", with Authorization: Bearer ${KEY}" if key else ""
        console.print(f"serving at {address} - try {address}/recommend?item={item}{with_key}", soft_wrap=True)
        server_of(app).run(sockets=[listening])


def _key(host: str) -> str | None:
    """The key from the environment; raises SettingsError where the host is open to others and there is none."""
    key = os.environ.get(KEY, "").strip() or None
    if key is None and not is_loopback(host):
        raise SettingsError(
            "a server that others can reach needs a key",
            where=f"--host {host}",
            remedy=f"set the environment variable {KEY} to a long random text, or leave --host out",
        )
    return key
