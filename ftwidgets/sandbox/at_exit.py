"""Close what is still open when the program ends, so that a script that forgets to close ends all the same.

`atexit` would be too late: before it, the interpreter stops every thread pool, without which a training step fails,
and waits for every thread, some of which end only when the sandbox does. `threading` has a hook for exactly this,
which `concurrent.futures` uses too; hooks run last in, first out, so ours has to come after theirs.
Left out: forked processes.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 (its hook must be there before ours)
import threading
import weakref
from functools import cache
from typing import Protocol


class Closable(Protocol):
    """Whatever can be closed."""

    def close(self) -> None:
        """Close it; a second call is harmless."""


_open: weakref.WeakSet[Closable] = weakref.WeakSet()


def close_at_exit(thing: Closable) -> None:
    """Close this when the program ends, unless that has been done by then."""
    _open.add(thing)
    _watch()


@cache
def _watch() -> None:
    # The hook has no public name; should it go, closing late is better than not at all.
    getattr(threading, "_register_atexit", atexit.register)(_close_all)


def _close_all() -> None:
    for thing in list(_open):
        thing.close()
