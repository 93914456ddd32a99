"""So many requests a minute for each key: a bucket that fills steadily and holds a minute's worth.

Left out: tokens a minute. What a key may train and write is bounded as a whole (`limits`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.responses import JSONResponse

from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import Clock

TOO_MANY = "Rate limit reached for this key on requests per min (RPM): Limit {most}. Please try again in {wait:.3f}s."
LARGEST = 10000  # owners to remember; those who have been away longest have full buckets anyway


@dataclass(eq=False)
class PatientError(ApiError):
    """A refusal that passes: it says in how many seconds to try again, in the two headers that clients read."""

    wait: float = 1.0

    def response(self) -> JSONResponse:
        """Put the refusal into OpenAI's envelope."""
        made = super().response()
        made.headers["x-should-retry"] = "true"
        made.headers["retry-after"] = str(math.ceil(self.wait))
        made.headers["retry-after-ms"] = str(math.ceil(1000 * self.wait))
        return made


class Pace:
    """Counts the requests of each owner.

    Parameters
    ----------
    most
        Requests a minute; None: any number.
    clock
        What time it is.
    """

    def __init__(self, most: int | None, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # what was left, and when

    def check(self, owner: str) -> None:
        """Take one request off, or raise the refusal."""
        if self._most is None:
            return
        now = self._clock.monotonic()
        left, since = self._buckets.pop(owner, (float(self._most), now))
        left = min(float(self._most), left + (now - since) * self._most / 60)
        self._buckets[owner] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > LARGEST:
            del self._buckets[next(iter(self._buckets))]
        if left < 1:
            wait = (1 - left) * 60 / self._most
            message = TOO_MANY.format(most=self._most, wait=wait)
            raise PatientError(429, message, code="rate_limit_exceeded", kind="requests", wait=wait)
