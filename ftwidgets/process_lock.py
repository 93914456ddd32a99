"""A lock between processes that share a folder; it is released when its holder ends, however it ends.

The lock is an exclusive transaction on a small SQLite file of its own. The operating system releases it with the
process, so no clock, heartbeat or process id has to be trusted; and it works wherever SQLite does.
Left out: fairness. After a release, the first process that asks gets it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def process_lock(path: Path) -> Iterator[bool]:
    """Hold the lock while the block runs; yields False, without waiting, where somebody else holds it."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and path.parent.is_dir():  # the folder of a finished job is gone
                raise
            yield False
            return
        try:
            yield True
        finally:
            connection.execute("ROLLBACK")
