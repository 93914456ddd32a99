"""A clock that a test moves forward by hand: tests of limits, queues and dates need no sleep.

Only the sandbox uses it. A `time.sleep` in your own code still takes its time; hand it `clock.sleep` instead.
"""

from __future__ import annotations

import threading

START = 1_790_000_000.0  # a moment in September 2026
POLL_EVERY = 0.005  # seconds of real time between two looks at an event that another thread may set


class ManualClock:
    """A clock that stands still until `advance` moves it; a waiting thread wakes as soon as its time has come.

    Parameters
    ----------
    start
        The time at first, in seconds since 1970.
    """

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._passed = 0.0
        self._turned = threading.Condition()
        self._sleepers = 0

    def time(self) -> float:
        """Return the seconds since 1970."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._passed

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Parameters
        ----------
        seconds
            How far.

        Raises
        ------
        ValueError
            If `seconds` is negative: time does not go back.
        """
        if seconds < 0:
            raise ValueError(f'"seconds" must be at least 0: {seconds:g}')
        with self._turned:
            self._passed += seconds
            self._turned.notify_all()

    def sleep(self, seconds: float) -> None:
        """Wait until another thread has moved the clock so far."""
        self.wait(threading.Event(), seconds)

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for an event, or until the clock has moved so far (None: for ever); return whether the event is set."""
        with self._turned:
            until = None if seconds is None else self._passed + seconds
            self._sleepers += 1
            self._turned.notify_all()
            try:
                while not event.is_set() and (until is None or self._passed < until):
                    self._turned.wait(POLL_EVERY)
            finally:
                self._sleepers -= 1
        return event.is_set()

    def wait_for_sleepers(self, number: int = 1, *, timeout: float = 10) -> None:
        """Wait, in real time, until so many threads wait on this clock; then it makes sense to move it.

        Raises
        ------
        TimeoutError
            If fewer wait after `timeout` real seconds.
        """
        with self._turned:
            if not self._turned.wait_for(lambda: self._sleepers >= number, timeout):
                raise TimeoutError(f"{self._sleepers} of {number} threads wait on the clock after {timeout:g} s.")
