"""The body of a request on its way into an ASGI application: in pieces, no faster than it is read."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import openai
import pytest
from starlette.types import Receive, Scope, Send

from ftwidgets.sandbox.transport import AsyncTransport, LoopThread, Transport

URL = "http://test.invalid/"
PIECE = 1 << 18
AHEAD = 12  # pieces: what waits for the application, and the one that is being cut


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """Give an event loop in a thread."""
    made = LoopThread()
    yield made
    made.close()


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_all(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        assert len(message["body"]) <= PIECE
        body, more = body + message["body"], message["more_body"]
    return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back what came."""
    await answer(send, await read_all(receive))


async def curt(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without reading."""
    await answer(send, b"no", 413)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """Break off after the first piece."""
    await receive()
    raise KeyError("oh")


async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
    """Neither read nor answer."""
    await asyncio.sleep(60)


def pulled(count: int, taken: list[int]) -> Iterator[bytes]:
    """Give so many chunks and note each that is asked for."""
    for number in range(count):
        taken.append(number)
        yield bytes([number % 256]) * PIECE


def both(loop: LoopThread, app: Any, body: Any, **options: Any) -> list[httpx2.Response]:
    """Post a body made by `body()` with both kinds of client."""
    with httpx2.Client(transport=Transport(loop, app), **options) as http:
        first = http.post(URL, content=body())

    async def later() -> httpx2.Response:
        async def chunks() -> AsyncIterator[bytes]:
            for chunk in body():
                yield chunk

        async with httpx2.AsyncClient(transport=AsyncTransport(loop, app), **options) as http:
            return await http.post(URL, content=chunks())

    return [first, asyncio.run(later())]


@pytest.mark.parametrize(
    "sizes",
    [[], [0], [1], [PIECE], [PIECE + 1], [3 * PIECE], [1] * 1000, [PIECE - 1, 2], [5, 4 * PIECE + 3, 0, 7], [20 * PIECE]],
)
def test_a_streamed_body_arrives_whole(loop: LoopThread, sizes: list[int]) -> None:
    """Whatever the size of its chunks; no piece is larger than it should be."""
    chunks = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    assert [one.content for one in both(loop, echo, lambda: iter(chunks))] == [b"".join(chunks)] * 2


def test_a_body_is_not_read_faster_than_it_is_taken(loop: LoopThread) -> None:
    """While the application does nothing, only a few pieces are in memory; in the end all have come."""
    seen: list[int] = []
    taken: list[int] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.3)
        seen.append(len(taken))
        await answer(send, b"%d" % len(await read_all(receive)))

    def body() -> Iterator[bytes]:
        taken.clear()
        return pulled(50, taken)

    assert [one.content for one in both(loop, slow, body)] == [b"%d" % (50 * PIECE)] * 2
    assert all(1 < count <= AHEAD for count in seen)


def test_an_early_answer_ends_the_sending(loop: LoopThread) -> None:
    """Nobody goes on sending what nobody will read."""
    taken: list[int] = []
    for one in both(loop, curt, lambda: pulled(500, taken)):
        assert (one.status_code, one.content) == (413, b"no")
    assert len(taken) <= 2 * AHEAD


def test_an_application_that_breaks_off_ends_the_sending(loop: LoopThread) -> None:
    """The error is that of the application, and it comes at once."""
    taken: list[int] = []
    with httpx2.Client(transport=Transport(loop, broken)) as http, pytest.raises(httpx2.ReadError, match="oh"):
        http.post(URL, content=pulled(500, taken))
    assert len(taken) <= AHEAD


def test_the_clients_timeout_holds_for_writing(loop: LoopThread) -> None:
    """For both kinds of client."""
    http = httpx2.Client(transport=Transport(loop, deaf), timeout=0.2)
    with http, pytest.raises(httpx2.WriteTimeout, match=r"0\.2 s"):
        http.post(URL, content=pulled(500, []))

    async def main() -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for chunk in pulled(500, []):
                yield chunk

        async with httpx2.AsyncClient(transport=AsyncTransport(loop, deaf), timeout=0.2) as http:
            with pytest.raises(httpx2.WriteTimeout):
                await http.post(URL, content=chunks())

    asyncio.run(main())


def test_a_body_that_cannot_be_read_stops_the_application(loop: LoopThread) -> None:
    """The caller gets their own error, and nothing waits for the rest."""
    ended = threading.Event()

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await read_all(receive)
        finally:
            ended.set()

    def body() -> Iterator[bytes]:
        yield bytes(2 * PIECE)
        raise OSError("the disk is gone")

    with httpx2.Client(transport=Transport(loop, reading)) as http, pytest.raises(OSError, match="the disk is gone"):
        http.post(URL, content=body())
    assert ended.wait(2)


def test_a_loop_that_is_closed_ends_the_sending() -> None:
    """With an error of the connection, for both kinds of client."""
    loop = LoopThread()
    with httpx2.Client(transport=Transport(loop, deaf)) as http:
        threading.Timer(0.2, loop.close).start()
        with pytest.raises(httpx2.WriteError, match="closed"):
            http.post(URL, content=pulled(500, []))

    async def main() -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for chunk in pulled(500, []):
                yield chunk

        loop = LoopThread()
        async with httpx2.AsyncClient(transport=AsyncTransport(loop, deaf)) as http:
            threading.Timer(0.2, loop.close).start()
            with pytest.raises(httpx2.WriteError, match="closed"):
                await http.post(URL, content=chunks())

    asyncio.run(main())


def test_a_retry_sends_the_whole_body_again(loop: LoopThread, tmp_path: Any) -> None:
    """The openai client rewinds the file, however much of it the first attempt has sent."""
    bodies: list[bytes] = []
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789" * 300_000)
    file = b'{"id":"f","object":"file","bytes":1,"created_at":1,"filename":"a","purpose":"batch","status":"processed"}'

    async def moody(scope: Scope, receive: Receive, send: Send) -> None:
        bodies.append(b"")
        if len(bodies) == 1:
            await receive()
            await answer(send, b"{}", 500)
        else:
            bodies[-1] = await read_all(receive)
            await answer(send, file)

    http = httpx2.Client(transport=Transport(loop, moody))
    with openai.OpenAI(api_key="x", base_url=URL, http_client=http, max_retries=1) as client, path.open("rb") as content:
        assert client.files.create(file=content, purpose="batch").id == "f"
    assert len(bodies) == 2
    assert path.read_bytes() in bodies[1]
