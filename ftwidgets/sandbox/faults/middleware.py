"""The middleware that carries out faults: it asks the fault engine about each request and does what was decided.

It runs after the middleware that authenticates the caller and adds the service's headers, so its answers look like any other.
The scope's extension `ftwidgets.hang_up` closes the connection of a request.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import bearer_key
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.faults.fault_engine import FaultEngine
from ftwidgets.sandbox.faults.journal import API_PREFIX, PENDING, PendingEntry
from ftwidgets.sandbox.faults.limits import RequestInfo
from ftwidgets.sandbox.faults.outcomes import ConnectionDrop, ErrorReply, StreamBreak
from ftwidgets.sandbox.faults.token_usage import TokenMeter, estimate_tokens
from ftwidgets.sandbox.transport import HANG_UP


class ConnectionDroppedError(Exception):
    """A fault drops the connection, but the scope does not say how to close it: the server treats it as it does any error."""


class FaultMiddleware:
    """Carries out the faults of requests; rate limits and stalls go by the clock."""

    def __init__(self, app: ASGIApp, faults: FaultEngine, clock: Clock) -> None:
        self._app, self._faults, self._clock = app, faults, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or do to it what a rule says."""
        if not self._faults.has_rules or scope["type"] != "http" or not scope["path"].startswith(API_PREFIX):
            await self._app(scope, receive, send)
            return
        request, receive = await self._read_request(scope, receive)
        decision = self._faults.decide(request, self._clock.monotonic())
        send = _with_headers(send, decision.headers)
        outcome = decision.outcome
        if isinstance(outcome, ErrorReply | ConnectionDrop):
            _record_fault(scope, outcome.fault)
        if isinstance(outcome, ErrorReply):
            await _drain(receive)
            await outcome.response()(scope, receive, send)
        elif isinstance(outcome, ConnectionDrop):
            await self._drop(outcome, scope, receive)
        else:
            await self._answer(request, outcome, scope, receive, send)

    async def _read_request(self, scope: Scope, receive: Receive) -> tuple[RequestInfo, Receive]:
        """Describe a request for the rules. If they need its cost, its body is read now and replayed to the app."""
        caller = scope.get("caller")
        owner = caller.owner if caller is not None else ""
        method, path, key = scope["method"], scope["path"], bearer_key(Headers(scope=scope))
        if self._faults.needs_cost(method, path):
            body = await Request(scope, receive).body()
            cost = estimate_tokens(body)
            pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def replay() -> Message:
                return pending.pop() if pending else await receive()

            return RequestInfo(method, path, owner, key, cost), replay
        return RequestInfo(method, path, owner, key), receive

    async def _answer(
        self, request: RequestInfo, planned: StreamBreak | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the app answer; meter the tokens if a rule needs them, and break the stream if that is planned."""
        meter = None if request.cost is None else TokenMeter()
        stream = _BreakableStream(self._faults, self._clock, request, planned, scope, send)

        async def metered_send(message: Message) -> None:
            if meter is not None:
                meter.observe(message)
            await stream.send(message)

        try:
            await self._app(scope, receive, metered_send)
        finally:
            if meter is not None and request.cost is not None:
                self._faults.record_cost(request, meter.total_tokens(request.cost.prompt))

    async def _drop(self, outcome: ConnectionDrop, scope: Scope, receive: Receive) -> None:
        """Close the connection, at once or after the app has done its work and its answer was discarded."""
        if outcome.after_work:

            async def discard(message: Message) -> None:
                if message["type"] == "http.response.start" and (entry := scope.get(PENDING)) is not None:
                    entry.status = message["status"]

            await self._app(scope, receive, discard)
        else:
            await _drain(receive)
        await close_connection(scope)
        while (await receive())["type"] != "http.disconnect":
            pass


class _BreakableStream:
    """Sends an answer; if it is a stream, a `StreamBreak` may hit one of its events."""

    def __init__(
        self,
        faults: FaultEngine,
        clock: Clock,
        request: RequestInfo,
        planned: StreamBreak | None,
        scope: Scope,
        send: Send,
    ) -> None:
        self._faults, self._clock, self._request, self._planned = faults, clock, request, planned
        self._scope, self._send = scope, send
        self._break: StreamBreak | None = None
        self._events = 0
        self._ended = False

    async def send(self, message: Message) -> None:
        """Send one message of the app, or what the fault leaves of it."""
        if self._ended:
            return
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream"):
                self._break = self._planned or self._faults.next_stream_break(self._request.method, self._request.path)
        elif self._break is not None and message.get("body"):
            await self._send_events(self._break, message)
            return
        await self._send(message)

    async def _send_events(self, fault: StreamBreak, message: Message) -> None:
        """Send the events of a message one by one: the app may put several into one message."""
        for event in message["body"].split(b"\n\n"):
            if event:
                self._events += 1
                part = await self._apply(fault, {**message, "body": event + b"\n\n", "more_body": True})
                if self._ended:
                    return
                await self._send(part)
        if not message.get("more_body", False):
            await self._send({**message, "body": b""})

    async def _apply(self, fault: StreamBreak, message: Message) -> Message:
        """Break the stream if this is the event to break; else return the event unchanged."""
        due = fault.at if fault.mode == "malformed" else fault.at + 1  # the event itself, or the first one after it
        if self._events != due:
            return message
        _record_fault(self._scope, fault.fault)
        if fault.mode == "malformed":
            body: bytes = message["body"].rstrip()
            return {**message, "body": body[: max(len(b"data: {"), len(body) // 2)] + b"\n\n"}
        if fault.mode == "stall":
            given_up = threading.Event()
            try:  # wait by the clock, until the client gives up at the latest
                await anyio.to_thread.run_sync(self._clock.wait, given_up, fault.seconds, abandon_on_cancel=True)
            finally:
                given_up.set()
            return message
        self._ended = True
        if fault.mode == "end":
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await close_connection(self._scope)
        return message


def _record_fault(scope: Scope, fault: str) -> None:
    entry: PendingEntry | None = scope.get(PENDING)
    if entry is not None:
        entry.fault = fault


async def close_connection(scope: Scope) -> None:
    """Close the connection of a request by the scope's extension `ftwidgets.hang_up`, if it has that."""
    entry: PendingEntry | None = scope.get(PENDING)
    if entry is not None:
        entry.end()
    hang_up: Callable[[], Awaitable[None]] | None = scope.get("extensions", {}).get(HANG_UP)
    if hang_up is None:
        raise ConnectionDroppedError("A fault of the sandbox has dropped the connection.")
    await hang_up()


class SocketCloser:
    """Middleware that lets the sandbox close the connections of uvicorn: wrap the app in it before uvicorn serves it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the extension that closes its connection."""
        transport = getattr(getattr(send, "__self__", None), "transport", None)  # uvicorn's RequestResponseCycle has it
        if scope["type"] == "http" and transport is not None:

            async def hang_up() -> None:
                transport.close()

            scope = {**scope, "extensions": {**scope.get("extensions", {}), HANG_UP: hang_up}}
        await self._app(scope, receive, send)


async def _drain(receive: Receive) -> None:
    """Read a body and discard it: many clients read an answer only once they have sent everything."""
    while (await receive()).get("more_body", False):
        pass


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    if not headers:
        return send

    async def added(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return added
