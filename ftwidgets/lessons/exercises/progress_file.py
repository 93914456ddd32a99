"""What a learner has done: outcomes and guesses, in one JSON file of the state folder.

Each change is written at once, by one process at a time. A file that cannot be parsed is kept under another name.
Where nothing can be written, the changes are kept in this process, and each of them says so.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from ftwidgets.clients import state_folder
from ftwidgets.errors import FtwidgetsError
from ftwidgets.process_lock import process_lock

FILE = "progress.json"
VERSION = 1
PATIENCE = 3.0  # seconds to wait for another process that is writing

Lessons = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""By lesson, then by `"exercises"` or `"guesses"`, then by number or name: the facts that are kept."""

Change = Callable[[Lessons], object]

_lock = threading.Lock()
_pending: dict[Path | None, list[Change]] = {}  # what could not be written yet, by file


def entry(lessons: Lessons, lesson: str, kind: str, name: str) -> dict[str, Any]:
    """Return the facts about an exercise or a guess, to be changed in place; they are created if there are none."""
    return lessons.setdefault(lesson, {}).setdefault(kind, {}).setdefault(name, {})


def read() -> Lessons:
    """Return everything that is known, also what could not be written."""
    with _lock:
        path, _problem = _path()
        try:
            lessons = {} if path is None else _parse(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            lessons = {}
        for change in _pending.get(path, []):
            change(lessons)
        return lessons


def find_problem() -> str:
    """Return a sentence if what was kept cannot be read, and what to do; else an empty text."""
    path, problem = _path()
    if path is None:
        return f"Your earlier results cannot be read: {problem}."
    try:
        _parse(path.read_bytes())
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"Your earlier results cannot be read: {path} ({error.strerror or error}). Make that file readable."
    except (ValueError, RecursionError):
        return (
            f"Your earlier results cannot be read: {path} is damaged, or from another version. "
            "Put back a copy if you have one. Otherwise the next check keeps the file under another name and begins a new one."
        )
    return ""


def update(change: Change) -> str:
    """Apply a change to what is kept, and write it; return a sentence if something is wrong, else an empty text."""
    with _lock:
        path, problem = _path()
        waiting = [*_pending.get(path, []), change]
        if path is not None:
            try:
                note = _write(path, waiting)
            except (OSError, sqlite3.Error) as error:
                reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
                problem = f"{path.parent} cannot be written ({reason})"
            else:
                _pending.pop(path, None)
                return note
        _pending[path] = waiting
        return f"This is not kept after this session: {problem}."


def forget_exercise(lesson: str, exercise: int) -> tuple[bool, str]:
    """Forget the outcome of an exercise; return whether there was one, and what is wrong in a sentence, or an empty text."""
    if str(exercise) not in read().get(lesson, {}).get("exercises", {}):
        return False, find_problem()
    return True, update(lambda lessons: lessons.get(lesson, {}).get("exercises", {}).pop(str(exercise), None))


def _path() -> tuple[Path | None, str]:
    try:
        return state_folder() / FILE, ""
    except FtwidgetsError as error:
        return None, str(error).rstrip(".")


def _parse(content: bytes) -> Lessons:
    """Parse the file; a ValueError if it is not what this module writes."""
    document = json.loads(content)
    lessons = document.get("lessons") if isinstance(document, dict) else None
    if not isinstance(lessons, dict) or document.get("version") != VERSION:
        raise ValueError("no progress file of this version")
    for kinds in lessons.values():
        for facts in kinds.values() if isinstance(kinds, dict) else [None]:
            if not isinstance(facts, dict) or not all(isinstance(fact, dict) for fact in facts.values()):
                raise ValueError("not the facts that this module writes")
    return lessons


def _write(path: Path, changes: list[Change]) -> str:
    """Read the file, apply the changes and replace it, while no other process does; return a note on a damaged file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + PATIENCE
    while True:
        with process_lock(path.with_suffix(".lock")) as held:
            if held:
                return _replace(path, changes)
        if time.monotonic() > until:
            raise TimeoutError(None, "another notebook is writing there")
        time.sleep(0.02)


def _replace(path: Path, changes: list[Change]) -> str:
    lessons: Lessons = {}
    note = ""
    try:
        lessons = _parse(path.read_bytes())
    except FileNotFoundError:
        pass
    except (ValueError, RecursionError):
        aside = _free_name(path)
        os.replace(path, aside)
        note = f"The file with your earlier results cannot be parsed. It is kept as {aside.name}, and a new one was begun."
    for change in changes:
        change(lessons)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"version": VERSION, "lessons": lessons}, file, ensure_ascii=True, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return note


def _free_name(path: Path) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        name = path.with_name(f"{path.stem}.damaged-{stamp}{f'-{number}' if number > 1 else ''}{path.suffix}")
        if not name.exists():
            return name
    raise OSError(None, f"no name is free beside {path.name}")
