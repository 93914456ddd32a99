"""Close what is still open when the program ends, so that a script that forgets to close loses no training step.

Every thread of the sandbox and of the engine is a daemon, so that none of them keeps the interpreter from getting here.
Left out: forked processes.
"""

from __future__ import annotations

import atexit
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
    atexit.register(_close_all)


def _close_all() -> None:
    for thing in list(_open):
        thing.close()
