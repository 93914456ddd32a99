"""Clear a lesson for a learner: without outputs and run numbers, which would answer every "before you look".

Left out: the stored outputs of the originals, which stay in the repository for readers on the web.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from ftwidgets.lessons import notebook_cells
from ftwidgets.lessons.notebook_cells import clear_cell, parse_cells, replace_cells, source_of


def clear(content: bytes) -> bytes:
    """Return a notebook's content without outputs and run numbers; what is no notebook is returned unchanged."""
    cells = parse_cells(content)
    if cells is None or not any(map(notebook_cells.has_run, cells)):
        return content
    return replace_cells(content, [*map(clear_cell, cells)])


def name_language(content: bytes) -> bytes:
    """Return a notebook's content with this Python as its language, or what is no notebook unchanged.

    JupyterLab writes that when the kernel starts; where it differs, a notebook that was only opened counts as unsaved.
    """
    if parse_cells(content) is None:
        return content
    notebook = json.loads(content)
    notebook.setdefault("metadata", {})["language_info"] = {
        "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": f"ipython{sys.version_info.major}",
        "version": platform.python_version(),
    }
    return f"{json.dumps(notebook, ensure_ascii=False, indent=1)}\n".encode(errors="backslashreplace")


def clear_folder(folder: Path) -> int:
    """Clear the lessons below a folder in place, and return how many were changed."""
    changed = 0
    for file in sorted(folder.rglob("*.ipynb")):
        content = file.read_bytes()
        if clear(content) != content:
            file.write_bytes(clear(content))
            changed += 1
    return changed


def same_sources(one: bytes, other: bytes) -> bool:
    """Return whether two files are notebooks with the same cells; outputs and metadata may differ."""
    cells, others = parse_cells(one), parse_cells(other)
    return cells is not None and others is not None and [*map(source_of, cells)] == [*map(source_of, others)]


def has_run(content: bytes) -> bool:
    """Return whether a notebook holds the outputs or the number of a run."""
    return any(map(notebook_cells.has_run, parse_cells(content) or []))
