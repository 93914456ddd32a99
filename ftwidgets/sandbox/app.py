"""The ASGI application: the routes under `/v1`, a check for a key, the service's headers, and one shape of error.

Left out: HTTP. In process, requests come from the `transport`; a server such as uvicorn works too.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import Authenticator
from ftwidgets.sandbox.api.bodies import ORGANIZATION
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock, SystemClock
from ftwidgets.sandbox.faults import FaultMiddleware, FaultRoutes, Faults, JournalMiddleware
from ftwidgets.sandbox.ids import Ids

SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"
FOLDER_ERROR = (
    "The sandbox cannot use its state folder ({}). Is the disk full, or has the folder been removed? "
    "Make room; where the folder is gone, connect() again makes a new one."
)

logger = logging.getLogger(__name__)


def build_app(
    routes: Sequence[BaseRoute],
    *,
    authenticator: Authenticator,
    ids: Ids,
    faults: Faults | None = None,
    clock: Clock | None = None,
    middleware: Sequence[Middleware] = (),
) -> Starlette:
    """Put the routes together under `/v1`, behind authentication; faults and journal under `/admin`."""
    faults, clock = faults or Faults(), clock or SystemClock()
    app = Starlette(
        routes=[
            Mount("/v1", app=Router(routes, redirect_slashes=False)),
            Mount("/admin", app=Router(FaultRoutes(faults).routes(), redirect_slashes=False)),
        ],
        middleware=[
            Middleware(JournalMiddleware, journal=faults.journal, clock=clock),
            Middleware(AuthMiddleware, authenticator=authenticator, ids=ids),
            *middleware,  # here the caller is known, and nobody has read the body yet
            Middleware(FaultMiddleware, faults=faults, clock=clock),
        ],
        exception_handlers={ApiError: _error_response, HTTPException: _error_response},
    )
    app.router.redirect_slashes = False
    return app


class AuthMiddleware:
    """Authenticates every request, adds the service's headers, and puts unexpected errors into OpenAI's envelope."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator, ids: Ids) -> None:
        self._app = app
        self._authenticator = authenticator
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, started = time.perf_counter(), False

        async def stamped(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = self._ids.new("req_", 32)
                headers["openai-version"] = "2020-10-01"
                headers["openai-organization"] = ORGANIZATION
                headers["openai-processing-ms"] = str(round(1000 * (time.perf_counter() - began)))
            await send(message)

        try:
            scope["caller"] = self._authenticator.authenticate(Headers(scope=scope))
        except ApiError as refusal:
            await refusal.response()(scope, receive, stamped)
            return
        try:
            await self._app(scope, receive, stamped)
        except ClientDisconnect:  # in the middle of sending something: nothing of it is kept, and nobody waits for an answer
            return
        except Exception as error:
            logger.exception("%s %s failed.", scope["method"], scope["path"])
            if started:
                raise
            message = SERVER_ERROR
            if isinstance(error, OSError | sqlite3.OperationalError):  # `strerror` names no file on somebody's computer
                message = FOLDER_ERROR.format(getattr(error, "strerror", None) or error)
            await ApiError(500, message, kind="server_error").response()(scope, receive, stamped)


async def _error_response(request: Request, error: Exception) -> Response:
    """Put an error into the envelope, also the router's own: no such route, not with this method, an unreadable form."""
    if isinstance(error, ApiError):
        return error.response()
    assert isinstance(error, HTTPException)
    method, path = request.method, request.url.path
    if error.status_code == 404:
        return ApiError(404, f"Invalid URL ({method} {path}). This sandbox does not serve it.").response()
    if error.status_code == 405:
        message = f"Not allowed to {method} on {path} (HINT: Perhaps you meant to use a different HTTP method?)"
        return ApiError(405, message, code="method_not_supported").response()
    return ApiError(error.status_code, str(error.detail)).response()
