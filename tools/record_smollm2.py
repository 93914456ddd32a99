"""Record the lessons' runs on SmolLM2 anew: `just record-smollm2 [LESSON ...]` writes notebooks/data/recorded/*.json.

Runs each lesson that calls `live_or_recorded`, up to the last such call, with the installed smollm2-135m. The notebooks stay as
they are; `just run-notebooks` stores their outputs afterwards. Run it on two idle cores: the records hold the seconds.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CALL = "live_or_recorded("


def lessons_that_record(folder: Path = NOTEBOOKS) -> list[Path]:
    """Return the lessons with a recorded run, in order."""
    found = sorted(path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    return [path for path in found if CALL in path.read_text(encoding="utf-8")]


def record(path: Path) -> float:
    """Run a lesson to its last recorded call; return the seconds."""
    notebook = nbformat.read(path, as_version=4)
    last = max(at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code" and CALL in cell.source)
    notebook.cells = notebook.cells[: last + 1]
    began = time.monotonic()
    NotebookClient(notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": path.parent}}).execute()
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="LESSON", help="such as 01; default: all that have a recorded run")
    wanted = parser.parse_args().names
    os.environ["FTWIDGETS_RECORDS"] = "write"
    with tempfile.TemporaryDirectory() as home:
        os.environ["FTWIDGETS_HOME"] = home
        for path in lessons_that_record():
            if not wanted or any(path.stem == name or path.stem.startswith(f"{name}_") for name in wanted):
                print(f"{path.name}: {record(path):.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
