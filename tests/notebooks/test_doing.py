"""Every lesson is done, not only read: three exercises with hints and a solution, guesses that are typed and revealed."""

import ast
import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ftwidgets.lessons.exercise_cells import exercise_number, restore_cells
from ftwidgets.lessons.exercises.course import TOPICS, Topic

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NUMBERS = [1, 2, 3]


@dataclass
class Calls:
    """The calls of a lesson's handle in a notebook: what was given first, and the number of the cell."""

    found: dict[str, list[tuple[Any, int]]] = field(
        default_factory=lambda: {"lesson": [], "check": [], "guess": [], "reveal": []}
    )

    def read(self, cell: dict[str, Any], place: int) -> None:
        """Add the calls of a code cell."""
        lines = [line for line in "".join(cell["source"]).splitlines() if not line.startswith(("%", "!"))]
        for call in (node for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.Call)):
            owner, _, name = ast.unparse(call.func).removeprefix("ftwidgets.").rpartition(".")
            if owner in ("lesson", "exercises") and name in self.found and call.args:
                self.found[name].append((getattr(call.args[0], "value", None), place))


def notebook_of(topic: Topic) -> dict[str, Any]:
    (path,) = NOTEBOOKS.glob(f"{topic.number}_*.ipynb")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def faults(topic: Topic, notebook: dict[str, Any]) -> list[str]:
    """Everything that a lesson lacks, all at once."""
    cells, calls = notebook["cells"], Calls()
    for place, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            calls.read(cell, place)
    found = [] if [number for number, _ in calls.found["lesson"]] == [topic.number] else ["no handle of this lesson, or two"]
    checks = dict(calls.found["check"])
    if sorted(checks) != NUMBERS or len(calls.found["check"]) != len(NUMBERS):
        found.append(f"the exercises that are checked: {[number for number, _ in calls.found['check']]}")
    for number, place in checks.items():
        if exercise_number(cells[place]) != number:
            found.append(f"the cell that checks exercise {number} has the id {cells[place].get('id')}")
        shown = json.dumps(cells[place]["outputs"])
        if "Not attempted yet." not in shown:
            found.append(f"exercise {number} is stored as something else than not attempted: {shown[:200]}")
    guesses, reveals = dict(calls.found["guess"]), dict(calls.found["reveal"])
    if len(guesses) < 2:
        found.append(f"the guesses {list(guesses)}; at least two are wanted")
    found += [f"the guess {name} is not revealed in a later cell" for name in guesses if reveals.get(name, -1) <= guesses[name]]
    found += [f"{name} is revealed and was never asked" for name in reveals if name not in guesses]
    ids = [cell.get("id") for cell in cells]
    if len(set(ids)) < len(ids):
        found.append("two cells of one id")
    return found


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.number)
def test_a_lesson_is_done_by_its_reader(topic: Topic) -> None:
    """Three exercises, each checked in a cell that can be restored by itself; at least two guesses, revealed later."""
    assert faults(topic, notebook_of(topic)) == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.number)
def test_each_exercise_has_hints_and_a_solution(topic: Topic) -> None:
    """A title, one or two hints, and a solution that can be pasted: it is Python, and ends in its own check."""
    assert len(topic.exercises) == len(NUMBERS)
    for number, exercise in enumerate(topic.exercises, start=1):
        assert exercise.title.strip()
        assert 1 <= len(exercise.hints) <= 2
        assert all(hint.strip() for hint in exercise.hints)
        ast.parse(exercise.solution)
        assert f"lesson.check({number}," in exercise.solution


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.number)
def test_each_exercise_can_be_restored_by_itself(topic: Topic) -> None:
    """Solved in every code cell of it, an exercise is restored as it was, and nothing else is touched."""
    original = notebook_of(topic)
    for number in NUMBERS:
        mine = copy.deepcopy(original)
        for cell in mine["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = "my own work"
        restored = restore_cells(json.dumps(mine).encode(), json.dumps(original).encode(), number, topic.title)
        assert restored is not None
        for cell, before in zip(json.loads(restored)["cells"], original["cells"], strict=True):
            as_it_was = cell["cell_type"] != "code" or exercise_number(cell) == number
            assert "".join(cell["source"]) == ("".join(before["source"]) if as_it_was else "my own work")


def test_each_fault_is_found() -> None:
    """A notebook with every fault has every one of them named."""

    def cell(source: str, name: str) -> dict[str, Any]:
        return {"cell_type": "code", "id": name, "source": [source], "outputs": []}

    bad = {
        "cells": [
            cell("lesson = exercises.lesson('77')", "a"),
            cell("lesson.guess('one', 'Now?')\nlesson.reveal('one', 1)\nlesson.reveal('two', 2)", "a"),
            cell("lesson.check(1, ...)", "exercise-2-a"),
            {"cell_type": "markdown", "source": ["text"], "id": "b"},
        ]
    }
    assert len(faults(TOPICS[0], bad)) == 8
