"""Every number in a lesson's prose is asserted somewhere, or has its source."""

import importlib
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
NOT_CLAIMS = re.compile(
    r"^#+ .*$|\]\([^)]*\)|\b[Ll]essons? \d\d\b(?:(?:,| and| to) \d\d)*|\b[Ss]teps? \d+(?: to \d+)?\b", re.MULTILINE
)
NUMBER = re.compile(r"\d[\d.,:]*\d|\d")


def prose(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def claims(path: Path) -> ModuleType:
    return importlib.import_module(f"tests.claims.test_{path.stem}")


def bare(text: str, phrases: list[str]) -> list[str]:
    """The numbers of a text that no phrase covers, each with its surroundings."""
    text = CODE.sub(" ", text)
    for phrase in sorted(phrases, key=len, reverse=True):
        text = text.replace(phrase, " ")
    text = NOT_CLAIMS.sub(" ", text)
    return [text[max(0, match.start() - 25) : match.end() + 25].replace("\n", " ") for match in NUMBER.finditer(text)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_number_is_asserted_or_has_its_source(path: Path) -> None:
    """`PROSE` names the test for each phrase with a number, `SOURCES` where it comes from; the others are listed."""
    module = claims(path)
    assert bare(prose(path), [*module.PROSE, *module.SOURCES]) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_is_asserted_that_is_not_said(path: Path) -> None:
    """Each phrase stands in the lesson as it is written there, and each test that it names is one."""
    module, text = claims(path), CODE.sub(" ", prose(path))
    assert [phrase for phrase in (*module.PROSE, *module.SOURCES) if phrase not in text] == []
    assert [phrase for phrase, test in module.PROSE.items() if getattr(module, test.__name__, None) is not test] == []
    assert all(test.__name__.startswith("test_") for test in module.PROSE.values())
    assert all(module.SOURCES.values())


def test_a_bare_number_is_found() -> None:
    """A number that nobody vouches for is found, with its surroundings; headings, code, lesson numbers, links are no claims."""
    text = "# 3 things\nSee lesson 03 and `x = 4`, [here](a1.md): 0.73 of all; and further on, in another line,\n96 questions"
    (first, second) = bare(text + " on 12 topics.", ["12 topics"])
    assert "0.73 of all" in first
    assert "line, 96 questions on" in second
    assert bare(text, ["0.73 of all", "96 questions"]) == []
