"""The layer of the app where faults happen: it asks what is planned for a request and sees to it.

It stands within the layer that knows the caller and stamps the headers, so its answers look like any other. A connection is
closed by whoever holds it: the scope's extension `ftwidgets.hang_up` says how. Left out: what happens when (`decisions`).
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import bearer_key
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.faults.fault_engine import Decisions
from ftwidgets.sandbox.faults.journal import NOTE, SERVED, Note
from ftwidgets.sandbox.faults.limits import Asked
from ftwidgets.sandbox.faults.outcomes import Break, HangUp, Refuse
from ftwidgets.sandbox.faults.token_usage import Guess, Meter, guess
from ftwidgets.sandbox.transport import HANG_UP


class ConnectionDroppedError(Exception):
    """The connection was to be closed without an answer, where nobody has told how; the server makes of it what it does."""


class FaultLayer:
    """Lets happen to requests what the rules say.

    Parameters
    ----------
    app
        What answers when nothing goes wrong.
    faults
        The rules.
    clock
        For rate limits and stalls.
    """

    def __init__(self, app: ASGIApp, faults: Decisions, clock: Clock) -> None:
        self._app = app
        self._faults = faults
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or not."""
        if not self._faults.are_set or scope["type"] != "http" or not scope["path"].startswith(SERVED):
            await self._app(scope, receive, send)
            return
        asked, receive = await self._asked(scope, receive)
        plan = self._faults.plan(asked, self._clock.monotonic())
        send = _with_headers(send, plan.headers)
        note: Note | None = scope.get(NOTE)
        outcome = plan.outcome
        if outcome is not None and note is not None and not isinstance(outcome, Break):
            note.fault = outcome.fault
        if isinstance(outcome, Refuse):
            await _drain(receive)
            await outcome.response()(scope, receive, send)
        elif isinstance(outcome, HangUp):
            await self._hang_up(outcome, scope, receive)
        else:
            await self._answer(asked, outcome, scope, receive, send)

    async def _asked(self, scope: Scope, receive: Receive) -> tuple[Asked, Receive]:
        """Look at a request; its body is read beforehand where it matters what it will cost."""
        caller = scope.get("caller")
        method, path, key = scope["method"], scope["path"], bearer_key(Headers(scope=scope))
        cost: Guess | None = None
        if self._faults.counts_tokens(method, path):
            body = await _read(receive)
            cost = guess(body)
            receive = _again(body, receive)
        return Asked(method, path, caller.owner if caller is not None else "", key, cost), receive

    async def _answer(self, asked: Asked, planned: Break | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer; count what it costs, and break its stream if that is planned."""
        meter = None if asked.cost is None else Meter(asked.cost.prompt)
        stream = _Stream(self, asked, planned, scope, send)

        async def passed(message: Message) -> None:
            if meter is not None:
                meter.see(message)
            await stream.send(message)

        try:
            await self._app(scope, receive, passed)
        finally:
            if meter is not None:
                self._faults.settle(asked, meter.total())

    async def _hang_up(self, outcome: HangUp, scope: Scope, receive: Receive) -> None:
        if outcome.answered:

            async def lost(message: Message) -> None:
                if message["type"] == "http.response.start" and (note := scope.get(NOTE)) is not None:
                    note.status = message["status"]

            await self._app(scope, receive, lost)
        else:
            await _drain(receive)
        await close(scope)
        while (await receive())["type"] != "http.disconnect":
            pass

    def stream_break(self, asked: Asked) -> Break | None:
        """Ask whether a stream that begins is to break."""
        return self._faults.stream_break(asked.method, asked.path)

    async def sleep(self, seconds: float) -> None:
        """Wait by the clock; a client that gives up ends it."""
        given_up = threading.Event()
        try:
            await anyio.to_thread.run_sync(self._clock.wait, given_up, seconds, abandon_on_cancel=True)
        finally:
            given_up.set()


class _Stream:
    """An answer on its way out; if it is a stream, it may break."""

    def __init__(self, layer: FaultLayer, asked: Asked, planned: Break | None, scope: Scope, send: Send) -> None:
        self._layer, self._asked, self._scope, self._send = layer, asked, scope, send
        self._planned = planned
        self._break: Break | None = None
        self._events = 0
        self._over = False

    async def send(self, message: Message) -> None:
        """Pass on one message, broken if it is its turn."""
        if self._over:
            return
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream"):
                self._break = self._planned or self._layer.stream_break(self._asked)
        elif self._break is not None and message.get("body"):
            await self._send_apart(self._break, message)
            return
        await self._send(message)

    async def _send_apart(self, how: Break, message: Message) -> None:
        """Send the events of a message one by one: the app may have put several into it."""
        for event in message["body"].split(b"\n\n"):
            if event:
                self._events += 1
                part = await self._broken(how, {**message, "body": event + b"\n\n", "more_body": True})
                if self._over:
                    return
                await self._send(part)
        if not message.get("more_body", False):
            await self._send({**message, "body": b""})

    async def _broken(self, how: Break, message: Message) -> Message:
        due = how.at if how.how == "malformed" else how.at + 1  # the event to break, or the first after the last whole one
        if self._events != due:
            return message
        note: Note | None = self._scope.get(NOTE)
        if note is not None:
            note.fault = how.fault
        if how.how == "malformed":
            body: bytes = message["body"].rstrip()
            return {**message, "body": body[: max(len(b"data: {"), len(body) // 2)] + b"\n\n"}
        if how.how == "stall":
            await self._layer.sleep(how.seconds)
            return message
        self._over = True
        if how.how == "end":
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await close(self._scope)
        return message


async def close(scope: Scope) -> None:
    """Close the connection of a request, as the scope says.

    Raises
    ------
    ConnectionDroppedError
        If it does not say.
    """
    note: Note | None = scope.get(NOTE)
    if note is not None:
        note.end()
    hang_up: Callable[[], Awaitable[None]] | None = scope.get("extensions", {}).get(HANG_UP)
    if hang_up is None:
        raise ConnectionDroppedError("A fault of the sandbox has dropped the connection.")
    await hang_up()


class SocketCloser:
    """Tells the sandbox how to close a connection of uvicorn's: wrap the app in it before uvicorn serves it.

    Parameters
    ----------
    app
        What is served.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the way to close its connection."""
        transport = getattr(getattr(send, "__self__", None), "transport", None)  # uvicorn's RequestResponseCycle has it
        if scope["type"] == "http" and transport is not None:

            async def hang_up() -> None:
                transport.close()

            scope = {**scope, "extensions": {**scope.get("extensions", {}), HANG_UP: hang_up}}
        await self._app(scope, receive, send)


async def _read(receive: Receive) -> bytes:
    """Read a body to its end and keep it."""
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _drain(receive: Receive) -> None:
    """Read a body to its end and let it go: a client is answered when it has said everything."""
    while (await receive()).get("more_body", False):
        pass


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that has been read already."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    if not headers:
        return send

    async def added(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return added
