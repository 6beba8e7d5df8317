"""The socket and the uvicorn server behind `goeswith serve`."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from goeswith.errors import GoeswithError

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

SHUTDOWN_SECONDS = 5


def is_loopback(host: str) -> bool:
    """True where only this machine can mean it.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", "shop.example")]
    [True, True, True, False, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises GoeswithError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = (error.strerror or str(error)).splitlines()[0]
        raise GoeswithError(
            f"cannot listen on {host}, port {port}", found=why, remedy="choose another with --port or --host"
        ) from None


def address_of(listening: socket.socket) -> str:
    """http://host:port of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_of(app: FastAPI) -> uvicorn.Server:
    """A server without access log: addresses hold user ids."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)
