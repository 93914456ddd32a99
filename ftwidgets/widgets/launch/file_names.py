"""What to call training files in a menu: by name, rows and time, since many are called `train.jsonl`."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ftwidgets.data.text import pluralize
from ftwidgets.jobs.times import clock

MOST = 12  # files of a folder that are offered
_LOOKED_AT = 2_000  # entries of a folder tree, so that a home folder of any size takes no time
_LARGEST = 8 * 2**20  # bytes of a file whose rows are counted


def local_files(folder: Path) -> list[str]:
    """Return the paths of the JSONL files in a folder and in its folders, the newest first; relative to the folder."""
    found = [entry for entry in _entries(folder) if entry.name.endswith(".jsonl") and entry.is_file()]
    newest = sorted(found, key=lambda entry: entry.stat().st_mtime, reverse=True)[:MOST]
    return [Path(entry.path).relative_to(folder).as_posix() for entry in newest]


def name_local(path: str | Path) -> str:
    """Return what a file on this computer is called in the menu: its path, rows, and when it was changed."""
    path = Path(path)
    stat = path.stat()
    size = row_count(path.read_bytes()) if stat.st_size <= _LARGEST else size_text(stat.st_size)
    return f"{path.as_posix()}, {size}, {when(stat.st_mtime)}"


def row_count(content: bytes) -> str:
    """Return in words how many rows a JSONL file has."""
    return pluralize(sum(1 for line in content.splitlines() if line.strip()), "row")


def size_text(n_bytes: int) -> str:
    """Return a size as precisely as a menu needs it."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{max(1, round(n_bytes / 1e3))} kB"


def when(seconds: object) -> str:
    """Return a time since 1970 as `today 09:41`, `yesterday 17:02` or `28 Nov 09:41`; `at some time` for what is none."""
    days = {clock(time.time() - 86_400 * ago, "%x"): name for ago, name in enumerate(("today", "yesterday"))}
    return clock(seconds, f"{days.get(clock(seconds, '%x'), '%d %b')} %H:%M") or "at some time"


def unique(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return names with what they stand for; a name that stands for several gets the end of each added."""
    pairs = list(names)
    often = Counter(name for name, _value in pairs)
    return {name if often[name] == 1 else f"{name} (...{value[-6:]})": value for name, value in pairs}


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a folder and one level below it, but nothing hidden; a folder that cannot be read is empty."""
    n_seen = 0
    below: list[str] = []
    for place in [str(folder), None]:
        for name in [place] if place else below:
            try:
                with os.scandir(name) as entries:
                    for entry in entries:
                        n_seen += 1
                        if n_seen > _LOOKED_AT:
                            return
                        if entry.name.startswith("."):
                            continue
                        if place and entry.is_dir():
                            below.append(entry.path)
                        yield entry
            except OSError:
                continue
