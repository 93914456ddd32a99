"""Whether there are jobs that no process trains: a kernel that had one has ended.

Only Python's own SQLite is used: Jupyter Server asks every few seconds, and must not become larger for it.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ftwidgets.process_lock import process_lock

CHECK_SECONDS = 30  # for which the process that took in a job may check its file

_WAITING = """SELECT 1 FROM jobs WHERE status IN ('queued', 'running')
    OR (status = 'validating_files' AND created_at < ?) LIMIT 1"""


def has_unfinished_jobs(home: Path, *, now: float | None = None) -> bool:
    """Return whether jobs wait or are running; one whose file is being checked counts after half a minute."""
    records = home / "sandbox.sqlite"
    if not records.is_file():
        return False
    before = (time.time() if now is None else now) - CHECK_SECONDS
    try:
        with closing(sqlite3.connect(f"{records.as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            return connection.execute(_WAITING, (before,)).fetchone() is not None
    except sqlite3.Error:  # being made, being repaired, or no state folder of ours: the next look tells
        return False


def is_trained(home: Path) -> bool:
    """Return whether some process holds the lock of the trainer."""
    with process_lock(home / "trainer-0.lock") as free:
        return not free
