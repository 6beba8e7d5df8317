"""Who is let in, what every answer carries, and how failures are told.

With a key every request but /health needs `Authorization: Bearer KEY`. Without one only requests that name this machine
as their host are answered: else a web page could get at the server through a name that it points here.
"""

from __future__ import annotations

import hmac
import logging
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from goeswith.errors import QueryError, SettingsError
from goeswith.serve.server import is_loopback

log = logging.getLogger(__name__)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def protect(app: FastAPI, key: str | None) -> None:
    """Put the guard before the application, and one line of JSON in place of every failure."""
    if key is not None and not key.strip():
        raise SettingsError("the key is empty", remedy="set GOESWITH_API_KEY to a long random text")

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        refused = _not_local(request) if key is None else _no_key(request, key)
        response = refused or await _answered(request, answer)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(HTTPException)
    async def failed(_: Request, error: HTTPException) -> Response:
        return _failure(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return _failure(422, f"{first['loc'][-1]}: {first['msg'].removeprefix('Value error, ')}")

    @app.exception_handler(QueryError)
    async def unknown(_: Request, error: QueryError) -> Response:
        return _failure(404 if error.found else 422, str(error))


async def _answered(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        return await answer(request)
    except Exception as error:  # a bug of ours: where it is goes to the log, its message may hold a user's id
        log.error("bug: %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        return _failure(500, "internal error")


def _no_key(request: Request, key: str) -> Response | None:
    """The path is the scope's: some starlettes make that of `request.url` from the Host header, which lies at will."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    right = scheme.lower() == "bearer" and hmac.compare_digest(token.encode("latin-1"), key.encode())
    if right or request.scope["path"] == "/health":
        return None
    return _failure(401, "the key is missing or wrong: Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})


def _not_local(request: Request) -> Response | None:
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        host = ""
    return None if is_loopback(host) else _failure(400, "without a key only http://localhost and the like is served")


def _failure(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": text.partition("\n")[0]}, status, headers)
