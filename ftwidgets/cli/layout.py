"""Lay out text for a terminal: wrapped and indented lines, columns side by side, tables, the heading of a step; and JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO

INDENT = "   "
GAP = "  "  # between two columns


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title of a step, and at its end how long it took."""
    began = time.monotonic()
    print(f"\n== {title}", flush=True)
    yield
    print(f"{INDENT}({time.monotonic() - began:.1f} s)", flush=True)


def line_width() -> int:
    """Return how many characters fit on a line of the terminal, at least 60 and at most 110."""
    return min(110, max(60, shutil.get_terminal_size((100, 24)).columns)) - 1


def without_controls(text: str) -> str:
    """Replace the control characters of a text by spaces, but not its line breaks: what a model writes may hold any."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def single_line(text: str) -> str:
    """Join a text to one line without control characters."""
    return " ".join(without_controls(text).split())


def indent(text: str) -> str:
    """Indent a text and wrap its long lines."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, line_width() - len(INDENT), break_on_hyphens=False, break_long_words=False) or [""]
    return textwrap.indent("\n".join(lines), INDENT)


def labelled(label: str, text: str, *, limit: int = 400) -> str:
    """Format a text of at most `limit` characters behind its label; further lines are indented to the same column."""
    text = single_line(text) or "(nothing)"
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    start = f"{INDENT}{label:<10}"
    return textwrap.fill(shown, line_width(), initial_indent=start, subsequent_indent=" " * len(start))


def column_width(n_columns: int) -> int:
    """Return how wide each of so many columns is, side by side on a line of the terminal."""
    return (line_width() - len(INDENT)) // n_columns - len(GAP)


def format_columns(texts: Mapping[str, str]) -> str:
    """Format texts side by side, in columns of equal width with their names above."""
    width = column_width(len(texts))
    columns = [[name, "-" * len(name), *textwrap.wrap(text or "(nothing)", width)] for name, text in texts.items()]
    height = max(map(len, columns))
    rows = zip(*(column + [""] * (height - len(column)) for column in columns), strict=True)
    return "\n".join((INDENT + "".join(f"{cell:<{width + len(GAP)}}" for cell in row)).rstrip() for row in rows)


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format rows of cells under a header; each column is as wide as its widest cell."""
    widths = [max(map(len, cells)) for cells in zip(header, *rows, strict=True)]
    lines = [GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)]
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def stdout_for_json(wanted: bool) -> Iterator[None]:
    """If stdout is for one JSON document, send what is printed meanwhile to a terminal at stderr, or else nowhere."""
    if not wanted:
        yield
        return
    with redirect_stdout(sys.stderr if sys.stderr.isatty() else StringIO()):
        yield


def print_json(document: object) -> None:
    """Print a JSON document; letters that the output cannot show are escaped, so none is lost."""
    readable = "utf" in (sys.stdout.encoding or "").lower()
    print(json.dumps(document, ensure_ascii=not readable, indent=1))


def format_duration(seconds: float) -> str:
    """Return a time as `42 s`, `3 min 05 s` or `2 h 10 min`."""
    whole = max(0, round(seconds))
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_age(seconds: float) -> str:
    """Return how long ago something was, in one unit, of which at least two have passed: `90 min`, `3 h`."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
