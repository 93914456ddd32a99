"""The sandbox put together: a store, a training thread, the application, and the ways into it.

Left out: choosing the state folder and making clients (`ftwidgets.connect`), serving over a port.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import httpx2

from ftwidgets.sandbox.app import build_app
from ftwidgets.sandbox.at_exit import close_at_exit
from ftwidgets.sandbox.catalog import Catalog
from ftwidgets.sandbox.chat import Chat
from ftwidgets.sandbox.files import Files
from ftwidgets.sandbox.jobs import Jobs
from ftwidgets.sandbox.ledger import Ledger
from ftwidgets.sandbox.models import Models
from ftwidgets.sandbox.runner import Runner
from ftwidgets.sandbox.store import Store
from ftwidgets.sandbox.transport import AsyncTransport, LoopThread, Transport

BASE_URL = "http://sandbox.ftwidgets.invalid/v1"


class Sandbox:
    """An OpenAI-shaped API in this process that really trains; jobs that were interrupted go on when it opens.

    Parameters
    ----------
    home
        The state folder; made where it is not there.

    Attributes
    ----------
    base_url
        What to give a client; nothing ever resolves it.
    app
        The ASGI application, for a server.
    """

    def __init__(self, home: Path) -> None:
        self.base_url = BASE_URL
        self._store = Store(Path(home))
        ledger, catalog = Ledger(self._store), Catalog(self._store)
        self._runner = Runner(self._store, ledger, catalog)
        self._loop = LoopThread()
        jobs = Jobs(self._store, ledger, self._runner, catalog)
        parts = (Files(self._store), jobs, Models(catalog), Chat(catalog))
        self.app = build_app([route for part in parts for route in part.routes()])
        close_at_exit(self)
        if ledger.unfinished():
            self._runner.wake()

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
        self._runner.close()
        self._loop.close()
        self._store.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
