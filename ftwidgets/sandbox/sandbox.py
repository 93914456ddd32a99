"""The sandbox: a store, a training thread and the application, put together, and the clients that reach it.

Left out: choosing the state folder (`ftwidgets.connect`) and serving over a port (`ftwidgets.server`).
"""

from __future__ import annotations

import atexit
import os
import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

import httpx2
from starlette.middleware import Middleware

from ftwidgets.errors import FtwidgetsError
from ftwidgets.paths import require_path
from ftwidgets.sandbox.api.auth import AllowAny, Authenticator
from ftwidgets.sandbox.api.chat.chat_completions import ChatCompletions
from ftwidgets.sandbox.api.chat.stored_completions import StoredCompletions
from ftwidgets.sandbox.api.files import Files
from ftwidgets.sandbox.api.graders import Graders
from ftwidgets.sandbox.api.jobs import Jobs
from ftwidgets.sandbox.api.models import Models, Permissions
from ftwidgets.sandbox.api.responses import Responses
from ftwidgets.sandbox.api.uploads import Uploads
from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.app import build_app
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.faults import Faults
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.inference.completion import Inference
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.sandbox.training.runner import Runner
from ftwidgets.sandbox.transport import AsyncTransport, LoopThread, Transport

if TYPE_CHECKING:
    import openai

    C = TypeVar("C", openai.OpenAI, openai.AsyncOpenAI)

# Every sandbox has an address of its own, so a client's public `base_url` tells which sandbox it is a client of.
_numbers = count(1)
_by_address: WeakValueDictionary[str, Sandbox] = WeakValueDictionary()
_open: set[Sandbox] = set()  # until it is closed, a sandbox lives on, whoever still names it: a job may be training


