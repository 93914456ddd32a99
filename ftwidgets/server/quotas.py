"""The limits of each key: how much a user has, the errors for too much, and the middleware that checks every request.

What is on its way counts as if it were there already, so many requests at once get no further than one after another.
Generated tokens are counted when they have been written, trained ones when their job has ended: the last request or job may
exceed the limit, the next one is rejected. 413 and 429 with `insufficient_quota` are the service's; the codes
`storage_limit_exceeded` and `class_paused` are our own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import Caller
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.faults.limits import TokenBuckets
from ftwidgets.sandbox.faults.outcomes import retry_headers
from ftwidgets.sandbox.faults.token_usage import METERED, TokenMeter
from ftwidgets.sandbox.store.owners import count_files, count_jobs_with_models, stored_bytes
from ftwidgets.sandbox.store.records import UNFINISHED, JobRecord
from ftwidgets.sandbox.store.store import Store
from ftwidgets.server.request_body import SECONDS, LimitedBody, body_too_large
from ftwidgets.server.users import UserRegistry

MEBI = 1 << 20

QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. This server gives each key {limit} tokens, "
    "trained and written; {used} are used. Ask the person who runs it for more."
)
JOBS = (
    "This fine-tune request has been rate-limited. You have {used} unfinished jobs, and each key may have {limit} at a time. "
    "Wait until one has ended, or cancel one."
)
MODELS = (
    "You have the tuned models of {used} jobs, and each key may keep those of {limit}. Delete some: client.models.delete(...)."
)
FILES = (
    "You have {used} files, uploads that are not complete among them, and each key may have {limit}. "
    "Delete some: client.files.delete(...), or cancel an upload: client.uploads.cancel(...)."
)
BYTES = (
    "Your files have {used} bytes, this one would make it {total}, and each key may store {limit}. "
    "Delete some: client.files.delete(...)."
)
PAUSED = "The class is paused: you can look at what you have, but not make anything new. Wait until the class goes on."
AT_ONCE = "You have {limit} requests being answered at the same time, and each key may have {limit}. Wait for one to end."
PER_MINUTE = "Rate limit reached for this key on requests per min (RPM): Limit {limit}. Please try again in {wait:.3f}s."

_UPLOADS = re.compile(r"/v1/(files|uploads/[^/]+/parts)")
_MAKES_FILE = re.compile(r"/v1/(files|uploads)")  # a pending upload takes the place of its file
_JOBS = "/v1/fine_tuning/jobs"


@dataclass(frozen=True)
class Limits:
    """How much one key may have, and how large one request may be. None: no limit."""

    body: int = 64 * MEBI  # bytes of one request's body, if it uploads a file or a part of one
    text: int = 2 * MEBI  # bytes of any other request's body
    files: int | None = 200
    stored: int | None = 256 * MEBI  # bytes of all files and of the parts of pending uploads
    models: int | None = 30  # jobs whose tuned models (one an epoch, at most three) are kept
    jobs: int | None = 10  # unfinished jobs
    tokens: int | None = 20_000_000  # trained and written, all together
    job_tokens: int | None = 1_000_000  # that one job trains in all its epochs; this one holds for a teacher too
    at_once: int | None = 16  # requests that are being answered at the same time
    requests: int | None = None  # a minute


class Quotas:
    """Compares what each owner has with the limits."""

    def __init__(self, store: Store, users: UserRegistry, limits: Limits) -> None:
        self._db = store.db
        self._users = users
        self.limits = limits
        self._incoming_files: Counter[str] = Counter()
        self._incoming_bytes: Counter[str] = Counter()
        self._incoming_jobs: Counter[str] = Counter()

    def unfinished_jobs(self, owner: str) -> int:
        """Count an owner's jobs that have not ended."""
        return self._db.count(JobRecord, owner=owner, status=UNFINISHED)

    def tokens(self, owner: str) -> int:
        """Count the tokens trained and written for an owner."""
        return self._db.total(JobRecord, "trained_tokens", owner=owner) + self._users.tokens_written(owner)

    @contextmanager
    def reserve_storage(self, owner: str, size: int, *, makes_file: bool) -> Iterator[None]:
        """Reserve room for a file and for bytes that come in, or raise the 403."""
        used, limit = count_files(self._db, owner) + self._incoming_files[owner], self.limits.files
        if makes_file and limit is not None and used >= limit:
            raise _storage_limit_exceeded(FILES.format(used=used, limit=limit))
        used, limit = stored_bytes(self._db, owner) + self._incoming_bytes[owner], self.limits.stored
        if limit is not None and used + size > limit:
            raise _storage_limit_exceeded(BYTES.format(used=used, total=used + size, limit=limit))
        with _reserve(self._incoming_bytes, owner, size), _reserve(self._incoming_files, owner, int(makes_file)):
            yield

    @contextmanager
    def reserve_job(self, owner: str) -> Iterator[None]:
        """Reserve a place for a job, or raise the 429 or 403: too many jobs or models, or no tokens left."""
        self.check_tokens(owner)
        used, limit = self.unfinished_jobs(owner) + self._incoming_jobs[owner], self.limits.jobs
        if limit is not None and used >= limit:
            raise ApiError(429, JOBS.format(used=used, limit=limit), code="rate_limit_exceeded")
        kept, limit = count_jobs_with_models(self._db, owner), self.limits.models
        if limit is not None and kept + used >= limit:
            raise _storage_limit_exceeded(MODELS.format(used=kept, limit=limit))
        with _reserve(self._incoming_jobs, owner, 1):
            yield

    def check_tokens(self, owner: str) -> None:
        """Raise the 429 if an owner's tokens are used up."""
        if self.limits.tokens is None:
            return
        used = self.tokens(owner)
        if used >= self.limits.tokens:
            message = QUOTA.format(used=used, limit=self.limits.tokens)
            raise ApiError(429, message, code="insufficient_quota", kind="insufficient_quota")


