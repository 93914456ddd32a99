"""One trainer at a time, however many processes share a state folder: a lock that dies with its holder.

The lock is an exclusive transaction on a small SQLite file of its own. The operating system lets go of it when the
process ends, however it ends, so no clock, heartbeat or process id has to be trusted; and it works wherever the
store itself works. Left out: fairness. Whoever asks first after a release gets it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def lease(path: Path) -> Iterator[bool]:
    """Hold the lock while the block runs; yields False, without waiting, where somebody else holds it."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and path.parent.is_dir():  # a job that is over has no folder any more
                raise
            yield False
            return
        try:
            yield True
        finally:
            connection.execute("ROLLBACK")
