"""Processes that train beside a server, so requests never wait for a training step.

Each is `python -m ftwidgets.sandbox.training.workers HOME SLOT`: it opens the state folder, trains the jobs that are there, and
ends when its standard input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.store.store import Store
from ftwidgets.sandbox.training.lifecycle import JobLifecycle
from ftwidgets.sandbox.training.runner import Runner

POLL_EVERY = 0.1  # seconds between two looks for work
RESTART_AFTER = 1.0  # seconds before a worker that has died is replaced
STOP_WITHIN = 30.0  # seconds a worker has to save its state when it is asked to end

logger = logging.getLogger(__name__)


class Workers:
    """Worker processes on one state folder; one that dies is replaced, and its job continues from its last saved step.

    Parameters
    ----------
    home
        The state folder.
    number
        How many; each trains one job at a time.
    share
        Whether jobs that would end in the same weights are trained once.
    most_tokens
        How many tokens a job may train in all its epochs; None: no limit.
    models
        The folder of base models that have been added; None: there are none.
    """

    def __init__(
        self, home: Path, number: int, *, share: bool = False, most_tokens: int | None = None, models: Path | None = None
    ) -> None:
        self._home = home
        self._options = (["--share"] if share else []) + ([f"--most-tokens={most_tokens}"] if most_tokens else [])
        self._options += [f"--models={models}"] if models else []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._processes = [self._start(slot) for slot in range(number)]
        self._watcher = threading.Thread(target=self._watch, name="ftwidgets-workers", daemon=True)
        self._watcher.start()

    def alive(self) -> int:
        """Count the processes that run."""
        with self._lock:
            return sum(process.poll() is None for process in self._processes)

    def pids(self) -> list[int]:
        """List the process ids."""
        with self._lock:
            return [process.pid for process in self._processes]

    def close(self) -> None:
        """Let every worker save its state and end."""
        self._closing.set()
        self._watcher.join()
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                logger.warning("Worker %d does not end and is killed; its job goes on from its last saved step.", process.pid)
                process.kill()
                process.wait()

    def _start(self, slot: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ftwidgets.sandbox.training.workers", str(self._home), str(slot)]
        return subprocess.Popen(command + self._options, stdin=subprocess.PIPE)

    def _watch(self) -> None:
        while not self._closing.wait(RESTART_AFTER):
            for slot, process in enumerate(self._processes):
                if process.poll() is not None:
                    logger.warning("Worker %d ended with %s; another takes its place.", process.pid, process.returncode)
                    with self._lock:
                        self._processes[slot] = self._start(slot)
                    if process.stdin is not None:
                        process.stdin.close()


def main() -> None:
    """Train until standard input ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("slot", type=int)
    parser.add_argument("--share", action="store_true")
    parser.add_argument("--most-tokens", type=int)
    parser.add_argument("--models", type=Path)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s worker %(process)d: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server decides when a worker ends
    if hasattr(os, "nice"):
        os.nice(5)  # requests to the server go first
    store = Store(options.home)
    runner = Runner(
        store,
        JobLifecycle(store),
        Catalog(store, models=options.models),
        slot=options.slot,
        share=options.share,
        poll_every=POLL_EVERY,
        most_tokens=options.most_tokens,
    )
    runner.wake()
    sys.stdin.buffer.read()
    runner.close()
    store.close()


if __name__ == "__main__":
    main()
