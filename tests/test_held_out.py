"""Which lesson reads which held-out rows: the table in datasets/README.md is what the lessons' code does."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEADING = "## Which lesson reads which held-out rows"
NO_ROWS = "No rows are held out in these:"
USES = ("shown", "scored", "chosen by", "fresh")
SAYS_FRESH = re.compile(
    r"\bfresh\b|\b(?:nobody|no one|nothing) has (?:ever )?(?:looked|seen|read)|\bnobody has looked", re.IGNORECASE
)


@dataclass(frozen=True)
class Use:
    """A row of the table."""

    file: str
    rows: str
    lesson: str
    purpose: str

    @property
    def kind(self) -> str:
        """The word that the purpose begins with."""
        return next((use for use in USES if re.match(rf"{use}\b", self.purpose)), "")


def section() -> str:
    return (ROOT / "datasets" / "README.md").read_text(encoding="utf-8").split(f"{HEADING}\n")[1].split("\n## ")[0]


def uses(text: str) -> list[Use]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")]
    return [Use(file.strip("`"), rows, lesson, purpose) for file, rows, lesson, purpose in rows]


def without_held_out(text: str) -> set[str]:
    return {name for line in text.splitlines() if line.startswith(NO_ROWS) for name in re.findall(r"`([\w.]+)`", line)}


def overlap(one: Use, other: Use) -> bool:
    """Whether two uses may read the same rows: of one file, unless their ranges are apart, such as `held-out 1-400`."""
    ranges = [re.fullmatch(r"held-out (\d+)-(\d+)", use.rows) for use in (one, other)]
    if one.file != other.file:
        return False
    if not all(ranges):
        return True
    (first, last), (begin, end) = ((int(found[1]), int(found[2])) for found in ranges if found)
    return first <= end and begin <= last


def faults(table: list[Use]) -> list[str]:
    found = [f"{use.file}, lesson {use.lesson}: the purpose must begin with one of {USES}" for use in table if not use.kind]
    for one, other in combinations(table, 2):
        if overlap(one, other) and "fresh" in (one.kind, other.kind):
            found.append(f"{one.file} is fresh, and read twice: by lesson {one.lesson} and by lesson {other.lesson}")
    return found


def read_files(code: str) -> Iterator[tuple[str, bool]]:
    """Yield the data files that a lesson's code reads, and whether it may read rows that are held out."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell of an exercise with a gap
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("datasets.load", "datasets.path")):
            names = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            split = [keyword.value.value for keyword in node.keywords if isinstance(keyword.value, ast.Constant)]
            yield f"{names[0]}.csv", [*names[1:], *split] != ["train"]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in re.findall(r"^data/([\w-]+\.csv)$", node.value):
                yield name, True


def lessons() -> dict[str, list[dict[str, object]]]:
    paths = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return {path.name[:2]: json.loads(path.read_text(encoding="utf-8"))["cells"] for path in paths}


def texts(cells: list[dict[str, object]], kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]  # type: ignore[call-overload]


def test_the_table_is_sound() -> None:
    """Each purpose is one of four, and fresh rows are read by one lesson alone."""
    assert len(uses(section())) > 10
    assert faults(uses(section())) == []


def test_the_table_is_what_the_lessons_read() -> None:
    """A lesson that reads held-out rows is listed for that file, and each line of the table is true."""
    table, free = uses(section()), without_held_out(section())
    declared = {(use.lesson, use.file) for use in table}
    read = {
        (number, file)
        for number, cells in lessons().items()
        for code in texts(cells, "code")
        for file, held_out in read_files(code)
        if held_out and file not in free
    }
    assert sorted(read - declared) == []
    assert sorted(use for use in declared - read if use[0] in lessons()) == []


def test_the_files_of_the_table_exist() -> None:
    """Each is a dataset or a lesson's own file."""
    named = {use.file for use in uses(section())} | without_held_out(section())
    folders = (ROOT / "datasets", ROOT / "notebooks" / "data")
    assert [name for name in sorted(named) if not any((folder / name).is_file() for folder in folders)] == []


@pytest.mark.parametrize("number", sorted(lessons()))
def test_no_lesson_calls_rows_fresh_that_are_not(number: str) -> None:
    """A lesson that says so of its rows has fresh ones in the table."""
    said = [match[0] for text in texts(lessons()[number], "markdown") for match in SAYS_FRESH.finditer(text)]
    assert not said or "fresh" in {use.kind for use in uses(section()) if use.lesson == number}


def test_every_fault_of_a_table_is_found() -> None:
    """Fresh rows that another lesson reads, in part or whole; ranges that are apart are fine."""
    rows = [
        "| `a.csv` | all | 01 | fresh |",
        "| `a.csv` | held-out 1-20 | 02 | shown |",
        "| `b.csv` | held-out 1-40 | 03 | chosen by: n |",
        "| `b.csv` | held-out 41-60 | 04 | fresh |",
        "| `c.csv` | all | 05 | looked at |",
        "| `b.csv` | held-out 60-70 | 06 | scored |",
    ]
    table = uses("\n".join(rows))
    assert len(faults(table)) == 3
    assert faults(table)[0].startswith("c.csv, lesson 05: the purpose must begin with")
    assert "a.csv is fresh, and read twice: by lesson 01 and by lesson 02" in faults(table)
    assert "b.csv is fresh, and read twice: by lesson 04 and by lesson 06" in faults(table)


def test_reading_is_recognised() -> None:
    """By the two ways in which lessons read; a training split is no held-out row."""
    code = 'ftwidgets.datasets.load("faq", "train")\ndatasets.load("faq")\npd.read_csv("data/x.csv")\nprint("my_data/y.csv")'
    assert list(read_files(code)) == [("faq.csv", False), ("faq.csv", True), ("x.csv", True)]
    assert list(read_files("answer = (")) == []
