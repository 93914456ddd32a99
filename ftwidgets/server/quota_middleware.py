"""What every request of a key holder passes on its way to the sandbox: is the class on, is it too much, is there room.

It runs after the sandbox's `AuthMiddleware`, which has set the caller. Teachers (admins) are held to the size of a body
only. Left out: what each limit means (`limits`), and reading the body (`reading`).
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, nullcontext

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ftwidgets.sandbox.api.auth import Caller
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock
from ftwidgets.server.quotas import PAUSED, Usage
from ftwidgets.server.rate_limit import Pace, PatientError
from ftwidgets.server.request_body import SECONDS, Body, too_large
from ftwidgets.server.token_meter import Tally
from ftwidgets.server.users import Register

AT_ONCE = "You have {most} requests being answered at the same time, and each key may have {most}. Wait for one to end."

_UPLOADS = re.compile(r"/v1/(files|uploads/[^/]+/parts)")
_MAKES_FILE = re.compile(r"/v1/(files|uploads)")  # an upload keeps its place until it is over
_WRITES = re.compile(r"/v1/(chat/completions|responses)")
_JOBS = "/v1/fine_tuning/jobs"


class Intake:
    """The limits, as a layer of the application.

    Parameters
    ----------
    app
        What lies behind it.
    usage
        What each owner has, and may have.
    register
        Knows whether the class is paused; is told how many tokens were written.
    clock
        For requests a minute.
    seconds
        How long a body may take, beside what its size allows for.
    """

    def __init__(self, app: ASGIApp, *, usage: Usage, register: Register, clock: Clock, seconds: float = SECONDS) -> None:
        self._app = app
        self._usage = usage
        self._limits = usage.limits
        self._register = register
        self._seconds = seconds
        self._pace = Pace(self._limits.requests, clock)
        self._answering: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        caller: Caller | None = scope.get("caller")
        if scope["type"] != "http" or caller is None:
            await self._app(scope, receive, send)
            return
        most = self._limits.body if _UPLOADS.fullmatch(scope["path"]) else self._limits.text
        body = Body(receive, most, seconds=self._seconds)
        tally = Tally(send)
        with ExitStack() as held:
            try:
                coming = _coming(scope, most)
                if not caller.admin:
                    self._check(scope, caller.owner, coming, held)
                if scope["method"] == "POST" and _WRITES.fullmatch(scope["path"]):
                    held.callback(lambda: self._register.count(caller.owner, tally.tokens()))
                    await self._app(scope, body.receive, tally.send)
                else:
                    await self._app(scope, body.receive, send)
            except ApiError as error:  # from a check; from the body, where a layer in between has read it
                await error.response()(scope, receive, send)

    def _check(self, scope: Scope, owner: str, coming: int, held: ExitStack) -> None:
        """Raise the refusal of what is too much, or keep room for it until the request is over."""
        self._pace.check(owner)
        most = self._limits.at_once
        if most is not None and self._answering[owner] >= most:
            raise PatientError(429, AT_ONCE.format(most=most), code="rate_limit_exceeded", kind="requests", wait=1.0)
        self._answering[owner] += 1
        held.callback(self._answered, owner)
        if self._register.paused and scope["method"] == "POST" and not scope["path"].endswith("/cancel"):
            raise ApiError(403, PAUSED, code="class_paused")
        if scope["method"] == "POST":
            held.enter_context(self._room(scope["path"], owner, coming))

    def _room(self, path: str, owner: str, coming: int) -> AbstractContextManager[None]:
        if path == _JOBS:
            return self._usage.training(owner)
        if _UPLOADS.fullmatch(path) or _MAKES_FILE.fullmatch(path):
            size = coming if _UPLOADS.fullmatch(path) else 0
            return self._usage.storing(owner, size, makes_file=bool(_MAKES_FILE.fullmatch(path)))
        if _WRITES.fullmatch(path):
            self._usage.check_tokens(owner)
        return nullcontext()

    def _answered(self, owner: str) -> None:
        self._answering[owner] -= 1
        if not self._answering[owner]:
            del self._answering[owner]


def _coming(scope: Scope, most: int) -> int:
    """Tell how many bytes come: what the length says, or all that may come where there is none."""
    length = Headers(scope=scope).get("content-length", "")
    if not length.isdecimal():
        return most
    if int(length) > most:
        raise too_large(most)
    return int(length)
