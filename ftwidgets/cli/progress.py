"""Plain text for a terminal: indented text, columns, and a progress bar that becomes a few lines in a file."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJobEvent

_INDENT = "   "
_BAR_WIDTH = 30


def line_width() -> int:
    """Return how many characters fit on a line of the terminal, at least 60 and at most 110."""
    return min(110, max(60, shutil.get_terminal_size((100, 24)).columns)) - 1


def single_line(text: str) -> str:
    """Join a text to one line without control characters: the answer of a model may hold any."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def indent(text: str) -> str:
    """Indent a text and wrap its long lines."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, line_width() - len(_INDENT), break_on_hyphens=False, break_long_words=False) or [""]
    return textwrap.indent("\n".join(lines), _INDENT)


def format_columns(texts: Mapping[str, str]) -> str:
    """Format texts side by side, in columns of equal width with their names above."""
    width = (line_width() - len(_INDENT)) // len(texts) - 2
    columns = [[name, "-" * len(name), *textwrap.wrap(text or "(nothing)", width)] for name, text in texts.items()]
    height = max(map(len, columns))
    rows = zip(*(column + [""] * (height - len(column)) for column in columns), strict=True)
    return "\n".join((_INDENT + "".join(f"{cell:<{width + 2}}" for cell in row)).rstrip() for row in rows)


class Progress:
    """A bar that moves in place on a terminal; five lines if the output goes to a file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._fifths = 0  # of the whole, printed to a file so far
        self._unfinished = False  # the bar's line on a terminal

    def on_event(self, event: FineTuningJobEvent) -> None:
        """Show an event of a job: metrics as the bar, a warning or an error as its message."""
        data = event.data if isinstance(event.data, dict) else {}
        if "step" in data and "total_steps" in data:
            self.update(int(data["step"]), int(data["total_steps"]), f"loss {float(data.get('train_loss', 0)):.2f}")
        elif event.level != "info":
            self.done()
            print(f"{_INDENT}{single_line(event.message)}", file=self._stream)

    def update(self, done: int, of: int, note: str = "") -> None:
        """Show how much of the whole is done."""
        filled = _BAR_WIDTH * done // of
        seconds = time.monotonic() - self._began
        line = f"{_INDENT}[{'#' * filled:<{_BAR_WIDTH}}] {done}/{of}  {note}  {seconds:.0f} s"
        if self._live:
            print(f"\r{line:<{line_width()}}"[: line_width() + 1], end="", file=self._stream, flush=True)
            self._unfinished = True
        elif done * 5 // of > self._fifths or done == of:
            self._fifths = done * 5 // of
            print(line.rstrip(), file=self._stream, flush=True)

    def done(self) -> None:
        """End the bar's line, if there is one."""
        if self._unfinished:
            print(file=self._stream, flush=True)
        self._unfinished = False
