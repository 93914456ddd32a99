"""A real Jupyter Server with the extension, on a state folder of its own."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from ftwidgets.server.connections import listen


@dataclass(frozen=True)
class Jupyter:
    """A server that runs: where, what lets one in, its state folder and its process."""

    base: str
    token: str
    home: Path
    process: psutil.Process

    def client(self) -> httpx2.Client:
        """A logged-in client."""
        return httpx2.Client(base_url=self.base, headers={"Authorization": f"token {self.token}"}, timeout=90)

    def child(self) -> psutil.Process | None:
        """The process beside the server, if it is there."""
        beside = [one for one in self.process.children() if "ftwidgets.lab_server.process" in one.cmdline()]
        assert len(beside) <= 1
        return beside[0] if beside else None

    def wait_for_child(self, seconds: float = 60) -> psutil.Process:
        """The process beside the server, once it is there."""
        end = time.monotonic() + seconds
        while (child := self.child()) is None:
            assert time.monotonic() < end, "the process beside the server was not started"
            time.sleep(0.05)
        return child


Serve = Callable[..., AbstractContextManager[Jupyter]]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Start a server on a state folder, with its routes under `base_url`."""

    @contextmanager
    def start(home: Path, *, base_url: str = "/") -> Iterator[Jupyter]:
        private = tmp_path_factory.mktemp("jupyter")
        (private / "root").mkdir()
        config = {
            "ServerApp": {"jpserver_extensions": {"ftwidgets.lab_server": True}, "allow_unauthenticated_access": False},
            "FtwidgetsLab": {"home": str(home)},
        }
        (private / "jupyter_server_config.json").write_text(json.dumps(config), encoding="utf-8")
        with listen("127.0.0.1", 0) as free:
            port = free.getsockname()[1]
        token = secrets.token_hex(16)
        folders = {f"JUPYTER_{name}_DIR": str(private / name.lower()) for name in ("RUNTIME", "DATA")}
        variables = os.environ | folders | {"JUPYTER_CONFIG_DIR": str(private)}
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
        command += [f"--ServerApp.base_url={base_url}", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
        with (private / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=private / "root", env=variables, stdout=log, stderr=log)
        running = Jupyter(f"http://127.0.0.1:{port}{base_url.rstrip('/')}", token, home, psutil.Process(process.pid))
        try:
            _wait_for(running, private / "log")
            yield running
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()
        assert "Traceback" not in (private / "log").read_text(encoding="utf-8")

    return start


def _wait_for(running: Jupyter, log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with running.client() as client:
                client.get("/api/status").raise_for_status()
        except httpx2.HTTPError:
            assert time.monotonic() < end, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def jupyter(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A server that a module's tests share."""
    with serve(tmp_path_factory.mktemp("home")) as running:
        yield running


def body(answer: httpx2.Response) -> Any:
    """What an answer says, if it is a good one."""
    answer.raise_for_status()
    return answer.json()
