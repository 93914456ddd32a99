"""Transports from an httpx2 client to an ASGI application in the same process: no port, no socket.

The application runs on an event loop in a thread of its own, so it works beside the running loop of a notebook. What it
sends arrives chunk by chunk, and a read that takes longer than the client's timeout ends in `ReadTimeout`. The body of a
request is sent in pieces, so a large upload is never in memory as a whole.
Left out: trio, WebSockets, an application that reads on after it has begun to answer (it waits for ever).
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from functools import partial
from typing import Any, TypeVar

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message, Scope

from ftwidgets.errors import SandboxClosed

T = TypeVar("T")

HANG_UP = "ftwidgets.hang_up"  # the extension of a scope that closes its connection
_QUEUE_SIZE = 8  # messages that wait, of the answer for its reader and of the body for the application
_PIECE_SIZE = 1 << 18  # bytes of a body in one message
_CLOSED = "The sandbox is closed; open a new one."
_NO_ANSWER = "Server disconnected without sending a response."  # in the words of the HTTP client
_HALF_ANSWER = "peer closed connection without sending complete message body (incomplete chunked read)"
_FORKED = "This sandbox was opened before the process forked and stayed behind; start child processes with 'spawn' instead."


class ClosedError(httpx2.ConnectError, SandboxClosed):
    """A request to a sandbox that is closed; `ftwidgets.jobs` finds it behind the error of the `openai` client."""


class LoopThread:
    """An event loop in a thread, started by the first request and shared by all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._closed = False
        self._process = os.getpid()

    def start(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Start a coroutine on the loop."""
        if os.getpid() != self._process:  # a fork has no threads: waiting for this one would never end
            raise httpx2.ConnectError(_FORKED)
        with self._lock:
            if self._closed:
                raise ClosedError(_CLOSED)
            if self._portal is None:
                self._portal = self._stack.enter_context(start_blocking_portal(name="ftwidgets-loop"))
            return self._portal.start_task_soon(work)

    def close(self) -> None:
        """Cancel whatever still runs and end the thread."""
        with self._lock:
            self._closed = True
            if self._portal is not None:
                self._portal.call(self._portal.stop, True)
                self._portal = None
            self._stack.close()


class Exchange:
    """One request and its response: the application runs as a task on the loop, and its messages wait in a queue."""

    def __init__(self, loop: LoopThread, app: ASGIApp, request: httpx2.Request) -> None:
        self._loop = loop
        self._app = app
        self._scope: Scope = {**_scope(request), "extensions": {HANG_UP: self._hang_up}}
        self._begun = self._complete = self._body_ended = False
        self._queue: asyncio.Queue[Message | Exception] = asyncio.Queue(_QUEUE_SIZE)
        self._ready: deque[Message | Exception] = deque()
        self._body: asyncio.Queue[Message] = asyncio.Queue(_QUEUE_SIZE)
        self._has_room = asyncio.Event()
        timeouts = request.extensions.get("timeout", {})
        self.timeout: float | None = timeouts.get("read")
        self.write_timeout: float | None = timeouts.get("write")
        self.streams = False  # whether the body is to be sent in pieces
        try:
            self._body.put_nowait(_piece(request.content, more=False))
        except httpx2.RequestNotRead:  # it is not in memory as a whole
            self.streams = True
        self._task = loop.start(self._run)

    def send_piece(self, piece: bytes, *, more: bool) -> Future[bool]:
        """Send a piece of the body as soon as there is room; the result says whether the application wants more."""
        return self._loop.start(partial(self._put_piece, _piece(piece, more=more)))

    def next_message(self) -> Future[Message | Exception]:
        """Ask for the next message of the application; a second one that is ready too is kept, to save a call to the loop."""
        if not self._ready:
            return self._loop.start(self._take)
        found: Future[Message | Exception] = Future()
        found.set_result(self._ready.popleft())
        return found

    def close(self) -> None:
        """Stop the application, unless it has sent everything and is only cleaning up."""
        if not self._complete:
            self._task.cancel()

    async def _take(self) -> Message | Exception:
        message = await self._queue.get()
        if not self._queue.empty():  # often the body is ready with the head
            self._ready.append(self._queue.get_nowait())
        return message

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._end_body()
        await self._queue.put(message)
        self._begun = True
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._complete = True

    async def _hang_up(self) -> None:
        """Raise in the reader what a server that closes the connection would cause."""
        self._end_body()
        await self._queue.put(httpx2.RemoteProtocolError(_HALF_ANSWER if self._begun else _NO_ANSWER))

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception as error:
            await self._queue.put(error)
        finally:
            self._end_body()

    async def _receive(self) -> Message:
        message = await self._body.get()  # after the last piece it waits until this task is cancelled
        self._has_room.set()
        return message

    async def _put_piece(self, message: Message) -> bool:
        while self._body.full() and not self._body_ended:
            self._has_room.clear()
            await self._has_room.wait()
        if not self._body_ended:
            self._body.put_nowait(message)
        return not self._body_ended

    def _end_body(self) -> None:
        """Stop sending the body: the answer has begun, or there will be none."""
        self._body_ended = True
        self._has_room.set()


class _Pieces:
    """Cuts a body that comes in chunks of any size into pieces of `_PIECE_SIZE` bytes; only the last may be smaller."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def add(self, chunk: bytes) -> Iterator[bytes]:
        """Add a chunk; yields the pieces that are full and not the last."""
        rest = memoryview(chunk)
        while len(self._buffer) + len(rest) > _PIECE_SIZE:
            room = _PIECE_SIZE - len(self._buffer)
            self._buffer += rest[:room]
            yield bytes(self._buffer)
            self._buffer.clear()
            rest = rest[room:]
        self._buffer += rest

    def last(self) -> bytes:
        """Return the last piece."""
        return bytes(self._buffer)


class Transport(httpx2.BaseTransport):
    """The transport of an `httpx2.Client`."""

    def __init__(self, loop: LoopThread, app: ASGIApp) -> None:
        self._loop = loop
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; returns as soon as the response has begun."""
        exchange = Exchange(self._loop, self._app, request)
        if exchange.streams:
            _send_body(exchange, request)
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


def _send_body(exchange: Exchange, request: httpx2.Request) -> None:
    """Send the body until it ends or the application wants no more."""
    assert isinstance(request.stream, httpx2.SyncByteStream)
    pieces = _Pieces()
    try:
        for chunk in request.stream:
            for piece in pieces.add(chunk):
                if not _send_piece(exchange, piece, more=True):
                    return
        _send_piece(exchange, pieces.last(), more=False)
    except BaseException:
        exchange.close()
        raise


def _send_piece(exchange: Exchange, piece: bytes, *, more: bool) -> bool:
    future = exchange.send_piece(piece, more=more)
    try:
        return future.result(exchange.write_timeout)
    except TimeoutError as error:
        raise _write_timeout(exchange) from error
    except CancelledError as error:
        raise httpx2.WriteError(_CLOSED) from error
    finally:
        future.cancel()


def _wait(exchange: Exchange) -> Message:
    """Wait for the next message, up to the client's timeout."""
    future = exchange.next_message()
    try:
        return _checked(future.result(exchange.timeout))
    except TimeoutError as error:
        exchange.close()
        raise _read_timeout(exchange) from error
    except CancelledError as error:
        raise httpx2.ReadError(_CLOSED) from error
    except BaseException:
        exchange.close()
        raise
    finally:
        future.cancel()


class AsyncTransport(httpx2.AsyncBaseTransport):
    """The transport of an `httpx2.AsyncClient`, on any asyncio loop."""

    def __init__(self, loop: LoopThread, app: ASGIApp) -> None:
        self._loop = loop
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; returns as soon as the response has begun."""
        exchange = Exchange(self._loop, self._app, request)
        if exchange.streams:
            await _asend_body(exchange, request)
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


async def _asend_body(exchange: Exchange, request: httpx2.Request) -> None:
    """Send the body until it ends or the application wants no more."""
    assert isinstance(request.stream, httpx2.AsyncByteStream)
    pieces = _Pieces()
    try:
        async for chunk in request.stream:
            for piece in pieces.add(chunk):
                if not await _asend_piece(exchange, piece, more=True):
                    return
        await _asend_piece(exchange, pieces.last(), more=False)
    except BaseException:
        exchange.close()
        raise


async def _asend_piece(exchange: Exchange, piece: bytes, *, more: bool) -> bool:
    future = exchange.send_piece(piece, more=more)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), exchange.write_timeout)
    except TimeoutError as error:
        raise _write_timeout(exchange) from error
    except asyncio.CancelledError as error:
        if _is_closed(future):
            raise httpx2.WriteError(_CLOSED) from error
        raise


async def _await(exchange: Exchange) -> Message:
    """Wait for the next message without blocking the caller's loop."""
    future = exchange.next_message()
    try:
        return _checked(await asyncio.wait_for(asyncio.wrap_future(future), exchange.timeout))
    except TimeoutError as error:
        exchange.close()
        raise _read_timeout(exchange) from error
    except BaseException as error:
        exchange.close()
        if _is_closed(future):
            raise httpx2.ReadError(_CLOSED) from error
        raise


def _is_closed(future: Future[Any]) -> bool:
    """Say whether the sandbox's loop has ended, rather than the caller been cancelled."""
    task = asyncio.current_task()
    return future.cancelled() and task is not None and not task.cancelling()


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def _checked(message: Message | Exception) -> Message:
    if isinstance(message, httpx2.TransportError):
        raise message
    if isinstance(message, Exception):
        raise httpx2.ReadError(f"The sandbox broke off: {message!r}") from message
    return message


def _read_timeout(exchange: Exchange) -> httpx2.ReadTimeout:
    return httpx2.ReadTimeout(f"Nothing came from the sandbox for {exchange.timeout} s.")


def _write_timeout(exchange: Exchange) -> httpx2.WriteTimeout:
    return httpx2.WriteTimeout(f"The sandbox took nothing more of the body for {exchange.write_timeout} s.")


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
