"""A server put together: the sandbox without its training thread, worker processes, keys, limits, pages; started and stopped.

Layers from the outside in: a line in the log, then `/v1` for programs (the sandbox's own `AuthMiddleware`, and
behind it the limits) or the pages for people. Left out: HTTP (`connections`), the command line (`ftwidgets.cli.serve`).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock, SystemClock
from ftwidgets.sandbox.faults import SocketCloser
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.store.lock import lease
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.workers import Workers
from ftwidgets.server.access_log import AccessLog
from ftwidgets.server.class_routes import Classroom
from ftwidgets.server.key_auth import KeyAuthenticator
from ftwidgets.server.page_routes import Face, Pages
from ftwidgets.server.quota_middleware import Intake
from ftwidgets.server.quotas import Limits, Usage
from ftwidgets.server.request_body import SECONDS
from ftwidgets.server.status import Glance, Overview, overview
from ftwidgets.server.users import Register

NO_PATH = "Invalid URL: its path has signs that cannot be shown, such as a line break (%0A). Take them out."


@dataclass(frozen=True)
class Plan:
    """How a server is to be.

    Parameters
    ----------
    home
        The state folder.
    workers
        How many processes train. 0: this one does, in a thread; for tests.
    share
        Whether equal jobs are trained once.
    limits
        What each key may have.
    students
        How many may join by code.
    face
        What the pages say of it.
    body_seconds
        How long a body may take, beside what its size allows for.
    clock, ids
        What time it is and where keys and names come from.
    """

    home: Path
    workers: int = 1
    share: bool = True
    limits: Limits = field(default_factory=Limits)
    students: int = 300
    face: Face = field(default_factory=Face)
    body_seconds: float = SECONDS
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=Ids)


class Service:
    """A sandbox for many, as an ASGI application with what it needs; close it when it is over.

    Parameters
    ----------
    plan
        How it is to be.

    Attributes
    ----------
    app
        The application.
    register
        Who has a key.
    sandbox
        What is served.

    Raises
    ------
    FtwidgetsError
        If another server has the folder, or it cannot be made.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        with ExitStack() as held:
            try:
                plan.home.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                reason = f'the state folder "{plan.home}" cannot be made ({error.strerror}).'
                raise FtwidgetsError(f"{reason} Name another with --home.") from error
            if not held.enter_context(lease(plan.home / "server.lock")):
                raise FtwidgetsError("another ftwidgets serve uses this state folder. Stop it, or name another with --home.")
            self.register = Register(plan.home, most=plan.students, clock=plan.clock, ids=plan.ids)
            held.callback(self.register.close)
            authenticator = KeyAuthenticator(self.register)
            self._store = store = Store(plan.home, clock=plan.clock, ids=plan.ids)
            held.callback(store.close)
            usage = Usage(store, self.register, plan.limits)
            self.sandbox = Sandbox(
                store,
                authenticator=authenticator,
                train=not plan.workers,
                share=plan.share,
                most_tokens=plan.limits.job_tokens,
                middleware=[
                    Middleware(Intake, usage=usage, register=self.register, clock=plan.clock, seconds=plan.body_seconds)
                ],
            )
            held.callback(self.sandbox.close)
            self._workers = (
                Workers(plan.home, plan.workers, share=plan.share, most_tokens=plan.limits.job_tokens) if plan.workers else None
            )
            if self._workers is not None:
                held.callback(self._workers.close)
            self.app = SocketCloser(AccessLog(Switch(self.sandbox.app, self._people(authenticator, usage))))
            self._held = held.pop_all()

    def close(self) -> None:
        """Let the workers save their place, and let go of the folder; a second call is harmless."""
        self._held.close()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _people(self, authenticator: KeyAuthenticator, usage: Usage) -> Starlette:
        """Put together what is for people: pages, and the teacher's routes."""
        plan = self._plan
        glance = Glance(self._look, plan.clock.monotonic)
        pages = Pages(plan.face, self.register, glance, self._trouble, clock=plan.clock, ids=plan.ids)
        classroom = Classroom(authenticator, self.register, self._store, usage)
        return Starlette(
            routes=[*pages.routes(), *classroom.routes()],
            exception_handlers={ApiError: _refused, 404: _nothing, 405: _nothing},
        )

    def _look(self) -> Overview:
        pids, alive = (self._workers.pids(), self._workers.alive()) if self._workers is not None else ((), 0)
        return overview(self._store, wanted=self._plan.workers, alive=alive, pids=pids, share=self._plan.share)

    def _trouble(self) -> str:
        """Tell a probe what is wrong."""
        if self.sandbox.state_folder_missing:
            return "the state folder has gone"
        if self._workers is not None and self._workers.alive() == 0:
            return "no worker runs; another is being started"
        return ""


class Switch:
    """Sends programs to the API and people to the pages, by the path."""

    def __init__(self, api: ASGIApp, people: ASGIApp) -> None:
        self._api, self._people = api, people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a path with a line break or the like names nothing.

        Routes are found by patterns whose `$` lets a last line break pass, limits are not: such a path would get by them.
        """
        path = scope.get("path", "")
        if not path.isprintable():
            await ApiError(404, NO_PATH).response()(scope, receive, send)
            return
        ours = path == "/v1" or path.startswith("/v1/") or (path.startswith("/admin/") and not path.startswith("/admin/class"))
        await (self._api if ours else self._people)(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    if request.url.path.startswith("/admin/"):
        return error.response()
    return PlainTextResponse(f"{error}\n", error.status)


async def _nothing(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return PlainTextResponse("There is no such page here. The API is under /v1, the status page at /.\n", status)
