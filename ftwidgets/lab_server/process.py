"""The process beside Jupyter Server: the sandbox on this computer's loopback address, for one person.

`python -m ftwidgets.lab_server.process HOME` reads a key from its standard input, prints one line of JSON, `{"port": 40123}` or
`{"error": "..."}`, and serves requests with that key, until its standard input ends or it has had nothing to do for a while. It
trains what is unfinished in the state folder, as any process on the folder does (`ftwidgets.sandbox.training.runner`).
"""

from __future__ import annotations

import argparse
import hmac
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lab_server.abandoned import has_unfinished_jobs
from ftwidgets.lab_server.supervisor import NO_UVICORN
from ftwidgets.models import default_folder
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api_errors import ApiError

POLL_EVERY = 0.5  # seconds between two looks for jobs that kernels have launched
IDLE_SECONDS = 300.0  # without a request and without a job, after which the process ends
LOOK_EVERY = 1.0  # seconds between two looks whether it is idle


class KeyRequired:
    """ASGI middleware that passes on what comes with the key, and remembers when that last was."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app, self._expected = app, f"Bearer {key}".encode()
        self._open = 0
        self._last = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401."""
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, self._expected):
            await ApiError(401, "Incorrect API key provided.", code="invalid_api_key").response()(scope, receive, send)
            return
        self._open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1
            self._last = time.monotonic()

    def idle_seconds(self) -> float:
        """Return for how long no request has been answered."""
        return 0.0 if self._open else time.monotonic() - self._last


def main() -> int:
    """Serve until standard input ends, or until there has been nothing to do for a while."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s ftwidgets %(process)d: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; Jupyter Server decides when this ends
    key = sys.stdin.readline().strip()
    try:
        from ftwidgets.server.connections import limit_memory_arenas, listen, make_server
    except ImportError:
        return _fail(NO_UVICORN)
    limit_memory_arenas()
    if hasattr(os, "nice"):
        os.nice(5)  # the notebook server and the page go first
    try:
        sandbox = Sandbox(options.home, models=default_folder(), poll_every=POLL_EVERY)
        listening = listen("127.0.0.1", 0)
    except FtwidgetsError as error:
        return _fail(str(error))
    with sandbox, listening:
        app = KeyRequired(sandbox.app, key)
        server = make_server(app, started=lambda: _say(port=listening.getsockname()[1]), stop_seconds=2)

        def stop_at_the_end() -> None:
            sys.stdin.read()
            server.should_exit = True

        def stop_when_idle() -> None:
            while app.idle_seconds() < options.idle_seconds or has_unfinished_jobs(options.home):
                time.sleep(LOOK_EVERY)
            server.should_exit = True

        for watch in (stop_at_the_end, stop_when_idle):
            threading.Thread(target=watch, daemon=True).start()
        server.run(sockets=[listening])
    return 0


def _say(**facts: object) -> None:
    """Tell the server that started this process."""
    sys.stdout.write(f"{json.dumps(facts)}\n")
    sys.stdout.flush()


def _fail(error: str) -> int:
    _say(error=error)
    return 1


if __name__ == "__main__":
    sys.exit(main())
