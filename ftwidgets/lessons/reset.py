"""`ftwidgets reset`: restore a lesson, or one exercise of it, to its original and keep the learner's version beside it.

The originals come from the installed package, or in a checkout from git's last commit. A learner's lesson is compared by its
cells, and restored without outputs; only in the repository's own folder does it get back the stored ones.
Left out: the files that a lesson wrote (`my_data/`), and the sandbox's models and jobs; they stay as they are.
"""

from __future__ import annotations

import argparse
import difflib
import glob
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.cleared import clear, has_run, same_sources
from ftwidgets.lessons.exercise_cells import restore_cells
from ftwidgets.lessons.files import make_folder, replace_file, require_no_folder, write_synced
from ftwidgets.lessons.lab import COPY
from ftwidgets.paths import expand_home

State = Literal["same", "run", "changed", "missing", "folder"]  # the last: a folder has its name

_PACKAGE = Path(__file__).parents[1]
_BACKUP = re.compile(r"\.yours-\d{8}-\d{6}(-\d+)?(?=\.[^.]*$|$)")


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("reset", help="restore a lesson to its original, keeping yours beside it")
    parser.add_argument("name", nargs="?", metavar="NAME", help="its number or name, such as 03")
    parser.add_argument(
        "--exercise", type=int, metavar="N", help="restore only the cells of this exercise, and forget its result"
    )
    parser.add_argument("--list", action="store_true", help="show the lessons and which of them you have changed")
    parser.add_argument("--folder", type=expand_home, metavar="DIR", help="where your lessons are, if not here")
    parser.set_defaults(usage_error=parser.error)


def run(options: argparse.Namespace) -> int:
    """List the lessons or restore one, print the outcome, and return the exit code."""
    if bool(options.name) == options.list:
        options.usage_error("name one lesson, such as 03, or give --list")
    if options.list and options.exercise is not None:
        options.usage_error("name the lesson of the exercise, such as 03, instead of --list")
    lessons = find_lessons(options.folder)
    if options.list:
        print(f"In {lessons.folder.resolve()}, compared with {lessons.pristine.source}:")
        for name in lessons.names:
            n_backups = lessons.count_backups(name)
            print(f"  {name:<28}{lessons.state(name):<9}{f'{n_backups} of yours kept' if n_backups else ''}".rstrip())
        return 0
    name = lessons.find(options.name)
    if options.exercise is not None:
        return _reset_exercise(lessons, name, options.exercise)
    files = lessons.reset(name)
    for file in files:
        print(f"{file.name}: {file.message}")
    if any(file.before != "same" for file in files):
        print("If it is open in JupyterLab: File > Reload Notebook from Disk. What it wrote into my_data stays.")
    return 0


def _reset_exercise(lessons: Lessons, name: str, exercise: int) -> int:
    from ftwidgets.lessons.exercises import progress_file

    backup = lessons.reset_exercise(name, exercise)
    was_kept, problem = progress_file.forget_exercise(PurePosixPath(name).name.split("_")[0], exercise)
    if backup is None:
        print(f"{name}: the cells of exercise {exercise} are the original; nothing to do.")
    else:
        print(f"{name}: exercise {exercise} is the original again. Your lesson is kept as {backup.name}, beside it.")
        print("If it is open in JupyterLab: File > Reload Notebook from Disk.")
    print(problem or ("Its result was removed from your progress." if was_kept else "Your progress has no result for it."))
    return 0


@dataclass(frozen=True)
class ResetFile:
    """A file after its reset: its state before, and the copy of the learner's version if it was changed."""

    name: str
    before: State
    backup: Path | None = None

    @property
    def message(self) -> str:
        """What was done, in a sentence."""
        if self.backup is not None:
            return f"is the original again. Yours is kept as {self.backup.name}, beside it."
        if self.before == "run":
            return "is the original; its outputs were cleared."
        return "was missing; the original is back." if self.before == "missing" else "is the original; nothing to do."


@dataclass(frozen=True)
class Pristine:
    """The original files: where they come from, their sorted names below the lessons' folder, and how to read one."""

    source: str
    names: list[str]
    read: Callable[[str], bytes]


def find_bundled(folder: Path) -> Pristine:
    """Find the lessons inside the installed package."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return Pristine("the installed package", names, lambda name: (folder / name).read_bytes())


def find_committed(folder: Path) -> Pristine:
    """Find the lessons of a checkout, as they are in git's last commit."""

    def git(*arguments: str) -> bytes:
        try:
            return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True, timeout=60).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise FtwidgetsError(
                "the original lessons cannot be found: this is a checkout, and git does not show its last commit. "
                "Install git, or get the lessons again: `git clone`, or `pip install` without -e and `ftwidgets lab`."
            ) from error

    listed = git("ls-tree", "-r", "-z", "--name-only", "HEAD", ".").decode("utf-8")
    names = sorted(name for name in listed.split("\0") if name)
    return Pristine("git's last commit", names, lambda name: git("cat-file", "--filters", f"HEAD:./{name}"))


