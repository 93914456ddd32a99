"""The HTTP server, guarded: it closes silent and slow connections, and limits how many there are.

uvicorn times the silence between two requests. Added here are limits for the silence before the first request, for the head of
a request that comes slowly (slow loris; RFC 9110's 408) or never ends, and for the number of connections: if there are too
many, the one that has been idle longest is closed. `request_body` limits bodies.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import itertools
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ftwidgets.errors import FtwidgetsError

HEAD_SECONDS = 15.0
STOP_SECONDS = 20  # time for streams to end when the server is stopped
KEEP_ALIVE = 75  # seconds a connection may be silent between two requests; people poll every few seconds
MAX_HEAD = 64 * 1024  # bytes
MAX_CONNECTIONS = 4000
_M_ARENA_MAX = -8


class ConnectionGuard:
    """A mixin for uvicorn's two HTTP protocols that limits idle connections and the heads of requests.

    A connection is idle while none of its requests is being answered. It may be idle for `head_seconds` before its first
    request, and the head of each request may take as long; between two requests uvicorn's own limit holds.
    """

    head_seconds = HEAD_SECONDS
    max_connections = MAX_CONNECTIONS

    in_head = (
        False  # whether the data that comes belongs to the head of a request; stays False for h11, which limits heads itself
    )
    _order = itertools.count()

    def connection_made(self: Any, transport: Any) -> None:
        """Start the time limit of the first request; if there are too many connections, close the one idle longest."""
        super().connection_made(transport)  # type: ignore[misc]
        self._timer = None
        self._head_size = 0
        self._last_active = next(ConnectionGuard._order)
        self._start_timer()
        if len(self.connections) > self.max_connections:
            idle = [other for other in self.connections if other.is_idle()]
            min(idle, key=lambda other: (other.cycle is not None, other._last_active), default=self).transport.close()

    def connection_lost(self: Any, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)  # type: ignore[misc]

    def data_received(self: Any, data: bytes) -> None:
        """Pass the data on; a head that has begun must end in time and must not be too large."""
        super().data_received(data)  # type: ignore[misc]
        if not self.is_idle():
            self._last_active, self._head_size = next(ConnectionGuard._order), 0
            self._stop_timer()
            return
        self._start_timer()
        self._head_size += len(data) if self.in_head else 0
        if self._head_size > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of this request is too large.")

    def is_idle(self: Any) -> bool:
        """Tell whether no request of this connection is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _start_timer(self: Any) -> None:
        if self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self.head_seconds, self._close_if_idle)

    def _stop_timer(self: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close_if_idle(self: Any) -> None:
        self._timer = None
        if self.is_idle() and not self.transport.is_closing():
            self.transport.close()


class GuardedH11(ConnectionGuard, H11Protocol):
    """uvicorn's protocol in pure Python, guarded."""


def fastest_protocol() -> type[asyncio.Protocol]:
    """Return the fastest protocol that is installed, guarded."""
    if importlib.util.find_spec("httptools") is None:
        return GuardedH11
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class GuardedHttpTools(ConnectionGuard, HttpToolsProtocol):
        """uvicorn's protocol in C, guarded."""

        def on_message_begin(self) -> None:
            self.in_head = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.in_head = False
            super().on_headers_complete()

    return GuardedHttpTools


def connection_limit() -> int:
    """Return how many connections this process may have open, after raising the system's limit of open files."""
    try:
        import resource
    except ImportError:  # Windows
        return 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + 500
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(64, min(MAX_CONNECTIONS, soft - 200))


def limit_memory_arenas() -> None:
    """Let glibc keep two memory arenas, not one for each thread, so that threads reuse each other's freed memory.

    Outside glibc nothing happens. M_ARENA_MAX, mallopt(3).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 2)


class Server(uvicorn.Server):
    """uvicorn's server, except that `run` returns after a signal to stop, where uvicorn raises the signal again.

    `started` is called once the server answers.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and call `started`."""
        await super().startup(sockets)
        self._started()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop; a second signal does not wait for answers to end."""
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(
    app: ASGIApp,
    *,
    started: Callable[[], None] = lambda: None,
    protocol: type[asyncio.Protocol] | None = None,
    max_connections: int | None = None,
    head_seconds: float = HEAD_SECONDS,
    stop_seconds: int = STOP_SECONDS,
) -> Server:
    """Make a server; its `run(sockets=[...])` serves until SIGINT or SIGTERM, then lets answers that have begun end.

    By default it has the fastest `protocol` that is installed, and as many connections as this process may have. `started` is
    called once the server answers; `stop_seconds` is how long answers may take to end once it is stopped.
    """
    limits = {"max_connections": max_connections or connection_limit(), "head_seconds": head_seconds}
    config = uvicorn.Config(
        app,
        http=type("Guarded", (protocol or fastest_protocol(),), limits),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=stop_seconds,
    )
    return Server(config, started)


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket to an address; port 0 means any free port.

    Raises
    ------
    FtwidgetsError
        If the address cannot be used.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, number)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
    except OSError as error:
        raise FtwidgetsError(f"{host}, port {port} cannot be used ({error}). Choose another with --host and --port.") from error
    return bound
