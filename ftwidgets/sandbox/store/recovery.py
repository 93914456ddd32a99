"""Recovery from damaged records: everything in the state folder is moved aside, untouched, and the log says where.

Left out: repairing the records. What was moved are plain files: `files/` holds the uploads, `models/` the tuned models.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ftwidgets.sandbox.clock import Clock

RECORDS = "sandbox.sqlite"
_MOVED_ALONG = (f"{RECORDS}-wal", f"{RECORDS}-shm", "files", "parts", "models", "jobs")

logger = logging.getLogger(__name__)


def move_aside_if_damaged(home: Path, clock: Clock) -> Path | None:
    """Move what is in a state folder into a folder of its own if the records are damaged.

    Parameters
    ----------
    home
        The state folder.
    clock
        For the date in the name of the new folder.

    Returns
    -------
    Path | None
        Where everything is now, or None if nothing is wrong.

    Raises
    ------
    OSError
        If it cannot be moved; then nothing has been moved.
    """
    damage = _find_damage(home / RECORDS)
    if damage is None:
        return None
    date = time.strftime("%Y-%m-%d", time.gmtime(clock.time()))
    aside = next(path for number in range(1, 10_000) if not (path := home / f"damaged-{date}-{number}").exists())
    aside.mkdir()
    for name in (*_MOVED_ALONG, RECORDS):  # the records last: until they are moved, the next try begins again
        if (home / name).exists():
            (home / name).rename(aside / name)
    logger.warning(
        "The records of the sandbox cannot be read (%s). Everything in its folder is kept in %s, untouched; the sandbox "
        "begins anew. Uploaded files lie there under files, tuned models under models.",
        damage,
        aside,
    )
    return aside


def _find_damage(path: Path) -> str | None:
    """Describe what is wrong with the file of records; None if it is fine, or if there is none yet."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:  # locked, not readable for us, no room: not damaged; opening it raises the error
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found
