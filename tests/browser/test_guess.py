"""A guess in a real JupyterLab: typed, revealed at once by the next cell, kept over a restart of the kernel."""

from collections.abc import Callable
from typing import Any

import pytest

from . import lab, look

pytestmark = pytest.mark.browser

ASK = """from ftwidgets import exercises
lesson = exercises.lesson('05')
lesson.guess('kept', 'How many of 20 keep the greeting?')"""
REVEAL = "lesson.reveal('kept', 17)"
RUN = "() => window.jupyterapp.commands.execute('notebook:run-cell')"


def run_cell(shown: Any, number: int) -> str:
    """Run one code cell and give the text of its output."""
    look.select(shown, number)
    assert shown.evaluate(RUN)
    shown.wait_for_function(lab.IDLE)
    return str(look.output(shown, number).inner_text())


def test_a_guess_is_typed_and_revealed(lab_page: Callable[..., Any]) -> None:
    """Run All asks for nothing; letters are no shortcuts; the next cell has every letter, though Enter was never pressed."""
    shown = lab_page(ASK, REVEAL)
    assert "No guess. Measured: 17." in look.output(shown, 1).inner_text()
    field = shown.get_by_role("textbox", name="How many of 20 keep the greeting?")
    for text in ("12", "a dozen, dd 00"):
        field.fill("")
        field.focus()
        shown.keyboard.type(text)
        # The next cell runs while the last letters are still on their way, without leaving the field first.
        shown.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
        assert shown.evaluate(RUN)
        shown.wait_for_function(lab.IDLE)
        assert f"You guessed {text}. Measured: 17." in look.output(shown, 1).inner_text()
    field.focus()
    shown.keyboard.press("Enter")
    assert lab.errors(shown) == []


def test_a_kept_guess_comes_back(lab_page: Callable[..., Any]) -> None:
    """Enter keeps it and says so; run again, the field holds it, and the saved page shows it."""
    shown = lab_page(ASK.replace("'kept'", "'again'"), REVEAL.replace("'kept'", "'again'"))
    field = shown.get_by_role("textbox", name="How many of 20 keep the greeting?")
    field.fill("higher")
    field.press("Enter")
    shown.get_by_role("status").filter(has_text="Kept: higher").wait_for()
    run_cell(shown, 0)
    shown.wait_for_function("() => document.querySelector('.ftw-guess input').value === 'higher'")
    assert "You guessed higher. Measured: 17." in run_cell(shown, 1)
    plain = lab.save(shown)["cells"][0]["outputs"][1]["data"]
    assert "Your guess: higher" in "".join(plain["text/html"])
    for dark in (False, True):
        lab.theme(shown, dark=dark)
        assert lab.axe(shown) == []
        assert lab.wide(shown) == []
    lab.theme(shown, dark=False)
    lab.resize(shown, 700)
    assert lab.wide(shown) == []
    assert lab.errors(shown) == []
