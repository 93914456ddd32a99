"""The cells of a notebook's file: parsed, compared, cleared and written as JupyterLab writes them."""

from __future__ import annotations

import json
from typing import Any

Cell = dict[str, Any]


def parse_cells(content: bytes) -> list[Cell] | None:
    """Return the cells of a notebook; None if the content is no notebook."""
    try:
        cells = json.loads(content)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return cells if isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells) else None


def replace_cells(content: bytes, cells: list[Cell]) -> bytes:
    """Return a notebook's content with other cells."""
    notebook = json.loads(content) | {"cells": cells}
    return f"{json.dumps(notebook, ensure_ascii=False, indent=1)}\n".encode(errors="backslashreplace")


def source_of(cell: Cell) -> tuple[object, str]:
    """Return the kind of a cell and its text."""
    source = cell.get("source", "")
    return cell.get("cell_type"), source if isinstance(source, str) else "".join(map(str, source))


def clear_cell(cell: Cell) -> Cell:
    """Return a cell as if it was never run."""
    return {**cell, "outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else dict(cell)


def has_run(cell: Cell) -> bool:
    """Return whether a cell holds the outputs or the number of a run."""
    return cell.get("cell_type") == "code" and bool(cell.get("outputs") or cell.get("execution_count") is not None)
