"""Restore the cells of one exercise in a learner's notebook; everything else in it stays.

The cells of exercise 2 are those whose id is `exercise-2` or begins with `exercise-2-`. JupyterLab keeps ids when it saves.
"""

from __future__ import annotations

import re

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.notebook_cells import Cell, clear_cell, parse_cells, replace_cells, source_of

_NUMBER = re.compile(r"exercise-(\d+)(?:-|$)")


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
    places = {str(cell.get("id")): place for place, cell in enumerate(cells)}
    before = ""
    changed = False
    for cell in wanted:
        if exercise_number(cell) == exercise:
            place = places.get(str(cell["id"]))
            if place is None or source_of(cells[place]) != source_of(cell):
                changed = True
                if place is None:
                    cells.insert(places.get(before, -1) + 1, clear_cell(cell))
                else:
                    cells[place] = clear_cell(cell)
                places = {str(found.get("id")): place for place, found in enumerate(cells)}
        if str(cell.get("id")) in places:
            before = str(cell.get("id"))
    return replace_cells(mine, cells) if changed else None


def exercise_number(cell: Cell) -> int | None:
    """Return the number of the exercise that a cell belongs to; None if it belongs to none."""
    match = _NUMBER.match(str(cell.get("id", "")))
    return int(match[1]) if match else None


def _cells(content: bytes, name: str) -> list[Cell]:
    cells = parse_cells(content)
    if cells is None:
        raise FtwidgetsError(f"{name} is no notebook that can be parsed. The whole lesson can be restored: {_whole(name)}.")
    return cells


def _whole(name: str) -> str:
    return f"ftwidgets reset {name.rpartition('/')[2].split('_')[0]}"