class Lessons:
    """The learner's lessons in a folder, compared with the originals."""

    def __init__(self, folder: Path, pristine: Pristine) -> None:
        self.folder = folder
        self.pristine = pristine
        self._data = [name for name in pristine.names if name.startswith("data/")]
        self.names = [name.removesuffix(".ipynb") for name in pristine.names if name.endswith(".ipynb")]
        if not self.names:
            raise FtwidgetsError(f"there are no lessons in {pristine.source}. Reinstall ftwidgets.")

    def find(self, wanted: str) -> str:
        """Find a lesson by its number, its name or its file name; if none or several match, the error lists the lessons."""
        number = wanted.strip().removesuffix(".ipynb")
        number = number.zfill(2) if number.isdecimal() else number
        matching = [name for name in self.names if number in (name, PurePosixPath(name).name)]
        matching = matching or [name for name in self.names if PurePosixPath(name).name.split("_")[0] == number]
        if len(matching) == 1:
            return matching[0]
        close = difflib.get_close_matches(number, self.names, n=1, cutoff=0.4)
        hint = f' Did you mean "{close[0]}"?' if close and not matching else ""
        problem = "no lesson is" if not matching else "more than one lesson is"
        raise FtwidgetsError(f'{problem} called "{wanted}".{hint} There are: {", ".join(matching or self.names)}')

    def state(self, name: str) -> State:
        """Return whether a lesson is the `"same"` as the original, only `"run"`, `"changed"`, `"missing"` or a `"folder"`."""
        return self._compare(f"{name}.ipynb")[0]

    def count_backups(self, name: str) -> int:
        """Count the earlier versions kept of a lesson."""
        path = self.folder / f"{name}.ipynb"
        kept = path.parent.glob(f"{glob.escape(path.stem)}.yours-*{path.suffix}") if path.parent.is_dir() else iter(())
        return sum(_BACKUP.search(file.name) is not None for file in kept)

    def reset(self, name: str) -> list[ResetFile]:
        """Restore a lesson and the data files it uses; a changed file is first copied under another name."""
        notebook = f"{name}.ipynb"
        text = self.pristine.read(notebook).decode("utf-8")
        used = [file for file in self._data if _name_in_lesson(file) in text]
        return [self._restore(file) for file in (notebook, *used)]

    def reset_exercise(self, name: str, exercise: int) -> Path | None:
        """Restore the cells of one exercise; return the copy of the learner's version, or None if there was nothing to do."""
        path = self.folder / f"{name}.ipynb"
        if not path.exists():
            raise FtwidgetsError(f"{path} is missing. Restore the whole lesson first, without --exercise.")
        require_no_folder(path)
        restored = restore_cells(path.read_bytes(), self.pristine.read(f"{name}.ipynb"), exercise, name)
        if restored is None:
            return None
        backup = _back_up(path)
        replace_file(path, restored)
        return backup

    def _restore(self, name: str) -> ResetFile:
        path = self.folder / name
        require_no_folder(path)
        state, original = self._compare(name)
        if state == "same":
            return ResetFile(name, state)
        backup = _back_up(path) if state == "changed" else None
        make_folder(path.parent)
        replace_file(path, original)
        return ResetFile(name, state, backup)

    def _compare(self, name: str) -> tuple[State, bytes]:
        """Return the state of a file, and its original content."""
        path, original = self.folder / name, self.pristine.read(name)
        if not path.exists():
            return "missing", original
        if path.is_dir():
            return "folder", original
        mine = path.read_bytes()
        if mine == original:
            return "same", original
        if not same_sources(mine, original):
            return "changed", original
        return ("run" if has_run(mine) else "same"), original


def find_lessons(folder: Path | None = None) -> Lessons:
    """Find the learner's lessons and the originals; raise an `FtwidgetsError` if one of them is not found.

    Without `folder` the learner's are in the current folder, in `ftwidgets-lessons` or `notebooks` in it, or in the checkout.
    """
    bundled, checkout = _PACKAGE / "_notebooks", _PACKAGE.parent / "notebooks"
    if not bundled.is_dir() and not checkout.is_dir():
        raise FtwidgetsError(f"the lessons are missing: neither {bundled} nor {checkout} is there. Reinstall ftwidgets.")
    if folder is not None and not folder.is_dir():
        raise FtwidgetsError(f"there is no folder {folder}; name the one your lessons are in.")
    pristine = find_bundled(bundled) if bundled.is_dir() else find_committed(checkout)
    cleared = replace(
        pristine, read=lambda name: clear(pristine.read(name)) if name.endswith(".ipynb") else pristine.read(name)
    )

    def lessons_in(place: Path) -> Lessons:
        return Lessons(place, pristine if place.resolve() == checkout.resolve() else cleared)

    if folder is not None:
        return lessons_in(folder)
    here = Path.cwd()
    for place in (here, here / COPY, here / "notebooks", checkout):
        lessons = lessons_in(place)
        if place.is_dir() and any((place / f"{name}.ipynb").exists() for name in lessons.names):
            return lessons
    raise FtwidgetsError(
        f"your lessons are not in {here}, nor in {COPY} or notebooks there. Go to their folder, or name it: "
        "ftwidgets reset --folder FOLDER. `ftwidgets lab` lays out new ones."
    )


def _name_in_lesson(file: str) -> str:
    """Return how a lesson names a data file: a recorded run goes without its ending."""
    path = PurePosixPath(file)
    return path.stem if path.parent.name == "recorded" else path.name


def _back_up(path: Path) -> Path:
    """Copy a file beside itself, under a name with the time that no other file has, and sync it to disk."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    content = path.read_bytes()
    for number in range(1, 1000):
        backup = path.with_name(f"{path.stem}.yours-{stamp}{f'-{number}' if number > 1 else ''}{path.suffix}")
        try:
            write_synced(backup, content)
        except FileExistsError:
            continue
        return backup
    raise FtwidgetsError(f"no name is free for a copy of {path}; move the {path.stem}.yours-... files away.")
