"""docs/widgets.md shows each widget as it is."""

import ast
import inspect
import re
from pathlib import Path

from ftwidgets import widgets
from ftwidgets.health.widget import Doctor
from ftwidgets.studio import Studio
from ftwidgets.widgets.base.panel import Panel

PAGE = Path(__file__).parents[2] / "docs" / "widgets.md"


def sections() -> dict[str, str]:
    """Title and text of each section."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def exported() -> dict[str, type[Panel]]:
    return {name: thing for name, thing in vars(widgets).items() if inspect.isclass(thing) and issubclass(thing, Panel)} | {
        "Doctor": Doctor,
        "Studio": Studio,
    }


def faults(name: str, text: str) -> list[str]:
    """What a section lacks: a line of code that runs on the widget as it is, a sentence, a picture with its text."""
    found = []
    code = re.search(r"```python\n(.+?)\n```", text, re.DOTALL)
    calls = [node for node in ast.walk(ast.parse(code[1])) if isinstance(node, ast.Call)] if code else []
    if not calls:
        found.append(f"{name}: no line of code")
    for call in calls:
        if isinstance(call.func, ast.Name):
            try:
                inspect.signature(exported()[call.func.id]).bind(*call.args, **{word.arg or "": 1 for word in call.keywords})
            except TypeError as error:
                found.append(f"{name}: {ast.unparse(call)}: {error}")
    if result := re.search(r"The result is (.+)$", text, re.MULTILINE):
        for attribute in re.findall(r"`(?:\w+\.)?(\w+)`", result[1]):
            if attribute not in inspect.getsource(exported()[name]):
                found.append(f"{name} has no {attribute}")
    else:
        found.append(f"{name}: no result is named")
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    if not pictures:
        found.append(f"{name}: no picture")
    for _words, file in pictures:
        path = PAGE.parent / file
        if not path.is_file():
            found.append(f"{name}: {file} does not exist")
        elif path.stat().st_size > 150_000:
            found.append(f"{name}: {file} has {path.stat().st_size} bytes; 150 kB are the most")
    return found


def test_each_widget_has_its_section_and_no_section_is_stale() -> None:
    """Each exported widget is shown, and nothing else."""
    assert sorted(sections()) == sorted(exported())


def test_each_section_has_code_result_and_picture() -> None:
    """The code fits the widget's parameters, the result it names exists, the picture is there and small."""
    assert [fault for name, text in sections().items() for fault in faults(name, text)] == []


def test_a_fault_is_found() -> None:
    """A section with everything wrong has each fault named."""
    bad = "```python\nEvaluation(nothing=1)\n```\nThe result is `evaluation.nowhere`.\n![x](images/none.png)"
    assert len(faults("Evaluation", bad)) == 3
    assert len(faults("Evaluation", "nothing")) == 3
