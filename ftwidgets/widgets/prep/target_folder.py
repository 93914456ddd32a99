"""Look at the folder that the training files go to: what is there already, and what of it would be replaced."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.data.export import json_line
from ftwidgets.data.prepare import TRAIN, VALIDATION
from ftwidgets.data.rows import Example
from ftwidgets.data.text import join_names, pluralize

UPLOADS = "uploads"  # the folder in it that keeps uploaded files

Stamp = tuple[int, int]  # of a file: when it was written, in nanoseconds, and its size in bytes


@dataclass(frozen=True)
class Occupied:
    """What a folder holds that writing would replace, and what else is in it."""

    replaced: list[Path]
    others: list[str]

    def __str__(self) -> str:
        parts = []
        if self.replaced:
            parts.append(f"{' and '.join(map(describe, self.replaced))} would be replaced")
        if self.others:
            parts.append(f"{join_names(self.others, 3)} would stay beside the training files")
        return "; ".join(parts)


def stamps(paths: Iterable[Path | None]) -> dict[Path, Stamp]:
    """Return when each file was written, and its size: two that are equal mean that nobody has changed it since."""
    found = {path.resolve(): path.stat() for path in paths if path is not None}
    return {path: (state.st_mtime_ns, state.st_size) for path, state in found.items()}


def occupied(folder: Path, own: dict[Path, Stamp], known: Collection[Path]) -> Occupied:
    """Return what is in the way in a folder.

    Files that this form has written (`own`) and nobody has changed since, files that are `known`, uploads and hidden files are
    not.
    """
    if not folder.is_dir():
        return Occupied([], [])
    hidden = {path.resolve() for path in known}
    there = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.resolve() not in hidden]
    targets = [path for path in there if path.name in (TRAIN, VALIDATION) and path.is_file()]
    replaced = [path for path in targets if own.get(path.resolve()) != stamps([path])[path.resolve()]]
    if targets and not replaced:
        return Occupied([], [])  # this form has written here before
    return Occupied(replaced, [path.name for path in there if path not in targets and path.name != UPLOADS])


def holds_the_same(folder: Path, examples: Iterable[Example], in_validation: list[bool]) -> bool:
    """Tell whether the two files in a folder are, byte by byte, those that would be written."""
    sides: dict[bool, list[bytes]] = {False: [], True: []}
    for example, held_out in zip(examples, in_validation, strict=True):
        sides[held_out].append(json_line(example))
    for name, lines in ((TRAIN, sides[False]), (VALIDATION, sides[True])):
        path = folder / name
        if (path.read_bytes() if path.is_file() else b"") != b"".join(lines):
            return False
    return True


def describe(path: Path) -> str:
    """Return a file's name, its rows and when it was written."""
    with path.open("rb") as file:
        rows = sum(1 for _line in file)
    return f"{path.name} ({pluralize(rows, 'row')}, written {day_and_time(path.stat().st_mtime)})"


def day_and_time(seconds: float) -> str:
    """Return a moment as `today 14:32` or `2026-11-29 14:32`, in local time."""
    moment, today = datetime.datetime.fromtimestamp(seconds), datetime.date.today()
    return f"{'today' if moment.date() == today else moment.date().isoformat()} {moment:%H:%M}"


def readable_size(n_bytes: int) -> str:
    """Return a number of bytes as `812 bytes`, `1.4 kB` or `23 MB`."""
    if n_bytes < 1000:
        return pluralize(n_bytes, "byte")
    return f"{n_bytes / 1000:.1f} kB" if n_bytes < 1_000_000 else f"{n_bytes / 1e6:.1f} MB"
