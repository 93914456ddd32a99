"""`ftwidgets lab`: lay out working copies of the lessons and open JupyterLab on the first one.

The copies have no outputs, so a learner sees a result only after running its cell. A copy that is there already stays as it is.
`jupyter_config/` has other defaults for this JupyterLab alone: it does not ask about Jupyter's news. A setting of the learner's
own still decides.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.cleared import clear, name_language
from ftwidgets.lessons.files import make_folder, replace_file, require_no_folder

FIRST_LESSON = "00_start_here.ipynb"
COPY = Path("ftwidgets-lessons")
DEFAULTS = Path(__file__).with_name("jupyter_config")

# With lines of its own: argparse would break `--no-browser` at its hyphen.
_DESCRIPTION = f"""Copy the lessons to {COPY}/ in the current folder and open JupyterLab on the first one.
Copies that are there already stay as they are."""
_EPILOG = """Further options are passed on to JupyterLab (`jupyter lab --help` lists them):
  ftwidgets lab --no-browser --port 9999    opens no browser; the address has port 9999"""

_PACKAGE = Path(__file__).parents[1]
_NOT_COPIED = {".ipynb_checkpoints", "my_data"}  # of somebody who worked in the originals' folder


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    commands.add_parser(
        "lab",
        help="copy the lessons to work on and open JupyterLab on the first; further options go to JupyterLab",
        usage="%(prog)s [-h] [OPTION OF JUPYTERLAB ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run(options: argparse.Namespace) -> int:
    """Find the lessons, open them in JupyterLab, and return JupyterLab's exit code when it ends."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise FtwidgetsError(
            'JupyterLab is not installed in this environment. Install it with: pip install "ftwidgets[lab]" '
            '(in a checkout: pip install -e ".[lab]").'
        )
    folder, where = lay_out_lessons()
    print(f"{where}\nJupyterLab opens {FIRST_LESSON} and prints its address. Ctrl-C here stops it.", flush=True)
    return open_lab(folder, options.rest)


def open_lab(folder: Path, options: Sequence[str] = ()) -> int:
    """Open JupyterLab on the first lesson, wait until it ends, and return its exit code; `options` are passed to it."""
    first = f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}"  # so that the address that it prints is the lesson's
    config = [str(DEFAULTS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(config)}
    process = subprocess.Popen([sys.executable, "-m", "jupyterlab", first, *options], cwd=folder, env=environment)
    # Else JupyterLab would outlive this process.
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # JupyterLab receives it too, and asks for confirmation
                continue
    finally:
        signal.signal(signal.SIGTERM, before)


def lay_out_lessons() -> tuple[Path, str]:
    """Copy the lessons that are not there yet, cleared, to where a learner may change them.

    Returns their folder, and a sentence that says where they are. Raises an `FtwidgetsError` if there are none to copy.
    """
    originals = find_originals()
    here = Path.cwd()
    folder = here if here.name == COPY.name and (here / FIRST_LESSON).is_file() else here / COPY
    kept = copy_missing(originals, folder)
    files = "1 file was there already and stays as it is" if kept == 1 else f"{kept} were there already and stay as they are"
    return folder, f"Your lessons are in {folder}{f'; {files}' if kept else ''}."


def find_originals() -> Path:
    """Find the folder of the lessons, in the checkout or in the installed package."""
    checkout, bundled = _PACKAGE.parent / "notebooks", _PACKAGE / "_notebooks"
    for folder in (checkout, bundled):
        if (folder / FIRST_LESSON).is_file():
            return folder
    raise FtwidgetsError(f"the lessons are missing: no {FIRST_LESSON} in {checkout} or {bundled}. Reinstall ftwidgets.")


def copy_missing(source: Path, target: Path) -> int:
    """Copy the files of a folder that the target does not have, lessons cleared; return how many it had already."""
    kept = 0
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        name = file.relative_to(source)
        if _NOT_COPIED.intersection(name.parts) or ".yours-" in file.name:
            continue
        copy = target / name
        require_no_folder(copy)
        if copy.exists():
            kept += 1
            continue
        make_folder(copy.parent)
        content = file.read_bytes()
        replace_file(copy, name_language(clear(content)) if file.suffix == ".ipynb" else content)
    return kept
