"""A journal of the requests that came, and the outermost middleware of the app, which writes it.

The journal holds no contents and no keys, only digests: of a request's method, path, query and body, and of its key.
`verdict` judges clients by it.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import deque
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import bearer_key
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.faults.rules import key_fingerprint

PENDING = "ftwidgets.journal_entry"  # where the scope of a request has its `PendingEntry`
API_PREFIX = "/v1/"  # requests of pages and of the admin routes are neither in the journal nor hit by faults
_HEADERS = (b"authorization", b"content-type", b"x-stainless-retry-count")
_BOUNDARY = re.compile(r"multipart/form-data.*boundary=\"?([^\";,]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One request and its answer.

    `time` is when the request came (seconds since 1970), `began` the same by a monotonic clock, and `seconds` how long it took
    until the end of the answer. `status` is the status of the answer, None if there was none. `fault` names the fault that hit
    the request, and `given_up` says that the client closed the connection before the end. `retry_after` is how many seconds the
    answer asked the client to wait, and `retry_count` how often the client says it has retried.
    """

    number: int
    time: float
    began: float
    seconds: float
    method: str
    path: str
    owner: str
    key: str
    digest: str
    retry_count: int | None
    status: int | None
    fault: str | None
    given_up: bool
    retry_after: float | None
    request_id: str | None

    @property
    def ended(self) -> float:
        """When the answer ended, by the clock of `began`."""
        return self.began + self.seconds

    @property
    def name(self) -> str:
        """The request's number and route, for messages."""
        return f"request {self.number} ({self.method} {self.path.removeprefix('/v1')})"


class Journal:
    """The last `capacity` requests, oldest first."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=capacity)
        self._numbers = count(1)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """The requests that have been answered, in the order they came."""
        with self._lock:
            return tuple(sorted(self._entries, key=lambda entry: entry.number))

    def rows(self) -> list[dict[str, Any]]:
        """Return the entries as dicts, for a data frame or JSON."""
        return [asdict(entry) for entry in self.entries]

    def clear(self) -> None:
        """Remove all entries and number from one again."""
        with self._lock:
            self._entries.clear()
            self._numbers = count(1)

    def next_number(self) -> int:
        """Return the number of the next request."""
        with self._lock:
            return next(self._numbers)

    def append(self, entry: JournalEntry) -> None:
        """Add the entry of an answered request."""
        with self._lock:
            self._entries.append(entry)


class RequestDigest:
    """A hash of a request's method, path, query and body, without the boundary of a form, which is random every time."""

    def __init__(self, scope: Scope, content_type: str) -> None:
        self._hash = hashlib.blake2b(digest_size=8)
        self._hash.update(f"{scope['method']} {scope['path']}?".encode() + scope["query_string"] + b"\n")
        found = _BOUNDARY.search(content_type)
        self._boundary = found[1].strip().encode() if found else b""
        self._tail = b""

    def add(self, chunk: bytes) -> None:
        """Hash a piece of the body."""
        if self._boundary:
            body = (self._tail + chunk).replace(self._boundary, b"")
            kept = min(len(body), len(self._boundary) - 1)  # a boundary may have begun here and end in the next piece
            chunk, self._tail = body[: len(body) - kept], body[len(body) - kept :]
        self._hash.update(chunk)

    def hexdigest(self) -> str:
        """Return the hash of what has been added so far."""
        final = self._hash.copy()
        final.update(self._tail)
        return final.hexdigest()


class PendingEntry:
    """The entry of a request that is being answered; the fault middleware adds `fault` before the answer goes out."""

    def __init__(self, journal: Journal, clock: Clock, scope: Scope) -> None:
        self._journal, self._clock, self._scope = journal, clock, scope
        self._number = journal.next_number()
        self._time, self._began = clock.time(), clock.monotonic()
        found = {
            name: value for name, value in scope["headers"] if name in _HEADERS
        }  # one pass, since every request comes here
        headers = Headers(raw=list(found.items()))
        key, retries = bearer_key(headers), headers.get("x-stainless-retry-count", "")
        self._key = key_fingerprint(key) if key else ""
        self._retries = int(retries) if retries.isascii() and retries.isdigit() else None
        self._digest = RequestDigest(scope, headers.get("content-type", ""))
        self._done = False
        self.status: int | None = None
        self.fault: str | None = None
        self._retry_after: float | None = None
        self._request_id: str | None = None

    def add_request(self, message: Message) -> None:
        """Record a message of the request: a piece of its body."""
        if message["type"] == "http.request":
            self._digest.add(message.get("body", b""))

    def add_response(self, message: Message) -> None:
        """Record a message of the answer; its last one writes the entry, before the client can see it."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            self.status = message["status"]
            self._request_id = headers.get("x-request-id")
            self._retry_after = _seconds(headers.get("retry-after-ms"), 1000) or _seconds(headers.get("retry-after"), 1)
        elif not message.get("more_body", False):
            self.end()

    def end(self, *, given_up: bool = False) -> None:
        """Write the entry, once: the answer has ended, or the client has closed the connection before."""
        if self._done:
            return
        self._done = True
        caller = self._scope.get("caller")
        self._journal.append(
            JournalEntry(
                number=self._number,
                time=self._time,
                began=self._began,
                seconds=self._clock.monotonic() - self._began,
                method=self._scope["method"],
                path=self._scope["path"],
                owner=caller.owner if caller is not None else "",
                key=self._key,
                digest=self._digest.hexdigest(),
                retry_count=self._retries,
                status=self.status,
                fault=self.fault,
                given_up=given_up,
                retry_after=self._retry_after,
                request_id=self._request_id,
            )
        )


class JournalMiddleware:
    """The outermost middleware: records every request below `/v1`, also those whose key is rejected."""

    def __init__(self, app: ASGIApp, journal: Journal, clock: Clock) -> None:
        self._app, self._journal, self._clock = app, journal, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and record it."""
        if scope["type"] != "http" or not scope["path"].startswith(API_PREFIX):
            await self._app(scope, receive, send)
            return
        entry = scope[PENDING] = PendingEntry(self._journal, self._clock, scope)

        async def recorded_receive() -> Message:
            message = await receive()
            entry.add_request(message)
            return message

        async def recorded_send(message: Message) -> None:
            entry.add_response(message)
            await send(message)

        try:
            await self._app(scope, recorded_receive, recorded_send)
        except Exception:
            entry.end()
            raise
        finally:
            entry.end(given_up=True)


def _seconds(text: str | None, per_second: int) -> float | None:
    """Parse the number in a header, in seconds; None if there is none."""
    try:
        return None if text is None else float(text) / per_second
    except ValueError:
        return None
