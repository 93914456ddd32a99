"""Open JupyterLab on the first lesson. Left out: installing JupyterLab, and teaching."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ftwidgets.errors import FtwidgetsError

FIRST = "00_start_here.ipynb"
COPY = Path("ftwidgets-lessons")

_PACKAGE = Path(__file__).parents[1]


def require() -> None:
    """Raise a `FtwidgetsError` that says what to install, if JupyterLab is not there."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise FtwidgetsError(
            'JupyterLab is not installed in this environment. Install it with: pip install "ftwidgets[lab]" '
            '(in a checkout: pip install -e ".[lab]").'
        )


def open_lab(folder: Path, options: Sequence[str] = ()) -> int:
    """Open JupyterLab on the first lesson and wait until it ends.

    Parameters
    ----------
    folder
        Where the lessons are.
    options
        Handed to JupyterLab as they are, such as `--no-browser`.

    Returns
    -------
    int
        JupyterLab's exit code.
    """
    process = subprocess.Popen([sys.executable, "-m", "jupyterlab", FIRST, *options], cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab gets it too, and asks whether it is meant
            continue


def lessons() -> tuple[Path, str]:
    """Find the lessons: the checkout's own, else the package's, copied to where a learner may change them.

    Returns
    -------
    Path
        Their folder.
    str
        A sentence that says where they are.

    Raises
    ------
    FtwidgetsError
        If there are none.
    """
    checkout = _PACKAGE.parent / "notebooks"
    if (checkout / FIRST).is_file():
        return checkout, f"The lessons are in {checkout}."
    bundled = _PACKAGE / "_notebooks"
    if not (bundled / FIRST).is_file():
        raise FtwidgetsError(f"the lessons are missing: no {FIRST} in {checkout} or {bundled}. Install ftwidgets anew.")
    kept = copy(bundled, COPY)
    stayed = f"; {kept} files were there already and stay as they are." if kept else "."
    return COPY, f"The lessons are in {COPY.resolve()}{stayed}"


def copy(source: Path, target: Path) -> int:
    """Copy a folder without ever replacing a file, and count the files that were there already."""
    kept = 0
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        to = target / file.relative_to(source)
        if to.exists():
            kept += 1
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
    return kept
