"""The sandbox put together: a store, a training thread, the application, and the ways into it.

Left out: choosing the state folder and making clients (`ftwidgets.connect`), serving over a port.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import httpx2

from ftwidgets.sandbox.api.auth import AllowAny, Authenticator
from ftwidgets.sandbox.api.chat.chat_completions import Chat
from ftwidgets.sandbox.api.chat.stored_completions import Stored
from ftwidgets.sandbox.api.files import Files
from ftwidgets.sandbox.api.graders import Graders
from ftwidgets.sandbox.api.jobs import Jobs
from ftwidgets.sandbox.api.models import Models
from ftwidgets.sandbox.api.permissions import Permissions
from ftwidgets.sandbox.api.responses import Responses
from ftwidgets.sandbox.api.uploads import Uploads
from ftwidgets.sandbox.app import build_app
from ftwidgets.sandbox.at_exit import close_at_exit
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.faults import Faults
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import Ledger
from ftwidgets.sandbox.training.runner import Runner
from ftwidgets.sandbox.transport import AsyncTransport, LoopThread, Transport

BASE_URL = "http://sandbox.ftwidgets.invalid/v1"


class Sandbox:
    """An OpenAI-shaped API in this process that really trains; jobs that were interrupted go on when it opens.

    Parameters
    ----------
    home
        The state folder; made where it is not there.
    clock, ids
        What time it is and where names and seeds come from; a test may hand in its own.
    authenticator
        Decides who may send requests. By default every key works, and all keys belong to the same owner.
    train
        Whether this process trains; a server leaves that to its `ftwidgets.sandbox.training.workers`.
    share
        Whether jobs that ask for the same thing are trained once and share the result.
    most_tokens
        How many tokens a job may train in all its epochs; None: as many as it likes.
    faults
        What goes wrong; nothing, unless it is told to.

    Attributes
    ----------
    faults
        What goes wrong, the journal of what was asked, and a verdict on the client.
    base_url
        What to give a client; nothing ever resolves it.
    app
        The ASGI application, for a server.
    """

    def __init__(
        self,
        home: Path,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        authenticator: Authenticator | None = None,
        train: bool = True,
        share: bool = False,
        most_tokens: int | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.base_url = BASE_URL
        self._store = store = Store(Path(home), clock=clock, ids=ids)
        ledger, catalog = Ledger(store), Catalog(store)
        self._runner = Runner(store, ledger, catalog, share=share, most_tokens=most_tokens) if train else None
        self._loop = LoopThread()
        self.faults = faults or Faults()
        parts = (
            Jobs(store, ledger, catalog, self._wake, share=share, fault=self.faults.for_job),  # first: they are asked most
            Files(store),
            Uploads(store),
            Permissions(store, catalog),
            Models(catalog),
            Chat(catalog, store),
            Stored(store),
            Responses(catalog, store),
            Graders(store.clock),
        )
        self.faults.attach(catalog.shutdowns, trained=ledger.trained_tokens)
        routes = [route for part in parts for route in part.routes()]
        self.app = build_app(
            routes, authenticator=authenticator or AllowAny(), ids=store.ids, faults=self.faults, clock=store.clock
        )
        close_at_exit(self)
        if ledger.unfinished():
            self._wake()

    @property
    def store(self) -> Store:
        """What the sandbox remembers, for whoever serves it."""
        return self._store

    @property
    def bereft(self) -> bool:
        """Whether the state folder has been removed since; nothing can be kept then, open a new sandbox."""
        return not self._store.is_there()

    def transport(self) -> httpx2.BaseTransport:
        """Make a way in for `OpenAI(http_client=httpx2.Client(transport=...))`."""
        return Transport(self._loop, self.app)

    def async_transport(self) -> httpx2.AsyncBaseTransport:
        """Make a way in for `AsyncOpenAI(http_client=httpx2.AsyncClient(transport=...))`."""
        return AsyncTransport(self._loop, self.app)

    def close(self) -> None:
        """Stop training after the current step, keep its place, and let go of the folder; a second call is harmless."""
        if self._runner is not None:
            self._runner.close()
        self._loop.close()
        self._store.close()

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
