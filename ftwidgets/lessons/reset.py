"""Put a lesson back to how it came, keeping what the learner made of it beside it.

How it came, `ftwidgets.lessons.pristine` knows.
Left out: what a lesson wrote (`my_data/`), and the sandbox's models and jobs; those stay as they are.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.lab import COPY
from ftwidgets.lessons.pristine import Bundled, Committed, Origin

_PACKAGE = Path(__file__).parents[1]
_BACKUP = re.compile(r"\.yours-\d{8}-\d{6}(-\d+)?(?=\.[^.]*$|$)")


@dataclass(frozen=True)
class Done:
    """What became of one file: `"same"`, `"missing"` (now there again) or `"changed"` (put back, the changed one kept)."""

    name: str
    was: str
    backup: Path | None = None


class Lessons:
    """The lessons in a folder, against how they came.

    Parameters
    ----------
    folder
        Where the learner's are.
    origin
        Where they can be had as they came.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder = folder
        self.origin = origin
        files = origin.names()
        self._data = [name for name in files if name.startswith("data/")]
        self.names = [name.removesuffix(".ipynb") for name in files if name.endswith(".ipynb")]
        if not self.names:
            raise FtwidgetsError(f"there are no lessons in {origin.where}. Install ftwidgets anew.")

    def find(self, wanted: str) -> str:
        """Find a lesson by its number, its name or its file name.

        Raises
        ------
        FtwidgetsError
            If there is none or more than one; the message says which there are.
        """
        asked = wanted.strip().removesuffix(".ipynb")
        asked = asked.zfill(2) if asked.isdecimal() else asked
        matching = [name for name in self.names if asked in (name, PurePosixPath(name).name)]
        matching = matching or [name for name in self.names if PurePosixPath(name).name.split("_")[0] == asked]
        if len(matching) == 1:
            return matching[0]
        close = difflib.get_close_matches(asked, self.names, n=1, cutoff=0.4)
        hint = f' Did you mean "{close[0]}"?' if close and not matching else ""
        what = "no lesson is" if not matching else "more than one lesson is"
        raise FtwidgetsError(f'{what} called "{wanted}".{hint} There are: {", ".join(matching or self.names)}')

    def state(self, name: str) -> str:
        """Tell whether a lesson is the `"same"` as it came, `"changed"` or `"missing"`."""
        return self._compare(f"{name}.ipynb")[0]

    def backups(self, name: str) -> int:
        """Count the earlier versions kept of a lesson."""
        path = self.folder / f"{name}.ipynb"
        kept = path.parent.glob(f"{_plain(path.stem)}.yours-*{path.suffix}") if path.parent.is_dir() else iter(())
        return sum(_BACKUP.search(file.name) is not None for file in kept)

    def reset(self, name: str) -> list[Done]:
        """Put a lesson and the data files it uses back; whatever had been changed is kept under another name first."""
        notebook = f"{name}.ipynb"
        text = self.origin.read(notebook).decode("utf-8")
        used = [file for file in self._data if PurePosixPath(file).name in text]
        return [self._put_back(file) for file in (notebook, *used)]

    def _put_back(self, name: str) -> Done:
        path = self.folder / name
        was, came = self._compare(name)
        if was == "same":
            return Done(name, was)
        backup = _keep(path) if was == "changed" else None
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write(beside, came, exist_ok=True)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        return Done(name, was, backup)

    def _compare(self, name: str) -> tuple[str, bytes]:
        path, came = self.folder / name, self.origin.read(name)
        if not path.exists():
            return "missing", came
        return ("same" if path.read_bytes() == came else "changed"), came


def lessons(folder: Path | None = None) -> Lessons:
    """Find the learner's lessons and how they came.

    Parameters
    ----------
    folder
        Where the learner's are; by default here, in `ftwidgets-lessons` or `notebooks` here, or the checkout's own.

    Raises
    ------
    FtwidgetsError
        If they are not found, or nothing says how they came.
    """
    bundled, checkout = _PACKAGE / "_notebooks", _PACKAGE.parent / "notebooks"
    if not bundled.is_dir() and not checkout.is_dir():
        raise FtwidgetsError(f"the lessons are missing: neither {bundled} nor {checkout} is there. Install ftwidgets anew.")
    origin: Origin = Bundled(bundled) if bundled.is_dir() else Committed(checkout)
    if folder is not None:
        if not folder.is_dir():
            raise FtwidgetsError(f"there is no folder {folder}; name the one your lessons are in.")
        return Lessons(folder, origin)
    for place in _places(checkout):
        here = Lessons(place, origin)
        if any((place / f"{name}.ipynb").exists() for name in here.names):
            return here
    raise FtwidgetsError(
        f"your lessons are not in {Path.cwd()}, nor in {COPY} or notebooks there. Go to where they are, or name the folder: "
        "ftwidgets reset --folder FOLDER. `ftwidgets lab` lays out new ones."
    )


def told(done: Sequence[Done]) -> Iterator[str]:
    """Say what was done, a sentence a line."""
    for one in done:
        match one.was:
            case "same":
                yield f"{one.name}: is as it came; nothing to do."
            case "missing":
                yield f"{one.name}: was missing; it is back as it came."
            case _:
                yield f"{one.name}: is as it came again. Yours is kept as {one.backup.name if one.backup else '?'}, beside it."
    if any(one.was != "same" for one in done):
        yield "If it is open in JupyterLab: File > Reload Notebook from Disk. What it wrote into my_data stays."


def _places(checkout: Path) -> Iterator[Path]:
    here = Path.cwd()
    yield from (place for place in (here, here / COPY, here / "notebooks", checkout) if place.is_dir())


def _keep(path: Path) -> Path:
    """Copy a file beside itself under a name that says when, never over another, and be sure it is on the disk."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    content = path.read_bytes()
    for turn in range(1, 1000):
        backup = path.with_name(f"{path.stem}.yours-{stamp}{f'-{turn}' if turn > 1 else ''}{path.suffix}")
        try:
            _write(backup, content)
        except FileExistsError:
            continue
        return backup
    raise FtwidgetsError(f"no name is free for a copy of {path}; move the {path.stem}.yours-... files away.")


def _write(path: Path, content: bytes, *, exist_ok: bool = False) -> None:
    with path.open("wb" if exist_ok else "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _plain(text: str) -> str:
    """Make a text mean itself in a glob pattern."""
    return re.sub(r"([\[*?])", r"[\1]", text)
