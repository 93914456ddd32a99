"""Starts the process beside Jupyter Server when it is needed, and ends it with the server.

It is needed when a page asks for something, and when there are unfinished jobs that no process trains. It ends by itself when
it has had nothing to do for a while.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.lab_server.abandoned import has_unfinished_jobs, is_trained

START_SECONDS = 60.0  # within which the process must answer; a first start on a slow disk takes ten
STOP_SECONDS = 30.0  # which it has to save what is training
LOOKS = 2  # after so many looks at which nobody trains, this process does: between two jobs the lock is free for a moment
NO_UVICORN = 'uvicorn is not installed. Run: pip install "ftwidgets[lab]"'

logger = logging.getLogger(__name__)


class ProcessError(Exception):
    """The process cannot be started; the text says why."""


@dataclass(frozen=True)
class Address:
    """Where the process listens, and the key that it wants."""

    url: str
    key: str


class Supervisor:
    """The process beside the server.

    Parameters
    ----------
    home
        The state folder.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._address: Address | None = None
        self._starting = asyncio.Lock()
        self._abandoned = 0  # looks in a row at which there were jobs and nobody trained them
        self._failed = False  # the last process did not start, or broke down: only a request starts another
        self._closed = False

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    async def address(self) -> Address:
        """Return where the process listens, after starting it if it is not there.

        Raises
        ------
        ProcessError
            If it cannot be started.
        """
        async with self._starting:
            if self._closed:
                raise ProcessError("Jupyter Server is stopping.")
            if not self.is_running or self._address is None:
                self._address = await asyncio.to_thread(self._start)
            return self._address

    async def look(self) -> None:
        """Start the process if there are jobs that nobody trains."""
        if self._process is not None and self._process.poll() not in (None, 0):
            logger.warning("The process of ftwidgets broke down (exit code %d). Its jobs wait.", self._process.returncode)
            self._let_go()
            self._failed = True
        if self.is_running or self._failed or self._closed:
            self._abandoned = 0
            return
        abandoned = await asyncio.to_thread(lambda: has_unfinished_jobs(self.home) and not is_trained(self.home))
        self._abandoned = self._abandoned + 1 if abandoned else 0
        if self._abandoned >= LOOKS:
            self._abandoned = 0
            try:
                await self.address()
            except ProcessError as error:
                logger.warning("ftwidgets cannot go on with the jobs that are unfinished: %s", error)

    async def close(self) -> None:
        """End the process; what is training saves its place."""
        self._closed = True
        async with self._starting:
            if self._process is not None:
                await asyncio.to_thread(self._end, self._process)
                self._let_go()

    def _let_go(self) -> None:
        """Close the pipes of a process that has ended."""
        if self._process is not None:
            with self._process:
                self._process = None

    def _start(self) -> Address:
        self._let_go()
        key = secrets.token_urlsafe(32)
        command = [sys.executable, "-m", "ftwidgets.lab_server.process", str(self.home)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        too_slow = threading.Timer(START_SECONDS, process.kill)
        too_slow.start()
        with suppress(OSError):  # it ended before it could read
            process.stdin.write(f"{key}\n".encode())  # not as an argument, which other users of the computer can see
            process.stdin.flush()
        try:
            said = json.loads(process.stdout.readline() or b"{}")
        except ValueError:  # not our line: a library has printed something
            said = {}
        too_slow.cancel()
        self._failed = "port" not in said
        if self._failed:
            with process:
                process.kill()
            raise ProcessError(said.get("error") or "its process ended at the start. The server's log says why.")
        self._process = process
        return Address(f"http://127.0.0.1:{said['port']}", key)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            logger.warning("The process of ftwidgets does not end and is killed. Its job goes on from its last saved step.")
            process.kill()
            process.wait()
