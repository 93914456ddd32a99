"""Run the lessons and store their outputs, clean: `just run-notebooks [NAME ...]`.

Left in the file: source, outputs, the name of the kernel; of each widget of the kit its plain form, as it was at the end.
Left out: widget views and widget state (they say "Error displaying widget" without a kernel), stderr, versions of this
machine, paths, addresses in memory.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
PLAIN_FORM = 'class="ftw-static'

# Run after the last cell, so that each plain form tells how things ended; a lesson without our widgets has nothing to do.
LAST = """import sys
if _panel := sys.modules.get("ftwidgets.widgets.base.panel"):
    _panel.update_all_static_views()"""

TIDY = (
    (re.compile(r"\bat 0x[0-9a-f]{6,}"), "at 0x..."),
    (re.compile(r'<style>[^<]*</style>(?=<section class="ftw-static)'), ""),  # it hides the widget's view, which is not stored
    (re.compile(r'class="ftw-static ftw-[0-9a-f]+"'), 'class="ftw-static"'),  # new with every run
)


def clean(notebook: nbformat.NotebookNode, folder: Path | None = None) -> list[str]:
    """Keep only what a reader needs.

    Parameters
    ----------
    notebook
        The notebook, changed in place.
    folder
        Where it ran: paths in it become relative ones.

    Returns
    -------
    list[str]
        Faults of the lesson: widgets that have nothing to show where no kernel is.
    """
    faults = []
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for number, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in ("tags",) if key in cell.metadata})
        if cell.cell_type != "code":
            continue
        for bare in _bare_widgets(cell.outputs):
            faults.append(f"cell {number}: a widget without a plain form: {bare}. Show a Panel, or show it as text or a table.")
        cell.outputs = [_tidy(out, folder) for out in cell.outputs if _stays(out)]
    return faults


def _bare_widgets(outputs: list[nbformat.NotebookNode]) -> Iterator[str]:
    """Name the widget views that no plain form comes with: in the same output, or in the next one."""
    for out, after in pairwise([*outputs, nbformat.from_dict({})]):
        data = out.get("data", {})
        if WIDGET in data and "text/html" not in data and PLAIN_FORM not in "".join(after.get("data", {}).get("text/html", "")):
            yield "".join(data.get("text/plain", "a view of nothing")).split("\n")[0][:80]


def _stays(out: nbformat.NotebookNode) -> bool:
    if out.output_type == "stream":
        return bool(out.name != "stderr")
    return WIDGET not in out.get("data", {}) or "text/html" in out.data


def _tidy(out: nbformat.NotebookNode, folder: Path | None) -> nbformat.NotebookNode:
    if out.output_type == "stream":
        out.text = _tidy_text(out.text, folder)
    for kind in list(out.get("data", {})):
        if kind == WIDGET:
            del out.data[kind]
        elif kind.startswith("text/"):
            out.data[kind] = _tidy_text("".join(out.data[kind]), folder)
    return out


def _tidy_text(text: str, folder: Path | None) -> str:
    for pattern, better in TIDY:
        text = pattern.sub(better, text)
    return text.replace(f"{folder}{os.sep}", "") if folder else text


def run(path: Path) -> tuple[float, list[str]]:
    """Run one notebook where it lies and write it back; returns the seconds it took and its faults."""
    notebook = nbformat.read(path, as_version=4)
    began = time.monotonic()
    notebook.cells.append(nbformat.v4.new_code_cell(LAST))
    try:
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", coalesce_streams=True, resources={"metadata": {"path": path.parent}}
        ).execute()
    finally:
        notebook.cells.pop()
    faults = clean(notebook, path.parent)
    nbformat.write(notebook, path)
    return time.monotonic() - began, faults


def main() -> int:
    paths = [path for path in sorted(NOTEBOOKS.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    wanted, bad = {Path(name).stem for name in sys.argv[1:]}, 0
    if unknown := wanted - {path.stem for path in paths}:
        sys.exit(f"There is no notebook {', '.join(sorted(unknown))} in {NOTEBOOKS.name}/.")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FTWIDGETS_HOME"] = home
        os.environ["FTWIDGETS_MODELS"] = str(Path(home, "models"))  # no SmolLM2: what is stored are the recorded runs
        for path in paths:
            if not wanted or path.stem in wanted:
                seconds, faults = run(path)
                print(f"{path.name}: {seconds:.0f} s", *faults, sep="\n  ", flush=True)
                bad += len(faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
