"""How often to ask a service about a job, and how long to put up with silence.

Left out: asking (`ftwidgets.jobs` does), and threads: one pace belongs to one wait.
"""

from __future__ import annotations

import math
from time import monotonic

FIRST, NEAR, LONGEST = 0.1, 0.25, 5.0
"""The first pause, the longest for a service next door, and the longest at all, in seconds."""

OUTAGE = 120.0
"""How long a service may not answer before a wait gives up, in seconds."""


class Pace:
    """The pauses between two looks at a job.

    They grow from a tenth of a second, by half each time, up to fifty times the quickest answer seen: a quarter of a
    second for the sandbox in this process, five seconds for a service across the ocean.
    """

    def __init__(self) -> None:
        self._pause = FIRST
        self._quickest = math.inf
        self._silent_since: float | None = None

    def answered(self, seconds: float) -> None:
        """Note that the service answered, and how fast."""
        self._quickest = min(self._quickest, seconds)
        self._silent_since = None

    def silent(self) -> bool:
        """Note that the service did not answer; True once that has gone on for too long."""
        now = monotonic()
        if self._silent_since is None:
            self._silent_since = now
        return now - self._silent_since > OUTAGE

    def pause(self) -> float:
        """Give the next pause in seconds."""
        longest = min(LONGEST, max(NEAR, 50 * self._quickest))
        pause = min(self._pause, longest)
        self._pause = min(self._pause * 1.5, LONGEST)
        return pause
