"""What time it is, and waiting: the system's clock, handed in, so that a test can hand in one that it turns by hand.

Left out: the clock that is turned by hand (`ftwidgets.testing`).
"""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """All that the sandbox knows of time."""

    def time(self) -> float:
        """Tell the seconds since 1970."""

    def monotonic(self) -> float:
        """Tell the seconds since some moment; never goes back."""

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for an event, so many seconds at most (None: for ever); tell whether it has been set."""

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds. In async code, call it in a thread."""


class SystemClock:
    """The computer's own clock."""

    def time(self) -> float:
        """Tell the seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Tell the seconds since some moment; never goes back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for an event, so many seconds at most (None: for ever); tell whether it has been set."""
        return event.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        time.sleep(seconds)
