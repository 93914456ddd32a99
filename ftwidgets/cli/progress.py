"""Plain text for a terminal: columns, a progress bar that knows when nobody watches, no control characters.

Left out: colours, and any library for them.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJobEvent

SEPARATOR = os.sep
_INDENT = "   "
_BAR = 30


def width() -> int:
    """Tell how wide a line may be: the terminal's width, from 60 to 110."""
    return min(110, max(60, shutil.get_terminal_size((100, 24)).columns)) - 1


def plain(text: str) -> str:
    """Make one line of a text, without anything that steers a terminal: models write what they like."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def indented(text: str) -> str:
    """Indent a text and wrap its long lines."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, width() - len(_INDENT), break_on_hyphens=False, break_long_words=False) or [""]
    return textwrap.indent("\n".join(lines), _INDENT)


def side_by_side(texts: Mapping[str, str]) -> str:
    """Set texts in columns of equal width, each under its name."""
    room = (width() - len(_INDENT)) // len(texts) - 2
    columns = [[name, "-" * len(name), *textwrap.wrap(text or "(nothing)", room)] for name, text in texts.items()]
    height = max(map(len, columns))
    rows = zip(*(column + [""] * (height - len(column)) for column in columns), strict=True)
    return "\n".join((_INDENT + "".join(f"{cell:<{room + 2}}" for cell in row)).rstrip() for row in rows)


class Progress:
    """A bar that moves in place on a terminal, and a line now and then where the output goes to a file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._shown = 0  # tenths, of the lines for a file
        self._drawn = False

    def on_event(self, event: FineTuningJobEvent) -> None:
        """Draw what an event tells: a message in words, metrics as a bar."""
        data = event.data if isinstance(event.data, dict) else {}
        if "step" in data and "total_steps" in data:
            self.update(int(data["step"]), int(data["total_steps"]), f"loss {float(data.get('train_loss', 0)):.2f}")
        elif event.level != "info":
            self.done()
            print(f"{_INDENT}{plain(event.message)}", file=self._stream)

    def update(self, done: int, of: int, note: str = "") -> None:
        """Draw so much of the whole."""
        filled = _BAR * done // of
        seconds = time.monotonic() - self._began
        line = f"{_INDENT}[{'#' * filled:<{_BAR}}] {done}/{of}  {note}  {seconds:.0f} s"
        if self._live:
            print(f"\r{line:<{width()}}"[: width() + 1], end="", file=self._stream, flush=True)
            self._drawn = True
        elif done * 5 // of > self._shown or done == of:
            self._shown = done * 5 // of
            print(line.rstrip(), file=self._stream, flush=True)

    def done(self) -> None:
        """End the bar's line, if one is drawn."""
        if self._drawn:
            print(file=self._stream, flush=True)
        self._drawn = False
