"""Times as services give them: seconds since 1970. Some give a text or a negative number; that is no time, and no error."""

from __future__ import annotations

import math
import time

_YEAR_10000 = 253_402_300_800


def seconds_of(given: object) -> float:
    """Return a time as a number to sort and to subtract by; 0 for what is no time between 1970 and the year 9999."""
    if not isinstance(given, int | float) or not math.isfinite(given) or not 0 < given < _YEAR_10000 - 86_400:
        return 0.0
    return float(given)


def clock(given: object, form: str) -> str:
    """Return a time in local time, in a form as for `time.strftime`; empty for what is no time."""
    seconds = seconds_of(given)
    return time.strftime(form, time.localtime(seconds)) if seconds else ""


def when(given: object) -> str:
    """Return a time as `14:05` if it is today, else as `30 Nov 14:05`, with the year if it is another one."""
    now = time.localtime()
    day, year = clock(given, "%d %b"), clock(given, "%Y")
    if year and year != f"{now.tm_year:04}":
        return clock(given, "%d %b %Y %H:%M")
    return clock(given, "%H:%M" if day == time.strftime("%d %b", now) else "%d %b %H:%M")
