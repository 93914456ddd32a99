"""docs/findings.md explains every finding and shows data that has it: its ids, words and examples are true of the code."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.data import Finding, Report, splits
from ftwidgets.data.findings import finding_types, fix_types
from ftwidgets.errors import DataError
from tools.write_findings_page import rewritten

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
CHAT = '{"messages": [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello!"}]}\n'


@dataclass(frozen=True)
class Section:
    """What the page says of an id."""

    id: str
    levels: str
    title: str
    why: str
    language: str
    example: str
    todo: str


SECTION = re.compile(
    r"^### (?P<id>[a-z0-9-]+)\n\*\*(?P<levels>[A-Z][a-z ]+): (?P<title>.+?)\.\*\* (?P<why>.+)\n\n"
    r"```(?P<language>csv|jsonl|python)\n(?P<example>(?:.*\n)+?)```\n\nWhat to do: (?P<todo>.+)$",
    re.MULTILINE,
)
SECTIONS = [Section(**found.groupdict()) for found in SECTION.finditer(PAGE)]


def test_the_page_can_be_read() -> None:
    """Every heading of the third level is a section of the form that the other tests read."""
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == [section.id for section in SECTIONS]
    assert len({section.id for section in SECTIONS}) == len(SECTIONS) > 80


def test_every_kind_has_its_section_and_every_section_its_kind() -> None:
    """No finding is unexplained, and nothing is explained that cannot be found."""
    assert sorted(finding_types()) == sorted(section.id for section in SECTIONS)


def test_every_finding_is_of_a_declared_kind() -> None:
    """Nothing but a `FindingType` makes a `Finding`."""
    for path in (ROOT / "ftwidgets").rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        makers = [call for call in calls if isinstance(call, ast.Name) and call.id == "Finding"]
        assert len(makers) == (path == ROOT / "ftwidgets" / "data" / "findings.py"), path


def test_no_two_kinds_share_an_id() -> None:
    """A second declaration of an id or a fix fails; the same declaration once more, as by a reload, does not."""
    kind, fix = finding_types()["secret"], fix_types()["redact-secrets"]
    assert dataclasses.replace(kind) == kind
    assert dataclasses.replace(fix) == fix
    with pytest.raises(ValueError, match="'secret' is declared twice"):
        dataclasses.replace(kind, title="Something else")
    with pytest.raises(ValueError, match="'redact-secrets' is declared twice"):
        dataclasses.replace(fix, title="Something else")


def test_the_page_says_what_is_declared() -> None:
    """Levels, titles, reasons, remedies and fixes are those of the declarations, word for word."""
    assert rewritten(PAGE) == PAGE, "run python tools/write_findings_page.py"


def test_every_fix_settles_something() -> None:
    """Each automatic fix is that of a declared kind, and stands in its section."""
    named = re.findall(r"`([\w-]+)`", " ".join(section.todo.partition(" Automatic fix")[2] for section in SECTIONS))
    assert set(named) == set(fix_types())


def run(section: Section, folder: Path) -> list[Finding]:
    """Check the example of a section, as somebody who copies it would."""
    if section.language != "python":
        file = folder / f"example.{section.language}"
        file.write_text(section.example, encoding="utf-8")
        return ftwidgets.check(file).findings
    scope: dict[str, Any] = {"ftwidgets": ftwidgets, "pd": pd, "Path": Path, "CHAT": CHAT}
    refused: list[Finding] = []
    try:
        with watched(refused):
            exec(section.example, scope)
    except DataError as error:
        return [found for found in refused if str(found) == str(error)]
    assert isinstance(scope["report"], Report)
    return scope["report"].findings


@contextmanager
def watched(refused: list[Finding]) -> Iterator[None]:
    """Note what a split finds to refuse: it is raised in words, which do not tell its id."""

    def find_leak(*arguments: Any) -> Any:
        fault = real(*arguments)
        refused.extend([] if fault is None else [fault])
        return fault

    real = splits.find_leak
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "find_leak", find_leak)
        yield


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.id)
def test_the_example_shows_it(section: Section, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example has the finding that it stands under, at the level that is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ftwidgets.data.readers.json_files.MAX_FILE", 2**20)
    findings = run(section, tmp_path)
    assert section.id in {found.id for found in findings}, "\n".join(map(str, findings))
    levels = {found.level for found in findings if found.id == section.id}
    assert levels <= set(section.levels.lower().split(" or "))
    repairs = {found.repair for found in findings if found.id == section.id and found.repair}
    assert all(f"`{repair}`" in section.todo for repair in repairs)