def _storage_limit_exceeded(message: str) -> ApiError:
    return ApiError(403, message, code="storage_limit_exceeded")


@contextmanager
def _reserve(counter: Counter[str], owner: str, amount: int) -> Iterator[None]:
    """Count an amount for an owner while the request lasts."""
    counter[owner] += amount
    try:
        yield
    finally:
        counter[owner] -= amount
        if not counter[owner]:
            del counter[owner]


@dataclass(eq=False)
class RateLimitedError(ApiError):
    """A 429 that says in how many seconds to try again, in the two headers that clients read."""

    wait: float = 1.0

    def response(self) -> JSONResponse:
        """Return the response, in OpenAI's error envelope."""
        response = super().response()
        response.headers.update({"x-should-retry": "true", **retry_headers(self.wait)})
        return response


class QuotaMiddleware:
    """Rejects what exceeds the limits of a key, and counts the tokens written for it.

    It runs after the sandbox's `AuthMiddleware`, which has set the caller. Teachers (admins) are held to the size of a body
    only. A body may take `seconds`, in addition to what its size allows for.
    """

    def __init__(self, app: ASGIApp, *, quotas: Quotas, users: UserRegistry, clock: Clock, seconds: float = SECONDS) -> None:
        self._app, self._quotas, self._limits, self._users = app, quotas, quotas.limits, users
        self._clock, self._seconds = clock, seconds
        self._per_minute = None if self._limits.requests is None else TokenBuckets(self._limits.requests)
        self._answering: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or reject it."""
        caller: Caller | None = scope.get("caller")
        if scope["type"] != "http" or caller is None:
            await self._app(scope, receive, send)
            return
        limit = self._limits.body if _UPLOADS.fullmatch(scope["path"]) else self._limits.text
        body = LimitedBody(receive, limit, seconds=self._seconds)
        with ExitStack() as reserved:
            try:
                size = _body_size(scope, limit)
                if not caller.admin:
                    self._check(scope, caller.owner, size, reserved)
                if scope["method"] == "POST" and scope["path"] in METERED:
                    await self._answer_metered(caller.owner, scope, body.receive, send)
                else:
                    await self._app(scope, body.receive, send)
            except ApiError as error:  # from a check, or from the body where a middleware further in has read it
                await error.response()(scope, receive, send)

    async def _answer_metered(self, owner: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and count the tokens it has written, also if the answer is broken off."""
        meter = TokenMeter()

        async def metered_send(message: Message) -> None:
            meter.observe(message)
            await send(message)

        try:
            await self._app(scope, receive, metered_send)
        finally:
            self._users.add_tokens(owner, meter.completion_tokens())

    def _check(self, scope: Scope, owner: str, size: int, reserved: ExitStack) -> None:
        """Raise the error for what is too much, or reserve room for the request until it is over."""
        if self._per_minute is not None:
            bucket = self._per_minute.refilled(owner, self._clock.monotonic())
            if wait := bucket.wait_for(1):
                raise _rate_limited(PER_MINUTE.format(limit=self._limits.requests, wait=wait), wait)
            bucket.take(1)
        limit = self._limits.at_once
        if limit is not None and self._answering[owner] >= limit:
            raise _rate_limited(AT_ONCE.format(limit=limit), 1.0)
        reserved.enter_context(_reserve(self._answering, owner, 1))
        if self._users.paused and scope["method"] == "POST" and not scope["path"].endswith("/cancel"):
            raise ApiError(403, PAUSED, code="class_paused")
        if scope["method"] != "POST":
            return
        path = scope["path"]
        uploads, makes_file = bool(_UPLOADS.fullmatch(path)), bool(_MAKES_FILE.fullmatch(path))
        if path == _JOBS:
            reserved.enter_context(self._quotas.reserve_job(owner))
        elif uploads or makes_file:
            reserved.enter_context(self._quotas.reserve_storage(owner, size if uploads else 0, makes_file=makes_file))
        elif path in METERED:
            self._quotas.check_tokens(owner)


def _rate_limited(message: str, wait: float) -> RateLimitedError:
    return RateLimitedError(429, message, code="rate_limit_exceeded", kind="requests", wait=wait)


def _body_size(scope: Scope, limit: int) -> int:
    """Return the declared length of a body, or the limit if none is declared; raise the 413 for one above the limit."""
    length = Headers(scope=scope).get("content-length", "")
    if not length.isdecimal():
        return limit
    if int(length) > limit:
        raise body_too_large(limit)
    return int(length)
