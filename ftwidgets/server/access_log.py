"""One line a request, and errors that tell where, never what: no key, no name, no content reaches a log.

A line has the method, the path with its ids (not what follows the `?`), the status, milliseconds and the owner's short name, by
which the class list tells who it is. Anything that looks like a key is masked. Left out: where the lines go.
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
_ODD = re.compile(r"[^\x21-\x7e]")
LONGEST_PATH = 200


class AccessLog:
    """The outermost layer of the application: writes a line when an answer has ended.

    Parameters
    ----------
    app
        What lies behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            caller: Caller | None = scope.get("caller")
            spent = 1000 * (time.perf_counter() - began)
            owner = (caller.owner or "own") if caller else "-"
            logger.info("%s %s %s %.0f ms %s", scope["method"], path_of(scope), status or "cut", spent, owner)


def path_of(scope: Scope) -> str:
    """Give the path of a request as it may be logged: one line, no key, no query, not too long."""
    path = _ODD.sub("?", scope["path"][: LONGEST_PATH + 1])
    if "sk-" in path:
        path = _KEY.sub("sk-****", path)
    return path if len(path) <= LONGEST_PATH else path[:LONGEST_PATH] + "..."


class Discreet(logging.Formatter):
    """Formats an error as its kind and the places it passed, without its words, which may quote what somebody wrote."""

    def formatException(  # noqa: N802 - logging's own name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Tell kind and places of an error."""
        kind, _, trace = ei
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n".join([*places, kind.__name__ if kind else "no error"])

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, whatever another formatter has made of its error before."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Format the line itself: whatever looks like a key is masked, and it stays one line."""
        line = super().formatMessage(record)
        if not line.isprintable():
            line = "".join(sign if sign.isprintable() else "?" for sign in line)
        return _KEY.sub("sk-****", line) if "sk-" in line or "earer" in line else line


def set_up_logging() -> None:
    """Send what the server has to say to standard error, discreetly and cheaply; called once, where a process serves."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # no line tells where it comes from, so it need not be found out (Python's logging HOWTO)
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("ftwidgets.server", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO if name.startswith("ft") else logging.WARNING)
