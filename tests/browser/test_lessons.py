"""Each lesson in a real JupyterLab: opened, run to the bottom, looked at wide and narrow.

All share one server and one state folder, as at home; each has a kernel of its own. `--durations=0` tells the seconds of each.
Left out: clicking, which each widget's own test does.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path.name for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))

# JupyterLab's own renderer of image/png has no way to give a picture a text: its source passes width, height and background
# only. tests/notebooks/test_hygiene.py holds that words follow each picture.
PICTURES = [".jp-RenderedImage img"]

PLAIN, DRAWN = "section.ftw-static", ".ftw-panel"
AS_MANY = "([selector, n]) => document.querySelectorAll(selector).length === n"


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[lab.Lab, Any]]:
    """A JupyterLab on a copy of the lessons, and a page."""
    root = tmp_path_factory.mktemp("lessons")
    for name in LESSONS:
        shutil.copy(NOTEBOOKS / name, root)
    for folder in ("data", "images"):
        shutil.copytree(NOTEBOOKS / folder, root / folder)
    with lab.server(root) as running, lab.page() as shown:
        yield running, shown


@pytest.fixture
def opened(lessons: tuple[lab.Lab, Any]) -> Iterator[Callable[[str], Any]]:
    """Open a lesson without running it; its kernel ends with the test."""
    running, shown = lessons

    def open_lesson(name: str) -> Any:
        if shown.lab is None:
            lab.open_notebook(shown, running, name)
        else:
            lab.open_another(shown, name)
        return shown

    yield open_lesson
    lab.theme(shown, dark=False)
    lab.resize(shown, 1300)
    lab.close_all(shown)


@pytest.mark.parametrize("lesson", LESSONS)
def test_runs_in_jupyterlab(lesson: str, opened: Callable[[str], Any]) -> None:
    """Stored outputs show as they are; Run All succeeds; each panel is drawn; nothing complains, sticks out or fails axe."""
    shown = opened(lesson)
    panels = (shown.lab.root / lesson).read_text(encoding="utf-8").count("ftw-static")
    assert shown.locator(f"{PLAIN}:visible").count() == panels
    assert lab.errors(shown) == []
    assert lab.run_all(shown), lab.errors(shown)
    shown.wait_for_function(AS_MANY, arg=[DRAWN, panels])
    assert shown.locator(PLAIN).count() == panels
    assert shown.locator(f"{PLAIN}:visible").count() == 0  # each hides behind its widget
    assert shown.locator(".jp-OutputArea-output").count() > 5
    assert lab.errors(shown) == []
    assert lab.axe(shown, without=PICTURES) == []
    assert lab.wide(shown) == []
    if lesson.startswith("03"):  # the one with the most colours
        lab.theme(shown, dark=True)
        assert lab.axe(shown, without=PICTURES) == []
    lab.resize(shown, 800)  # here wide tables of pandas scroll in a part of JupyterLab's own, which fails axe by itself
    assert lab.wide(shown) == []
    if panels:
        assert lab.axe(shown, DRAWN) == []


def test_there_are_lessons() -> None:
    """The lessons were found at all."""
    assert LESSONS[0] == "00_start_here.ipynb"
