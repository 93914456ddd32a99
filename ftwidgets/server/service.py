"""The server put together: sandbox, worker processes, users, quotas and pages as one ASGI application.

From the outside in, a request passes the access log, and then goes to the API under `/v1` (the sandbox's own middleware, with
the quotas behind its authentication) or to the pages and the class routes. `connections` speaks HTTP, `ftwidgets.cli.serve` is
the command line.
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
from ftwidgets.sandbox.store.lock import process_lock
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.workers import Workers
from ftwidgets.server.access_log import AccessLogMiddleware
from ftwidgets.server.class_routes import ClassRoutes
from ftwidgets.server.page_routes import Branding, PageRoutes
from ftwidgets.server.quotas import Limits, QuotaMiddleware, Quotas
from ftwidgets.server.request_body import SECONDS
from ftwidgets.server.status import CachedStatus, ServerStatus, read_status
from ftwidgets.server.users import KeyAuthenticator, UserRegistry

INVALID_PATH = "Invalid URL: its path has characters that cannot be shown, such as a line break (%0A). Take them out."


@dataclass(frozen=True)
class ServerConfig:
    """The configuration of a server."""

    home: Path  # the state folder
    models: Path | None = None  # the folder of base models that have been added; None: the bundled one alone
    workers: int = 1  # processes that train; 0: this process does, in a thread, for tests
    share: bool = True  # whether equal jobs are trained once
    limits: Limits = field(default_factory=Limits)  # what each key may have
    max_students: int = 300  # how many may join by code
    branding: Branding = field(default_factory=Branding)
    body_seconds: float = SECONDS  # how long a body may take, in addition to what its size allows for
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=Ids)


class SandboxService:
    """A sandbox for many users, as an ASGI application (`app`) and what it needs; to be closed at the end.

    Raises an `FtwidgetsError` if another server has the state folder, or it cannot be made.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        with ExitStack() as stack:
            try:
                config.home.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                reason = f'the state folder "{config.home}" cannot be made ({error.strerror}).'
                raise FtwidgetsError(f"{reason} Name another with --home.") from error
            if not stack.enter_context(process_lock(config.home / "server.lock")):
                raise FtwidgetsError("another ftwidgets serve uses this state folder. Stop it, or name another with --home.")
            limits, clock, ids = config.limits, config.clock, config.ids
            self.users = UserRegistry(config.home, max_students=config.max_students, clock=clock, ids=ids)
            stack.callback(self.users.close)
            self._store = Store(config.home, clock=clock, ids=ids)
            stack.callback(self._store.close)
            authenticator, quotas = KeyAuthenticator(self.users), Quotas(self._store, self.users, limits)
            self.sandbox = Sandbox(
                self._store,
                authenticator=authenticator,
                train=not config.workers,
                share=config.share,
                most_tokens=limits.job_tokens,
                models=config.models,
                middleware=[
                    Middleware(QuotaMiddleware, quotas=quotas, users=self.users, clock=clock, seconds=config.body_seconds)
                ],
            )
            stack.callback(self.sandbox.close)
            self._workers: Workers | None = None
            if config.workers:
                self._workers = Workers(
                    config.home, config.workers, share=config.share, most_tokens=limits.job_tokens, models=config.models
                )
                stack.callback(self._workers.close)
            status = CachedStatus(self._read_status, clock.monotonic)
            pages = PageRoutes(config.branding, self.users, status, self._find_problem, clock=clock, ids=ids)
            class_routes = ClassRoutes(authenticator, self.users, self._store, quotas)
            site = Starlette(
                routes=[*pages.routes(), *class_routes.routes()],
                exception_handlers={ApiError: _error_page, 404: _not_found, 405: _not_found},
            )
            self.app = SocketCloser(AccessLogMiddleware(PathSwitch(self.sandbox.app, site)))
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Let the workers save their progress, and release the state folder; a second call is harmless."""
        self._stack.close()

    def __enter__(self) -> SandboxService:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _read_status(self) -> ServerStatus:
        pids, alive = (self._workers.pids(), self._workers.alive()) if self._workers is not None else ((), 0)
        config = self._config
        return read_status(self._store, configured_workers=config.workers, alive=alive, pids=pids, share=config.share)

    def _find_problem(self) -> str:
        """Return what is wrong with the server, for a probe; empty if nothing is."""
        if self.sandbox.state_folder_missing:
            return "the state folder has gone"
        if self._workers is not None and self._workers.alive() == 0:
            return "no worker runs; another is being started"
        return ""


class PathSwitch:
    """Sends a request to the API or to the pages, by its path."""

    def __init__(self, api: ASGIApp, site: ASGIApp) -> None:
        self._api, self._site = api, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or reject a path with a line break or the like.

        The router's patterns end in `$`, which ignores a line break at the end; the limits compare whole paths. So a path with
        one would get past the limits.
        """
        path = scope.get("path", "")
        if not path.isprintable():
            await ApiError(404, INVALID_PATH).response()(scope, receive, send)
            return
        is_api = path == "/v1" or path.startswith("/v1/")
        is_sandbox_admin = path.startswith("/admin/") and not path.startswith("/admin/class")
        await (self._api if is_api or is_sandbox_admin else self._site)(scope, receive, send)


async def _error_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    if request.url.path.startswith("/admin/"):
        return error.response()
    return PlainTextResponse(f"{error}\n", error.status)


async def _not_found(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return PlainTextResponse("There is no such page here. The API is under /v1, the status page at /.\n", status)