class Sandbox:
    """An OpenAI-shaped API in this process that really trains; interrupted jobs continue when it opens.

    Close it, or use it in a `with`; what is still open when Python ends is closed then.

    Parameters
    ----------
    home
        The state folder, created if it does not exist; or a `Store` that is open on one.
    clock, ids
        The time, and the source of names and seeds; a test may hand in its own. A `Store` brings its own.
    authenticator
        Decides who may send requests. By default every key works, and all keys belong to the same owner.
    train
        Whether this process trains; a server leaves that to its `ftwidgets.sandbox.training.workers`.
    share
        Whether jobs that ask for the same thing are trained once and share the result.
    most_tokens
        How many tokens a job may train in all its epochs; None: no limit.
    poll_every
        Seconds between two looks for jobs that other processes have launched on the folder; None: their jobs are trained
        there, and here only if they end.
    faults
        What goes wrong; by default nothing, until a rule is added.
    middleware
        Starlette middleware around the API. It runs after the caller is known and before the body is read.
    models
        The folder of base models that have been added (`ftwidgets models add`); by default only the bundled one is served.

    Attributes
    ----------
    faults
        What goes wrong, the journal of requests, and a verdict on the client.
    base_url
        The address for a client; it exists only inside this process.
    app
        The ASGI application, for a server.
    store
        Everything the sandbox remembers.

    Raises
    ------
    FtwidgetsError
        If the folder cannot be used.
    """

    def __init__(
        self,
        home: str | Path | Store,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        authenticator: Authenticator | None = None,
        train: bool = True,
        share: bool = False,
        most_tokens: int | None = None,
        poll_every: float | None = None,
        faults: Faults | None = None,
        middleware: Sequence[Middleware] = (),
        models: str | Path | None = None,
    ) -> None:
        self.store = store = home if isinstance(home, Store) else _open_store(home, clock, ids)
        added = None if models is None else Path(models).expanduser().resolve()
        lifecycle, catalog = JobLifecycle(store), Catalog(store, models=added)
        self._catalog = catalog
        self._runner: Runner | None = None
        if train:
            self._runner = Runner(store, lifecycle, catalog, share=share, poll_every=poll_every, most_tokens=most_tokens)
        self._loop = LoopThread()
        self.faults = faults or Faults()
        inference = Inference(catalog)
        parts = (
            # Jobs come first: they are asked most.
            Jobs(store, lifecycle, catalog, self._wake, share=share, fault=self.faults.next_job_fault),
            Files(store),
            Uploads(store),
            Permissions(store, catalog),
            Models(catalog),
            ChatCompletions(inference, store),
            StoredCompletions(store),
            Responses(inference, store),
            Graders(store.clock),
        )
        self.faults.attach(catalog.retirement, trained_tokens=lifecycle.trained_tokens)
        routes = [route for part in parts for route in part.routes()]
        self.app = build_app(
            routes,
            authenticator=authenticator or AllowAny(),
            ids=store.ids,
            faults=self.faults,
            clock=store.clock,
            middleware=middleware,
        )
        self.base_url = f"http://{next(_numbers)}.sandbox.ftwidgets.invalid/v1"
        _by_address[self.base_url] = self
        _open.add(self)
        _close_all_at_exit()
        if poll_every is not None or lifecycle.unfinished():
            self._wake()

    @property
    def state_folder_missing(self) -> bool:
        """Whether somebody has removed the state folder; nothing can be kept any more, open a new sandbox."""
        return not self.store.exists()

    def client(self, **options: Any) -> openai.OpenAI:
        """Make a plain `openai.OpenAI` client of this sandbox; it reads no key from the environment.

        Parameters
        ----------
        **options
            What `openai.OpenAI` takes, such as `max_retries=0` or `api_key="somebody-else"`.
        """
        import openai

        return self._make_client(openai.OpenAI, httpx2.Client(transport=self.transport(), trust_env=False), options)

    def async_client(self, **options: Any) -> openai.AsyncOpenAI:
        """Make a plain `openai.AsyncOpenAI` client of this sandbox; the same in every other way as `client`.

        Parameters
        ----------
        **options
            What `openai.AsyncOpenAI` takes.
        """
        import openai

        http_client = httpx2.AsyncClient(transport=self.async_transport(), trust_env=False)
        return self._make_client(openai.AsyncOpenAI, http_client, options)

    def export(self, model: str, folder: str | Path, *, format: str = "huggingface") -> Path:  # noqa: A002 - the users' word
        """Write a model into a new folder, for other programs; `ftwidgets.export` says more.

        Parameters
        ----------
        model
            The name of a tuned model or a base model.
        folder
            Where to: a folder that does not exist yet, or is empty.
        format
            `huggingface`, `adapter` or `gguf`.

        Raises
        ------
        FtwidgetsError
            If there is no such model or format, the model has no adapter, or the folder cannot be written.
        """
        from ftwidgets.models.export import export_model

        try:
            loaded = self._catalog.load(model)
            base_folder = self._catalog.folder(loaded.base or model)
        except ApiError as error:
            raise FtwidgetsError(str(error)) from error
        return export_model(
            loaded, require_path(folder, "the folder").resolve(), name=model, base_folder=base_folder, format=format
        )

    def transport(self) -> httpx2.BaseTransport:
        """Make the transport of an `httpx2.Client`, for HTTP without `openai`."""
        return Transport(self._loop, self.app)

    def async_transport(self) -> httpx2.AsyncBaseTransport:
        """Make the transport of an `httpx2.AsyncClient`."""
        return AsyncTransport(self._loop, self.app)

    def close(self) -> None:
        """Stop training after the current step, keep its place, and let go of the folder; a second call is harmless."""
        if self._runner is not None:
            self._runner.close()
        self._loop.close()
        self.store.close()
        _open.discard(self)

    def _make_client(self, kind: type[C], http_client: Any, options: dict[str, Any]) -> C:
        """Make a client; all that it would take from the environment is given, so a real key never enters the sandbox."""
        import openai

        names = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}  # every copy of a client reads these again
        headers = {header: openai.omit for name, header in names.items() if name not in options}
        given: dict[str, Any] = {"api_key": "sandbox", "admin_api_key": "sandbox", "webhook_secret": "sandbox", **options}
        given["default_headers"] = {**headers, **(options.get("default_headers") or {})}
        made = kind(base_url=self.base_url, http_client=http_client, **given)
        made.organization, made.project = options.get("organization"), options.get("project")
        return made

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def find_sandbox(client: openai.OpenAI | openai.AsyncOpenAI) -> Sandbox | None:
    """Find the sandbox that a client, or a copy made by `with_options`, talks to; None for the client of another service."""
    return _by_address.get(str(client.base_url).rstrip("/"))


@cache
def _close_all_at_exit() -> None:
    """Close what is still open when Python ends, so a script that forgets to close a sandbox loses no training step.

    Every thread of the sandbox and of the engine is a daemon, so none of them keeps the interpreter from getting there.
    """

    def close_all() -> None:
        for sandbox in list(_open):
            sandbox.close()

    atexit.register(close_all)


def _open_store(home: str | Path, clock: Clock | None, ids: Ids | None) -> Store:
    try:
        if not isinstance(home, str | os.PathLike):
            raise ValueError(f"it is a value of the type {type(home).__name__}, not a path")
        if not str(home):
            raise ValueError("its name is empty")
        return Store(Path(home).expanduser().resolve(), clock=clock, ids=ids)
    except (OSError, RuntimeError, ValueError, sqlite3.Error) as error:  # RuntimeError also for "~nobody", ValueError for "\0"
        raise FtwidgetsError(
            f'the sandbox cannot keep its state in "{home}" ({error}). '
            "Name a folder you can write to: home=..., or for connect() FTWIDGETS_HOME in the environment."
        ) from error
