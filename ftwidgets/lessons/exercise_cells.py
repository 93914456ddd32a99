"""Restore the cells of one exercise in a learner's notebook; everything else in it stays.

The cells of exercise 2 are those whose id is `exercise-2` or begins with `exercise-2-`. JupyterLab keeps ids when it saves.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ftwidgets.errors import FtwidgetsError

_NUMBER = re.compile(r"exercise-(\d+)(?:-|$)")

Cell = dict[str, Any]


def restore_cells(mine: bytes, original: bytes, exercise: int, name: str) -> bytes | None:
    """Return the learner's notebook with the cells of an exercise as in the original; None if they are so already.

    A deleted cell is put back behind the cell that it follows in the original. An FtwidgetsError says why that is impossible;
    `name` is the lesson's.
    """
    wanted = _cells(original, name)
    numbers = sorted({number for cell in wanted if (number := exercise_number(cell)) is not None})
    if not numbers:
        raise FtwidgetsError(f"{name} has no exercise that can be restored by itself; the whole lesson can: {_whole(name)}.")
    if exercise not in numbers:
        listed = ", ".join(map(str, numbers))
        raise FtwidgetsError(f"{name} has no exercise {exercise}; it has {listed}.")
    cells = _cells(mine, name)
    if not any("id" in cell for cell in cells):
        raise FtwidgetsError(
            f"the cells of your {name} have no ids, as after saving with an old program, so those of the exercise "
            f"cannot be found. The whole lesson can be restored: {_whole(name)}."
        )
    places = {cell.get("id"): place for place, cell in enumerate(cells)}
    before: object = None
    changed = False
    for cell in wanted:
        if exercise_number(cell) == exercise:
            place = places.get(cell["id"])
            if place is None or _text(cells[place]) != _text(cell):
                changed = True
                if place is None:
                    cells.insert(places.get(before, -1) + 1, _fresh(cell))
                else:
                    cells[place] = _fresh(cell)
                places = {found.get("id"): place for place, found in enumerate(cells)}
        if cell.get("id") in places:
            before = cell.get("id")
    if not changed:
        return None
    notebook = json.loads(mine)
    notebook["cells"] = cells
    return f"{json.dumps(notebook, ensure_ascii=False, indent=1)}\n".encode(errors="backslashreplace")


def exercise_number(cell: Cell) -> int | None:
    """Return the number of the exercise that a cell belongs to; None if it belongs to none."""
    match = _NUMBER.match(str(cell.get("id", "")))
    return int(match[1]) if match else None


def _cells(content: bytes, name: str) -> list[Cell]:
    try:
        cells = json.loads(content)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        cells = None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise FtwidgetsError(f"{name} is no notebook that can be parsed. The whole lesson can be restored: {_whole(name)}.")
    return cells


def _text(cell: Cell) -> tuple[object, str]:
    source = cell.get("source", "")
    return cell.get("cell_type"), source if isinstance(source, str) else "".join(map(str, source))


def _fresh(cell: Cell) -> Cell:
    """Return a cell as if it was never run."""
    return {**cell, "outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else dict(cell)


def _whole(name: str) -> str:
    return f"ftwidgets reset {name.rpartition('/')[2].split('_')[0]}"
