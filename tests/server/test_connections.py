"""Who is silent, slow or endless is cut off, and holds nobody else up; a stop lets streams end. Over real sockets."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ftwidgets.server.connections import GuardedH11, Server, fastest_protocol, listen, make_server

from .conftest import KEYS, World

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
KINDS = {"h11": GuardedH11, "fastest": fastest_protocol()}


async def hello(request: Request) -> Response:
    """Answer at once."""
    return PlainTextResponse("hello")


async def drops(request: Request) -> Response:
    """Answer in so many pieces, one each 0.1 s."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(int(request.query_params["n"])):
            yield b"."
            await asyncio.sleep(0.1)

    return StreamingResponse(pieces())


APP = Starlette(routes=[Route("/", hello), Route("/drops", drops)])


class Running:
    """A server in a thread."""

    def __init__(self, app: Any, **options: Any) -> None:
        self._socket = listen("127.0.0.1", 0)
        self.port = self._socket.getsockname()[1]
        up = threading.Event()
        self.server: Server = make_server(app, started=up.set, **options)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._socket]})
        self.thread.start()
        assert up.wait(20)

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def get(self, path: str = "/") -> httpx2.Response:
        """Ask on a connection of its own."""
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=20, trust_env=False)

    def close(self) -> None:
        """Stop."""
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    """Start servers, and stop them."""
    made: list[Running] = []

    def start(app: Any = APP, **options: Any) -> Running:
        made.append(Running(app, **options))
        return made[-1]

    yield start
    for one in made:
        one.close()


def ended(connection: socket.socket, seconds: float = 10) -> bytes:
    """Read until the other side closes, and give what came; fails if it does not."""
    connection.settimeout(seconds)
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_silent_are_cut_off(run: Callable[..., Running], kind: str) -> None:
    """A connection that never says anything is closed after its time."""
    began = time.monotonic()
    with closing(run(protocol=KINDS[kind], head_seconds=0.4).connect()) as silent:
        assert ended(silent) == b""
    assert 0.3 < time.monotonic() - began < 8


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", [b"", HEAD + b"\r\n"], ids=["first request", "second request"])
def test_a_head_in_drops_is_cut_off(run: Callable[..., Running], kind: str, first: bytes) -> None:
    """Slow loris: a byte now and then keeps nothing open; others are answered meanwhile."""
    server = run(protocol=KINDS[kind], head_seconds=0.6)
    with closing(server.connect()) as loris:
        if first:
            loris.sendall(first)
            assert b"hello" in loris.recv(4096)
        began = time.monotonic()
        loris.settimeout(0.05)
        for letter in iter((HEAD + b"X-Slow: " + b"a" * 500).decode()):
            try:
                loris.sendall(letter.encode())
                if loris.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert 0.4 < time.monotonic() - began < 8
        assert server.get().text == "hello"


@pytest.mark.parametrize("kind", KINDS)
def test_an_endless_head_is_refused(run: Callable[..., Running], kind: str) -> None:
    """However fast it comes, a head has an end."""
    with closing(run(protocol=KINDS[kind]).connect()) as endless:
        endless.sendall(HEAD)
        sent = 0
        try:
            while sent < 50_000_000:
                endless.sendall(b"X-More: " + b"a" * 8000 + b"\r\n")
                sent += 8000
        except ConnectionError:
            pass
        assert sent < 20_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_idle_connections_make_room(run: Callable[..., Running], kind: str) -> None:
    """With room for 20, 200 that say nothing stop neither a stream that is going on nor a new request."""
    server = run(protocol=KINDS[kind], max_connections=20)
    with closing(server.connect()) as stream:
        stream.sendall(b"GET /drops?n=15 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert stream.recv(1)
        idle = [server.connect() for _ in range(200)]
        began = time.monotonic()
        assert [server.get().text for _ in range(5)] == ["hello"] * 5
        assert time.monotonic() - began < 5
        assert len(server.server.server_state.connections) <= 21
        assert ended(stream).count(b".\r\n") == 15
        for one in idle:
            one.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_in_drops_is_cut_off(run: Callable[..., Running], make_world: Callable[..., World], kind: str) -> None:
    """408 in the envelope, before the body is whole; others are answered meanwhile."""
    world = make_world(body_seconds=0.5)
    server = run(world.service.app, protocol=KINDS[kind])
    with closing(server.connect()) as loris:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEYS['ada']}\r\n"
        loris.sendall(head.encode() + b"Content-Length: 1000\r\n\r\n{")
        began, answer = time.monotonic(), b""
        loris.settimeout(0.1)
        while b"\r\n\r\n" not in answer and time.monotonic() - began < 8:
            try:
                loris.sendall(b" ")
                answer += loris.recv(4096)
            except TimeoutError:
                assert server.get("/healthz").text == "ok\n"
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"request_timeout"' in answer


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_body_gets_its_answer(run: Callable[..., Running], make_world: Callable[..., World], kind: str) -> None:
    """A client that sends far too much, with or without a length, reads the 413 and not a broken connection."""
    server = run(make_world().service.app, protocol=KINDS[kind])
    headers = {"Authorization": f"Bearer {KEYS['ada']}"}
    address = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    for content in (b"x" * 6_000_000, (b"x" * 100_000 for _ in range(60))):
        response = httpx2.post(address, content=content, headers=headers, timeout=20, trust_env=False)
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "request_too_large"


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_lets_streams_end(run: Callable[..., Running], kind: str) -> None:
    """What is being answered is answered to its end; a connection that only waits is closed at once."""
    server = run(protocol=KINDS[kind])
    with closing(server.connect()) as stream, closing(server.connect()) as idle:
        stream.sendall(b"GET /drops?n=12 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert stream.recv(1)
        server.server.should_exit = True
        assert ended(idle) == b""
        assert ended(stream).count(b".\r\n") == 12
        server.thread.join(10)
        assert not server.thread.is_alive()


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_is_bounded(run: Callable[..., Running], kind: str) -> None:
    """A stream without end does not hold the server for ever."""
    server = run(protocol=KINDS[kind], stop_seconds=1)
    with closing(server.connect()) as stream:
        stream.sendall(b"GET /drops?n=10000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert stream.recv(1)
        server.server.should_exit = True
        began = time.monotonic()
        server.thread.join(15)
        assert not server.thread.is_alive()
        assert time.monotonic() - began < 10
