"""`ftwidgets lab`: open JupyterLab on the first lesson."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ftwidgets.errors import FtwidgetsError

FIRST_LESSON = "00_start_here.ipynb"
COPY = Path("ftwidgets-lessons")

_PACKAGE = Path(__file__).parents[1]


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    commands.add_parser("lab", help="open JupyterLab on the first lesson; further options go to JupyterLab")


def run(options: argparse.Namespace) -> int:
    """Find the lessons, open them in JupyterLab, and return JupyterLab's exit code when it ends."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise FtwidgetsError(
            'JupyterLab is not installed in this environment. Install it with: pip install "ftwidgets[lab]" '
            '(in a checkout: pip install -e ".[lab]").'
        )
    folder, where = find_lessons()
    print(f"{where} JupyterLab opens {FIRST_LESSON}; Ctrl-C here stops it.", flush=True)
    return open_lab(folder, options.rest)


def open_lab(folder: Path, options: Sequence[str] = ()) -> int:
    """Open JupyterLab on the first lesson, wait until it ends, and return its exit code; `options` are passed to it."""
    process = subprocess.Popen([sys.executable, "-m", "jupyterlab", FIRST_LESSON, *options], cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab receives it too, and asks for confirmation
            continue


def find_lessons() -> tuple[Path, str]:
    """Find the lessons of a checkout, or copy those of the installed package to where a learner may change them.

    Returns their folder, and a sentence that says where they are. Raises an `FtwidgetsError` if there are none.
    """
    checkout = _PACKAGE.parent / "notebooks"
    if (checkout / FIRST_LESSON).is_file():
        return checkout, f"The lessons are in {checkout}."
    bundled = _PACKAGE / "_notebooks"
    if not (bundled / FIRST_LESSON).is_file():
        raise FtwidgetsError(f"the lessons are missing: no {FIRST_LESSON} in {checkout} or {bundled}. Reinstall ftwidgets.")
    kept = copy_missing(bundled, COPY)
    unchanged = f"; {kept} files were there already and stay as they are." if kept else "."
    return COPY, f"The lessons are in {COPY.resolve()}{unchanged}"


def copy_missing(source: Path, target: Path) -> int:
    """Copy the files of a folder that the target does not have; return how many it had already."""
    kept = 0
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / file.relative_to(source)
        if copy.exists():
            kept += 1
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return kept
