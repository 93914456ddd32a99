"""The middleware that holds every request of a key to its limits: pause, requests a minute and at once, size, room, tokens.

It runs after the sandbox's `AuthMiddleware`, which has set the caller. Teachers (admins) are held to the size of a body only.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, nullcontext
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
from ftwidgets.server.quotas import PAUSED, Quotas
from ftwidgets.server.request_body import SECONDS, LimitedBody, body_too_large
from ftwidgets.server.users import UserRegistry

AT_ONCE = "You have {limit} requests being answered at the same time, and each key may have {limit}. Wait for one to end."
PER_MINUTE = "Rate limit reached for this key on requests per min (RPM): Limit {limit}. Please try again in {wait:.3f}s."

_UPLOADS = re.compile(r"/v1/(files|uploads/[^/]+/parts)")
_MAKES_FILE = re.compile(r"/v1/(files|uploads)")  # a pending upload takes the place of its file
_JOBS = "/v1/fine_tuning/jobs"


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

    Parameters
    ----------
    app
        The app behind it.
    quotas
        What each owner has, and may have.
    users
        Knows whether the class is paused, and counts the tokens written.
    clock
        For requests a minute.
    seconds
        How long a body may take, in addition to what its size allows for.
    """

    def __init__(self, app: ASGIApp, *, quotas: Quotas, users: UserRegistry, clock: Clock, seconds: float = SECONDS) -> None:
        self._app = app
        self._quotas = quotas
        self._limits = quotas.limits
        self._users = users
        self._clock = clock
        self._seconds = seconds
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
        self._answering[owner] += 1
        reserved.callback(self._release, owner)
        if self._users.paused and scope["method"] == "POST" and not scope["path"].endswith("/cancel"):
            raise ApiError(403, PAUSED, code="class_paused")
        if scope["method"] == "POST":
            reserved.enter_context(self._reserve(scope["path"], owner, size))

    def _reserve(self, path: str, owner: str, size: int) -> AbstractContextManager[None]:
        if path == _JOBS:
            return self._quotas.reserve_job(owner)
        uploads, makes_file = bool(_UPLOADS.fullmatch(path)), bool(_MAKES_FILE.fullmatch(path))
        if uploads or makes_file:
            return self._quotas.reserve_storage(owner, size if uploads else 0, makes_file=makes_file)
        if path in METERED:
            self._quotas.check_tokens(owner)
        return nullcontext()

    def _release(self, owner: str) -> None:
        self._answering[owner] -= 1
        if not self._answering[owner]:
            del self._answering[owner]


def _rate_limited(message: str, wait: float) -> RateLimitedError:
    return RateLimitedError(429, message, code="rate_limit_exceeded", kind="requests", wait=wait)


def _body_size(scope: Scope, limit: int) -> int:
    """Return the declared length of a body, or the limit if none is declared.

    Raises
    ------
    ApiError
        413: the declared length exceeds the limit.
    """
    length = Headers(scope=scope).get("content-length", "")
    if not length.isdecimal():
        return limit
    if int(length) > limit:
        raise body_too_large(limit)
    return int(length)
