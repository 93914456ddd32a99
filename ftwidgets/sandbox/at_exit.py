"""Close what is still open when Python ends, so a script that forgets to close a sandbox loses no training step.

Every thread of the sandbox and of the engine is a daemon, so none of them keeps the interpreter from getting here.
"""

from __future__ import annotations

import atexit
import weakref
from functools import cache
from typing import Protocol


class Closable(Protocol):
    """An object with a `close` method."""

    def close(self) -> None:
        """Close it; a second call is harmless."""


_open: weakref.WeakSet[Closable] = weakref.WeakSet()


def close_at_exit(resource: Closable) -> None:
    """Close a resource when Python ends, if it still exists then."""
    _open.add(resource)
    _register()


@cache
def _register() -> None:
    atexit.register(_close_all)


def _close_all() -> None:
    for resource in list(_open):
        resource.close()
