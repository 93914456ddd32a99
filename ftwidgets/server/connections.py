"""Connections that cost nothing to others: whoever is silent or slow is cut off, and makes room first.

uvicorn times the silence between two requests. Added here: the silence before the first one, a head of a request that comes in
drops (slow loris, as in RFC 9110's 408), one that never ends, and the number of connections: where there is no room for a new
one, the idle one that has been longest without a request goes. Left out: bodies (`reading`).
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
STOP_SECONDS = 20  # a stream has so long to end when the server is asked to stop
KEEP_ALIVE = 75  # seconds a connection may be silent between two requests; people poll every few seconds
LARGEST_HEAD = 64 * 1024
_M_ARENA_MAX = -8
ROOM = 4000


class Guard:
    """What is added to a protocol of uvicorn's; a mixin, for there are two protocols.

    A connection is idle while no request of it is being answered. It may be so for `head_seconds` before its first request and
    as long over the head of each one; between two requests uvicorn's own time holds.
    """

    head_seconds = HEAD_SECONDS
    room = ROOM

    _clock = itertools.count()

    def connection_made(self: Any, transport: Any) -> None:
        """Begin to wait for a first request; make room if there is none."""
        super().connection_made(transport)  # type: ignore[misc]
        self._waiting = None
        self._head = 0
        self._since = next(Guard._clock)
        self._wait_for_head()
        if len(self.connections) > self.room:
            idle = [one for one in self.connections if one.is_idle()]
            min(idle, key=lambda one: (one.cycle is not None, one._since), default=self).transport.close()

    def connection_lost(self: Any, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)  # type: ignore[misc]

    def data_received(self: Any, data: bytes) -> None:
        """Take in what has come; a head that has begun must end in time, and within bounds."""
        super().data_received(data)  # type: ignore[misc]
        if not self.is_idle():
            self._since, self._head = next(Guard._clock), 0
            self._stop_waiting()
            return
        self._wait_for_head()
        self._head += len(data) if self.in_head() else 0
        if self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of this request is too large.")

    def is_idle(self: Any) -> bool:
        """Tell whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def in_head(self: Any) -> bool:
        """Tell whether what comes belongs to the head of a request."""
        return False  # h11 bounds its heads itself

    def _wait_for_head(self: Any) -> None:
        if self._waiting is None and not self.transport.is_closing():
            self._waiting = self.loop.call_later(self.head_seconds, self._too_slow)

    def _stop_waiting(self: Any) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _too_slow(self: Any) -> None:
        self._waiting = None
        if self.is_idle() and not self.transport.is_closing():
            self.transport.close()


class GuardedH11(Guard, H11Protocol):
    """The protocol in pure Python, guarded."""


def protocol() -> type[asyncio.Protocol]:
    """Give the fastest protocol that is installed, guarded."""
    if importlib.util.find_spec("httptools") is None:
        return GuardedH11
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class GuardedHttpTools(Guard, HttpToolsProtocol):
        """The protocol in C, guarded."""

        _beginning = False

        def on_message_begin(self) -> None:
            """Note that a head begins."""
            self._beginning = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            """Note that the head is over."""
            self._beginning = False
            super().on_headers_complete()

        def in_head(self) -> bool:
            """Tell whether what comes belongs to the head of a request."""
            return self._beginning

    return GuardedHttpTools


def room() -> int:
    """Tell how many connections this process may have open, after asking the system for more."""
    try:
        import resource
    except ImportError:  # Windows
        return 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ROOM + 500
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return ROOM if soft == resource.RLIM_INFINITY else max(64, min(ROOM, soft - 200))


def keep_memory_together() -> None:
    """Have the C library keep two pools of memory, not one a thread: what one thread gives back, another can use.

    Where there is no such setting (outside glibc), nothing happens. M_ARENA_MAX, mallopt(3).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 2)


class Server(uvicorn.Server):
    """uvicorn's server; asked by a signal to stop it does so and returns, where uvicorn's raises the signal once more.

    Parameters
    ----------
    config
        uvicorn's.
    started
        Called once the server answers.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self._tell()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop; a second signal does not wait for anybody."""
        self.force_exit = self.should_exit
        self.should_exit = True


def make_server(
    app: ASGIApp,
    *,
    started: Callable[[], None] = lambda: None,
    kind: type[asyncio.Protocol] | None = None,
    most: int | None = None,
    head_seconds: float = HEAD_SECONDS,
    stop_seconds: int = STOP_SECONDS,
) -> Server:
    """Make a server; its `run(sockets=[...])` serves until SIGINT or SIGTERM, then lets what is being answered end.

    Parameters
    ----------
    app
        The application.
    started
        Called once the server answers.
    kind
        A guarded protocol; by default the fastest that is installed.
    most
        Connections; by default as many as this process may have.
    head_seconds
        How long the head of a request may take.
    stop_seconds
        How long what is being answered may take once the server is asked to stop.
    """
    bounds = {"room": most or room(), "head_seconds": head_seconds}
    config = uvicorn.Config(
        app,
        http=type("Guarded", (kind or protocol(),), bounds),
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
    """Take an address; port 0 takes any that is free.

    Raises
    ------
    FtwidgetsError
        If it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        try:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(address)
        except BaseException:
            taken.close()
            raise
    except OSError as error:
        raise FtwidgetsError(f"{host}, port {port} cannot be had ({error}). Choose another with --host and --port.") from error
    return taken
