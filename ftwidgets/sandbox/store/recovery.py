"""A state folder whose records cannot be read: everything in it is kept aside, untouched, and said; nothing is overwritten.

Left out: repairing it. What was kept are plain files: `files/` holds what was uploaded, `models/` what was tuned.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ftwidgets.sandbox.clock import Clock

RECORDS = "sandbox.sqlite"
_WITH_THEM = (f"{RECORDS}-wal", f"{RECORDS}-shm", "files", "parts", "models", "jobs")

logger = logging.getLogger(__name__)


def keep_aside_if_damaged(home: Path, clock: Clock) -> Path | None:
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
        Where everything is kept, or None if nothing is wrong.

    Raises
    ------
    OSError
        If it cannot be moved; then it is all where it was.
    """
    trouble = _trouble(home / RECORDS)
    if trouble is None:
        return None
    date = time.strftime("%Y-%m-%d", time.gmtime(clock.time()))
    aside = next(path for number in range(1, 10_000) if not (path := home / f"damaged-{date}-{number}").exists())
    aside.mkdir()
    for name in (*_WITH_THEM, RECORDS):  # the records last: until they have gone, the next try begins again
        if (home / name).exists():
            (home / name).rename(aside / name)
    logger.warning(
        "The records of the sandbox cannot be read (%s). Everything in its folder is kept in %s, untouched; the sandbox "
        "begins anew. Uploaded files lie there under files, tuned models under models.",
        trouble,
        aside,
    )
    return aside


def _trouble(path: Path) -> str | None:
    """Say what is wrong with the file of records; None if nothing is, or if there is none yet."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:  # locked, not readable for us, no room: not damaged, and told when it is opened
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found
