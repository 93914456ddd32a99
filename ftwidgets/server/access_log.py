"""The access log, one line a request, and a log formatter: neither ever writes a key, a name or any content.

A line has the method, the path with its ids but without its query, the status, the milliseconds and the owner's id, which the
class list connects to a person. Whatever looks like a key is masked.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from types import TracebackType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import Caller

logger = logging.getLogger("ftwidgets.server.access_log")

_KEY = re.compile(r"sk-[A-Za-z0-9_-]+|[Bb]earer\s+\S+")
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")
MAX_PATH = 200  # characters of a path that are logged


class AccessLogMiddleware:
    """The outermost middleware of the server: logs a line when an answer has ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            caller: Caller | None = scope.get("caller")
            milliseconds = 1000 * (time.perf_counter() - began)
            owner = (caller.owner or "own") if caller else "-"
            logger.info("%s %s %s %.0f ms %s", scope["method"], loggable_path(scope), status or "cut", milliseconds, owner)


def loggable_path(scope: Scope) -> str:
    """Return the path of a request for the log: printable, without a key or a query, at most 200 characters."""
    path = _NOT_PRINTABLE.sub("?", scope["path"][: MAX_PATH + 1])
    if "sk-" in path:
        path = _KEY.sub("sk-****", path)
    return path if len(path) <= MAX_PATH else path[:MAX_PATH] + "..."


class RedactingFormatter(logging.Formatter):
    """Formats an error as its class and its places in the code, without its message, which may quote what a user wrote."""

    def formatException(  # noqa: N802 - logging's own name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Format the class of an error and the places of its traceback."""
        kind, _, trace = ei
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n".join([*places, kind.__name__ if kind else "no error"])

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, ignoring what another formatter may have stored of its error."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Format the message as one printable line in which keys are masked."""
        line = super().formatMessage(record)
        if not line.isprintable():
            line = "".join(character if character.isprintable() else "?" for character in line)
        return _KEY.sub("sk-****", line) if "sk-" in line or "earer" in line else line


def set_up_logging() -> None:
    """Log to standard error with the `RedactingFormatter`; called once, by the process that serves."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # no line shows its place in the code, so logging need not look for it (Python's logging HOWTO)
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ftwidgets.server").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
