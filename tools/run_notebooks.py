"""Run the lessons and store their outputs, clean: `just run-notebooks [NAME ...]`.

Left in the file: source, outputs, the name of the kernel. Left out: widget state, timings, versions of this machine, paths.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def clean(notebook: nbformat.NotebookNode) -> None:
    """Keep only what a reader needs."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in ("tags",) if key in cell.metadata})
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if not (out.output_type == "stream" and out.name == "stderr")]


def run(path: Path) -> float:
    """Run one notebook where it lies and write it back; returns the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    began = time.monotonic()
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}).execute()
    clean(notebook)
    nbformat.write(notebook, path)
    return time.monotonic() - began


def main() -> None:
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        os.environ["FTWIDGETS_HOME"] = home
        for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
            if ".ipynb_checkpoints" not in path.parts and (not wanted or path.stem in wanted):
                print(f"{path.name}: {run(path):.0f} s", flush=True)


if __name__ == "__main__":
    main()
