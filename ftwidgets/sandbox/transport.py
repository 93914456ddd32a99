"""From an httpx2 client straight into an ASGI application in the same process: no port, no socket.

The application runs on an event loop in a thread of its own, so a notebook's running loop is never in the way; what
it sends arrives chunk by chunk, and a read that takes longer than the client's timeout ends in `ReadTimeout`.
Left out: streaming of request bodies (they are read whole), trio, WebSockets.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from typing import Any, TypeVar

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message, Scope

T = TypeVar("T")

HANG_UP = "ftwidgets.hang_up"  # the extension of a scope that closes its connection
_AHEAD = 8  # messages the application may be ahead of the reader
_CLOSED = "The sandbox is closed; open a new one."
_UNANSWERED = "Server disconnected without sending a response."  # in the words of the HTTP client
_BEGUN = "peer closed connection without sending complete message body (incomplete chunked read)"
_FORKED = "This sandbox was opened before the process forked and stayed behind; start child processes with 'spawn' instead."


class LoopThread:
    """An event loop in a thread, started when first needed, shared by every exchange."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._closed = False
        self._process = os.getpid()

    def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Start some work on the loop."""
        if os.getpid() != self._process:  # threads do not fork: whoever waited for one would wait for ever
            raise httpx2.ConnectError(_FORKED)
        with self._lock:
            if self._closed:
                raise httpx2.ConnectError(_CLOSED)
            if self._portal is None:
                self._portal = self._stack.enter_context(start_blocking_portal(name="ftwidgets-loop"))
            return self._portal.start_task_soon(work)

    def close(self) -> None:
        """Give up whatever still runs and end the thread."""
        with self._lock:
            self._closed = True
            if self._portal is not None:
                self._portal.call(self._portal.stop, True)
                self._portal = None
            self._stack.close()


class Exchange:
    """One request and its response: the application runs as a task, its messages wait in a queue."""

    def __init__(self, loop: LoopThread, app: ASGIApp, request: httpx2.Request) -> None:
        self._loop = loop
        self._app = app
        self._scope: Scope = {**_scope(request), "extensions": {HANG_UP: self._hang_up}}
        self._body = request.content
        self._sent = self._begun = self._complete = False
        self._queue: asyncio.Queue[Message | Exception] = asyncio.Queue(_AHEAD)
        self.timeout: float | None = request.extensions.get("timeout", {}).get("read")
        self._task = loop.start(self._run)

    def next_message(self) -> Future[Message | Exception]:
        """Ask for the next thing the application sends."""
        return self._loop.start(self._queue.get)

    def close(self) -> None:
        """Stop the application, unless it has sent everything and is only tidying up."""
        if not self._complete:
            self._task.cancel()

    async def _send(self, message: Message) -> None:
        await self._queue.put(message)
        self._begun = True
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._complete = True

    async def _hang_up(self) -> None:
        """Let the reader find what it finds when a server closes the connection."""
        await self._queue.put(httpx2.RemoteProtocolError(_BEGUN if self._begun else _UNANSWERED))

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception as error:
            await self._queue.put(error)

    async def _receive(self) -> Message:
        if self._sent:
            await asyncio.Event().wait()  # until this task is cancelled: nobody else hangs up
        self._sent = True
        return {"type": "http.request", "body": self._body, "more_body": False}


class Transport(httpx2.BaseTransport):
    """For `httpx2.Client`."""

    def __init__(self, loop: LoopThread, app: ASGIApp) -> None:
        self._loop = loop
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request as soon as the response has begun."""
        request.read()
        exchange = Exchange(self._loop, self._app, request)
        start = _wait(exchange)
        return httpx2.Response(start["status"], headers=start["headers"], stream=_Body(exchange), request=request)


class _Body(httpx2.SyncByteStream):
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more:
            message = _wait(self._exchange)
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    def close(self) -> None:
        self._exchange.close()


def _wait(exchange: Exchange) -> Message:
    """Wait for the next message, as long as the client is willing to."""
    future = exchange.next_message()
    try:
        return _checked(future.result(exchange.timeout))
    except TimeoutError as error:
        exchange.close()
        raise _too_slow(exchange) from error
    except CancelledError as error:
        raise httpx2.ReadError(_CLOSED) from error
    except BaseException:
        exchange.close()
        raise
    finally:
        future.cancel()


class AsyncTransport(httpx2.AsyncBaseTransport):
    """For `httpx2.AsyncClient`, on any asyncio loop."""

    def __init__(self, loop: LoopThread, app: ASGIApp) -> None:
        self._loop = loop
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request as soon as the response has begun."""
        await request.aread()
        exchange = Exchange(self._loop, self._app, request)
        start = await _await(exchange)
        return httpx2.Response(start["status"], headers=start["headers"], stream=_AsyncBody(exchange), request=request)


class _AsyncBody(httpx2.AsyncByteStream):
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await _await(self._exchange)
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def aclose(self) -> None:
        self._exchange.close()


async def _await(exchange: Exchange) -> Message:
    """Wait for the next message without holding up the caller's loop."""
    future = exchange.next_message()
    try:
        return _checked(await asyncio.wait_for(asyncio.wrap_future(future), exchange.timeout))
    except TimeoutError as error:
        exchange.close()
        raise _too_slow(exchange) from error
    except BaseException as error:
        exchange.close()
        task = asyncio.current_task()
        if future.cancelled() and task is not None and not task.cancelling():  # the loop was closed, not the caller
            raise httpx2.ReadError(_CLOSED) from error
        raise


def _checked(message: Message | Exception) -> Message:
    if isinstance(message, httpx2.TransportError):
        raise message
    if isinstance(message, Exception):
        raise httpx2.ReadError(f"The sandbox broke off: {message!r}") from message
    return message


def _too_slow(exchange: Exchange) -> httpx2.ReadTimeout:
    return httpx2.ReadTimeout(f"Nothing came from the sandbox for {exchange.timeout} s.")


def _scope(request: httpx2.Request) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port),
        "client": ("in-process", 0),
    }
