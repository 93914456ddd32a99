"""One line that says how far a long call is, updated in place, and left as one sentence at the end.

In a notebook it is an output of the cell, and only that sentence is stored. Elsewhere it goes to stderr: a terminal shows it
in place, a file or a pipe gets the sentence alone. Threads other than the main one show nothing: a widget has its own place.
"""

from __future__ import annotations

import shutil
import sys
import threading
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self

Place = Literal["notebook", "terminal", "file", "nowhere"]


class ProgressLine:
    """A line of text that `show` updates and `finish` ends; leaving its `with` block ends it too.

    Nothing is shown in the first `after` seconds, and a line that was never shown leaves nothing behind.
    """

    def __init__(self, *, wanted: bool = True, after: float = 0.0) -> None:
        self.place: Place = find_place() if wanted else "nowhere"
        self._due = monotonic() + after
        self._handle: Any = None  # of the notebook's output
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown and self.place == "terminal":
            sys.stderr.write("\n")
        self._shown = ""

    def show(self, text: str) -> None:
        """Replace the line by this text."""
        if self.place == "nowhere" or monotonic() < self._due or text == self._shown:
            return
        self._shown = text
        if self.place == "terminal":
            width = shutil.get_terminal_size((100, 24)).columns - 1
            sys.stderr.write(f"\r{text[:width]:<{width}}")
            sys.stderr.flush()
        elif self.place == "notebook" and self._handle is None:
            from IPython.display import display

            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        elif self.place == "notebook":
            self._handle.update({"text/plain": text}, raw=True)

    def finish(self, text: str) -> None:
        """Leave this sentence in place of the line."""
        self.show(text)
        if self._shown and self.place == "file":
            sys.stderr.write(f"{text}\n")


def find_place() -> Place:
    """Find out where a line can be shown from here."""
    if threading.current_thread() is not threading.main_thread():
        return "nowhere"
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if hasattr(shell, "kernel"):
        return "notebook"
    if sys.stderr is None:  # such as under pythonw
        return "nowhere"
    return "terminal" if sys.stderr.isatty() else "file"


def format_seconds(seconds: float) -> str:
    """Return a time as `42 s`, or from 100 seconds on as `3 min`."""
    return f"{max(1, round(seconds))} s" if seconds < 99.5 else f"{round(seconds / 60)} min"
