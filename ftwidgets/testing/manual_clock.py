"""A clock that stands until it is turned: tests of limits, queues and dates need no sleep.

Left out: the clocks of others. What your own code sleeps with `time.sleep` still takes its time; hand it `clock.sleep` instead.
"""

from __future__ import annotations

import threading

START = 1_790_000_000.0  # a moment in September 2026
LOOK_UP = 0.005  # seconds of real time between two looks at an event that somebody else may set


class ManualClock:
    """A clock that stands until somebody turns it; whoever waits wakes as soon as their time has come.

    Parameters
    ----------
    start
        What time it is at first, in seconds since 1970.
    """

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._passed = 0.0
        self._turned = threading.Condition()
        self._sleepers = 0

    def time(self) -> float:
        """Tell the seconds since 1970."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Tell the seconds that have passed."""
        return self._passed

    def advance(self, seconds: float) -> None:
        """Turn the clock on.

        Parameters
        ----------
        seconds
            How far; time does not go back.

        Raises
        ------
        ValueError
            If it would.
        """
        if seconds < 0:
            raise ValueError(f'"seconds" must be at least 0: {seconds:g}')
        with self._turned:
            self._passed += seconds
            self._turned.notify_all()

    def sleep(self, seconds: float) -> None:
        """Wait until the clock has been turned so far, by another thread."""
        self.wait(threading.Event(), seconds)

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for an event, until the clock has been turned so far at most (None: for ever); tell whether it has been set."""
        with self._turned:
            until = None if seconds is None else self._passed + seconds
            self._sleepers += 1
            self._turned.notify_all()
            try:
                while not event.is_set() and (until is None or self._passed < until):
                    self._turned.wait(LOOK_UP)
            finally:
                self._sleepers -= 1
        return event.is_set()

    def wait_for_sleepers(self, number: int = 1, *, timeout: float = 10) -> None:
        """Wait, in real time, until so many threads wait on this clock: then it makes sense to turn it.

        Raises
        ------
        TimeoutError
            If fewer do after `timeout` real seconds.
        """
        with self._turned:
            if not self._turned.wait_for(lambda: self._sleepers >= number, timeout):
                raise TimeoutError(f"{self._sleepers} of {number} threads wait on the clock after {timeout:g} s.")
