"""Time the lessons: `just time-lessons [NAME ...] [--cores N] [--json]`.

For each: seconds from starting a kernel to the end of the last cell, and the most memory that the kernel held. The lessons
run in a copy of their folder with a state folder of their own, so nothing of yours is changed.
Left out: the memory of the notebook server and the browser.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PEAK = """import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))"""


@dataclass(frozen=True)
class Timing:
    """What one lesson took; `fault` is the last line of what went wrong."""

    lesson: str
    seconds: float
    megabytes: float | None
    fault: str | None = None


def measure(path: Path) -> Timing:
    """Run a lesson where it lies, in a kernel of this Python."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    began = time.monotonic()
    try:
        client.execute()
    except CellExecutionError as error:
        return Timing(path.stem, time.monotonic() - began, None, f"{error.ename}: {error.evalue}")
    took = time.monotonic() - began
    return Timing(path.stem, took, int(notebook.cells[-1].outputs[0].text) / 1e6)


def lessons(wanted: list[str]) -> list[str]:
    """The lessons asked for, by name or number; all of them by default."""
    paths = [path.relative_to(NOTEBOOKS) for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    chosen = [
        path for path in paths if not wanted or any(path.stem == name or path.stem.startswith(f"{name}_") for name in wanted)
    ]
    return sorted(path.as_posix() for path in chosen if ".yours-" not in path.name)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="lessons, such as 03; default: all")
    parser.add_argument("--cores", type=int, metavar="N", help="use only so many cores (Linux); default: as it is")
    parser.add_argument("--json", action="store_true", help="print a JSON object a line")
    options = parser.parse_args()
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    chosen = lessons(options.names)
    if not chosen:
        parser.error(f"no lesson is called {' or '.join(options.names)}")
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FTWIDGETS_HOME"] = str(Path(folder, "home"))
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        copy = Path(folder, "notebooks")
        shutil.copytree(NOTEBOOKS, copy, ignore=shutil.ignore_patterns("my_data", ".ipynb_checkpoints"))
        for name in chosen:
            found = measure(copy / name)
            faults += found.fault is not None
            said = f"{found.megabytes:4.0f} MB" if found.megabytes is not None else f"failed: {found.fault}"
            print(
                json.dumps(asdict(found)) if options.json else f"{found.lesson:<28}{found.seconds:5.1f} s  {said}", flush=True
            )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
