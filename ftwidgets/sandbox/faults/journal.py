"""A journal of the requests that came, and the outermost layer of the app, which keeps it.

It holds no contents and no keys: a request is recognised by a digest of its method, path and body,
a key by a digest of its own. Left out: judging what it says (`verdict`).
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
from ftwidgets.sandbox.faults.rules import key_digest

NOTE = "ftwidgets.note"
SERVED = "/v1/"  # only what stands below is written down; pages and the administration's routes are not
_WANTED = (b"authorization", b"content-type", b"x-stainless-retry-count")
_BOUNDARY = re.compile(r"multipart/form-data.*boundary=\"?([^\";,]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and what became of it.

    `time` is when it came (seconds since 1970), `began` the same by a clock that never goes back, `seconds` how long the answer
    took to its end. `status` is what the app or a fault answered, or None where nothing was; `fault` names the rule that
    struck, and `given_up` says that the client hung up before the end. `retry_after` is how many seconds the answer asked to
    wait, `retry_count` what the client says of itself.
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
        """When the answer had come to its end, by the same clock as `began`."""
        return self.began + self.seconds

    @property
    def name(self) -> str:
        """Name the request for people."""
        return f"request {self.number} ({self.method} {self.path.removeprefix('/v1')})"


class Journal:
    """The last requests, oldest first.

    Parameters
    ----------
    most
        How many are kept.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=most)
        self._numbers = count(1)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The requests that have been answered, in the order they came."""
        with self._lock:
            return tuple(sorted(self._entries, key=lambda entry: entry.number))

    def rows(self) -> list[dict[str, Any]]:
        """Give the entries as dicts, for a data frame or JSON."""
        return [asdict(entry) for entry in self.entries]

    def clear(self) -> None:
        """Forget everything and count from one again."""
        with self._lock:
            self._entries.clear()
            self._numbers = count(1)

    def number(self) -> int:
        """Give the next request its number."""
        with self._lock:
            return next(self._numbers)

    def write(self, entry: Entry) -> None:
        """Add a request."""
        with self._lock:
            self._entries.append(entry)


class Digest:
    """Recognises a request: method, path, query and body, but for the boundary of a form, which is another every time."""

    def __init__(self, scope: Scope, content_type: str) -> None:
        self._hash = hashlib.blake2b(digest_size=8)
        self._hash.update(f"{scope['method']} {scope['path']}?".encode() + scope["query_string"] + b"\n")
        found = _BOUNDARY.search(content_type)
        self._boundary = found[1].strip().encode() if found else b""
        self._tail = b""

    def add(self, chunk: bytes) -> None:
        """Take in some of the body."""
        if self._boundary:
            whole = (self._tail + chunk).replace(self._boundary, b"")
            keep = min(len(whole), len(self._boundary) - 1)  # where the boundary may have begun
            chunk, self._tail = whole[: len(whole) - keep], whole[len(whole) - keep :]
        self._hash.update(chunk)

    def text(self) -> str:
        """Give the digest."""
        final = self._hash.copy()
        final.update(self._tail)
        return final.hexdigest()


class Note:
    """The entry of a request while it is being answered; whoever knows more adds it before the answer goes out."""

    def __init__(self, journal: Journal, clock: Clock, scope: Scope) -> None:
        self._journal, self._clock, self._scope = journal, clock, scope
        self._number = journal.number()
        self._time, self._began = clock.time(), clock.monotonic()
        found = {name: value for name, value in scope["headers"] if name in _WANTED}  # every request passes here: one look
        headers = Headers(raw=list(found.items()))
        key, retries = bearer_key(headers), headers.get("x-stainless-retry-count", "")
        self._key = key_digest(key) if key else ""
        self._retries = int(retries) if retries.isascii() and retries.isdigit() else None
        self._digest = Digest(scope, headers.get("content-type", ""))
        self._done = False
        self.status: int | None = None
        self.fault: str | None = None
        self._retry_after: float | None = None
        self._request_id: str | None = None

    def asked(self, message: Message) -> None:
        """Note some of the request's body."""
        if message["type"] == "http.request":
            self._digest.add(message.get("body", b""))

    def answered(self, message: Message) -> None:
        """Note some of the answer; its end ends the entry, before the client can see it."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            self.status = message["status"]
            self._request_id = headers.get("x-request-id")
            self._retry_after = _seconds(headers.get("retry-after-ms"), 1000) or _seconds(headers.get("retry-after"), 1)
        elif not message.get("more_body", False):
            self.end()

    def end(self, *, given_up: bool = False) -> None:
        """Write the entry, once; the answer has come to its end, or the client has hung up before."""
        if self._done:
            return
        self._done = True
        caller = self._scope.get("caller")
        self._journal.write(
            Entry(
                number=self._number,
                time=self._time,
                began=self._began,
                seconds=self._clock.monotonic() - self._began,
                method=self._scope["method"],
                path=self._scope["path"],
                owner=caller.owner if caller is not None else "",
                key=self._key,
                digest=self._digest.text(),
                retry_count=self._retries,
                status=self.status,
                fault=self.fault,
                given_up=given_up,
                retry_after=self._retry_after,
                request_id=self._request_id,
            )
        )


class JournalLayer:
    """The outermost layer: every request below `/v1` is written down, even one that authentication rejects.

    Parameters
    ----------
    app
        What answers.
    journal, clock
        Where it is written down, and what time it is.
    """

    def __init__(self, app: ASGIApp, journal: Journal, clock: Clock) -> None:
        self._app = app
        self._journal = journal
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or not scope["path"].startswith(SERVED):
            await self._app(scope, receive, send)
            return
        note = scope[NOTE] = Note(self._journal, self._clock, scope)

        async def asked() -> Message:
            message = await receive()
            note.asked(message)
            return message

        async def answered(message: Message) -> None:
            note.answered(message)
            await send(message)

        try:
            await self._app(scope, asked, answered)
        except Exception:
            note.end()
            raise
        finally:
            note.end(given_up=True)


def _seconds(text: str | None, to_the_second: int) -> float | None:
    try:
        return None if text is None else float(text) / to_the_second
    except ValueError:
        return None
