"""The clock of the sandbox: the time, and waiting. A test hands in its own, such as `ftwidgets.testing.ManualClock`."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the sandbox needs of a clock."""

    def time(self) -> float:
        """Return the seconds since 1970."""

    def monotonic(self) -> float:
        """Return the seconds since some moment; it never goes back."""

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for an event, so many seconds at most (None: for ever); return whether it has been set."""

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds. In async code, call it in a thread."""


class SystemClock:
    """The computer's own clock."""

    def time(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds since some moment; it never goes back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for an event, so many seconds at most (None: for ever); return whether it has been set."""
        return event.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        time.sleep(seconds)
