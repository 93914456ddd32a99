"""Clear a lesson for a learner: without outputs and run numbers, which would answer every "before you look".

Left out: the stored outputs of the originals, which stay in the repository for readers on the web.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def clear(content: bytes) -> bytes:
    """Return a notebook's content without outputs and run numbers; what is no notebook is returned unchanged."""
    cells = _cells(content)
    if cells is None or not any(map(_ran, cells)):
        return content
    notebook = json.loads(content)
    notebook["cells"] = [{**cell, "outputs": [], "execution_count": None} if _is_code(cell) else cell for cell in cells]
    return f"{json.dumps(notebook, ensure_ascii=False, indent=1)}\n".encode()


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
    cells, others = _cells(one), _cells(other)
    return cells is not None and others is not None and [*map(_source, cells)] == [*map(_source, others)]


def has_run(content: bytes) -> bool:
    """Return whether a notebook holds the outputs or the number of a run."""
    return any(map(_ran, _cells(content) or []))


def _cells(content: bytes) -> list[Cell] | None:
    try:
        cells = json.loads(content)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return cells if isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells) else None


def _is_code(cell: Cell) -> bool:
    return cell.get("cell_type") == "code"


def _ran(cell: Cell) -> bool:
    return _is_code(cell) and bool(cell.get("outputs") or cell.get("execution_count") is not None)


def _source(cell: Cell) -> tuple[object, str]:
    source = cell.get("source", "")
    return cell.get("cell_type"), source if isinstance(source, str) else "".join(map(str, source))
