"""A progress bar: of a job, from its events, or of anything that is counted. It says how long the rest will take."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING, TextIO

from ftwidgets.cli.layout import INDENT, format_duration, indent, line_width, single_line

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJobEvent

LONGEST_BAR, SHORTEST_BAR = 30, 8  # characters between the brackets
WINDOW = 15.0  # seconds whose speed the estimate of the rest is made from
SAME_MOMENT = 0.05  # seconds; updates closer than that come from the past of a job, and tell nothing of its speed
LEAST_SECONDS = 1.0  # before the first estimate


class Progress:
    """A bar that moves in place on a terminal; five lines if the output goes to a file or a pipe."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._moments: deque[tuple[float, int]] = deque()  # when how much was done, in the last `WINDOW` seconds
        self._validation = ""
        self._fifths = 0  # of the whole, printed to a file so far
        self._unfinished = False  # the bar's line on a terminal

    def on_event(self, event: FineTuningJobEvent) -> None:
        """Show an event of a job: metrics as the bar with both losses, a warning or an error as its message."""
        data = event.data if isinstance(event.data, dict) else {}
        if "step" in data and "total_steps" in data:
            loss = data.get("full_valid_loss") or (not self._validation and data.get("valid_loss"))
            if loss:
                self._validation = f"  validation {float(loss):.2f}"
            note = f"loss {float(data.get('train_loss', 0)):.2f}{self._validation}"
            self.update(int(data["step"]), int(data["total_steps"]), note)
        elif event.level != "info":
            self.done()
            print(indent(single_line(event.message)), file=self._stream)

    def update(self, done: int, of: int, note: str = "") -> None:
        """Show how much of the whole is done."""
        now = time.monotonic()
        elapsed, left = format_duration(now - self._began), self._seconds_left(now, done, of)
        figures = f" {done}/{of}  {note + '  ' if note else ''}{elapsed}"
        if self._live:
            rest = f"{figures}, {format_duration(left)} left" if left is not None and done < of else figures
            width = line_width()
            print(
                f"\r{self._bar(done, of, width - len(rest)) + rest:<{width}}"[: width + 1],
                end="",
                file=self._stream,
                flush=True,
            )
            self._unfinished = True
        elif done * 5 // of > self._fifths or done == of:
            self._fifths = done * 5 // of
            print(self._bar(done, of, line_width() - len(figures)) + figures, file=self._stream, flush=True)

    def done(self) -> None:
        """End the bar's line, if there is one."""
        if self._unfinished:
            print(file=self._stream, flush=True)
        self._unfinished = False

    def _bar(self, done: int, of: int, room: int) -> str:
        size = min(LONGEST_BAR, max(SHORTEST_BAR, room - len(INDENT) - 2))
        return f"{INDENT}[{'#' * (size * done // of):<{size}}]"

    def _seconds_left(self, now: float, done: int, of: int) -> float | None:
        """Estimate the time that the rest takes at the speed of the last seconds; None as long as that is a guess."""
        moments = self._moments
        if moments and now - moments[-1][0] < SAME_MOMENT:
            moments[-1] = (moments[-1][0], done)
        else:
            moments.append((now, done))
        while len(moments) > 2 and now - moments[1][0] > WINDOW:
            moments.popleft()
        since, then = moments[0]
        if now - since < LEAST_SECONDS or done <= then:
            return None
        return (of - done) * (now - since) / (done - then)
