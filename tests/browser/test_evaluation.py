"""The evaluation in a real JupyterLab: clicked through, by keyboard alone, on narrow and dark pages."""

from collections.abc import Callable
from typing import Any

import pytest

from . import lab, look

pytestmark = pytest.mark.browser

CELL = """import ftwidgets
from ftwidgets.widgets import Evaluation

models = {"base": "nano-2026-11", "a second name for the very same model": "nano-2026-11"}
board = Evaluation(ftwidgets.connect(), models, "sentiment", train="sentiment", limit=20, max_tokens=3)
board"""


def status(shown: Any, words: str) -> None:
    shown.get_by_role("status").filter(has_text=words).wait_for()


def place(shown: Any, name: str) -> float:
    """How far a button is below the top of its panel."""
    button = shown.get_by_role("button", name=name, exact=True)
    return float(
        button.evaluate("part => part.getBoundingClientRect().y - part.closest('.ftw-panel').getBoundingClientRect().y")
    )


def test_clicked_through_from_the_form_to_the_worst_answers(lab_page: Callable[..., Any]) -> None:
    """The verdict, the picture and the folds; a failure that keeps them, on the page and in the file; a cancelled run.

    The buttons stay where they are through all of it.
    """
    shown = lab_page(CELL)
    panel = shown.locator(".ftw-panel")
    assert shown.get_by_label("Models", exact=True).is_hidden()  # everything is filled in, so the form is folded
    assert shown.get_by_role("button", name="Cancel", exact=True).is_disabled()
    evaluate = place(shown, "Evaluate")
    shown.get_by_role("button", name="Evaluate", exact=True).click()
    status(shown, "Done: 60 answers")
    assert place(shown, "Evaluate") == evaluate
    verdict = panel.locator(".ftw-verdict").inner_text()
    assert verdict.startswith("Cannot tell yet")
    assert panel.get_by_role("row").filter(has_text="majority").locator(".ftw-dot").is_visible()
    shown.get_by_label("Look closer at").select_option("base")
    panel.get_by_text("Which labels were confused?").click()
    panel.locator("caption", has_text='What "base" answered, by right answer').wait_for()
    panel.get_by_text("Which answers were worst?").click()
    shown.get_by_role("button", name="Next answers").click()
    panel.locator("caption:has-text('worst first: 11 to 20 of 20')").wait_for()
    assert panel.get_by_role("columnheader", name="right answer").last.is_visible()
    assert verdict in str(lab.save(shown)), "the saved notebook does not show the result"
    panel.get_by_text("How do the others compare?").click()
    shown.get_by_role("button", name="Models, examples and settings").click()
    for dark, width in ((False, 1300), (True, 1300), (True, 800), (False, 800)):
        lab.theme(shown, dark=dark)
        lab.resize(shown, width, 900)
        assert lab.wide(shown) == []
        assert lab.axe(shown) == []
    lab.resize(shown, 1300, 900)

    at = place(shown, "Evaluate")
    shown.get_by_label("Models", exact=True).fill("gone = nano-of-last-year")
    shown.get_by_role("button", name="Evaluate", exact=True).click()  # at once: the press brings what was typed
    status(shown, "The service rejected the request (404)")
    assert place(shown, "Evaluate") == at
    panel.get_by_text("From an earlier run. The last one failed").wait_for()
    assert panel.locator(".ftw-verdict").inner_text() == verdict
    saved = str(lab.save(shown))
    assert verdict in saved
    assert "From an earlier run. The last one failed" in saved
    shown.get_by_label("Use the first").fill("-1")
    shown.get_by_role("button", name="Evaluate", exact=True).click()
    status(shown, '"Use the first" is -1. Give a number of examples, or 0 for all of them.')
    shown.get_by_label("Models", exact=True).fill("base = nano-2026-11")
    shown.get_by_label("Use the first").fill("0")
    shown.get_by_role("button", name="Evaluate", exact=True).click()
    shown.locator(".ftw-panel progress").wait_for()
    assert place(shown, "Evaluate") == at
    shown.get_by_role("button", name="Cancel", exact=True).click()
    status(shown, "Cancelled after")
    assert shown.get_by_role("button", name="Cancel", exact=True).is_disabled()
    assert lab.errors(shown) == []


def test_by_keyboard_alone_to_the_worst_answers_and_the_code(lab_page: Callable[..., Any]) -> None:
    """From the number of examples to the next page of answers, which keeps the focus, to the code and the next step."""
    shown = lab_page(CELL)
    look.select(shown, 0)
    look.press_tab_to(shown, "▸ Models, examples and settings")
    shown.keyboard.press("Enter")
    look.press_tab_to(shown, "Use the first")
    shown.keyboard.press("Control+a")
    shown.keyboard.type("12")
    look.press_tab_to(shown, "Evaluate")
    shown.keyboard.press("Enter")
    status(shown, "Done: 36 answers")
    look.press_tab_to(shown, "Which answers were worst?")
    shown.keyboard.press("Enter")
    look.press_tab_to(shown, "Next answers")
    shown.keyboard.press("Enter")
    shown.locator(".ftw-panel caption:has-text('worst first: 11 to 12 of 12')").wait_for()
    look.press_tab_to(shown, "Previous answers", backwards=True)
    shown.keyboard.press("Space")
    shown.locator(".ftw-panel caption:has-text('worst first: 1 to 10 of 12')").wait_for()
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator(".ftw-panel pre", has_text="limit=12").wait_for()
    look.press_tab_to(shown, "Try it by hand")
    shown.keyboard.press("Enter")
    shown.locator(".ftw-panel .ftw-panel").first.wait_for()
    assert lab.errors(shown) == []
