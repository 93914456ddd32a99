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


def test_clicked_through_from_the_form_to_the_worst_answers(lab_page: Callable[..., Any]) -> None:
    """The drawing, the verdicts, the confusion table and the pages of answers; a model that is gone; a cancelled run."""
    shown = lab_page(CELL)
    shown.get_by_role("button", name="Evaluate", exact=True).click()
    status(shown, "Done: 60 answers")
    assert shown.locator(".ftw-panel svg[role=img]").count() == 2
    assert shown.get_by_role("img", name="exact_match on 20 examples").is_visible()
    assert "base is worse than majority" in shown.locator(".ftw-panel li").last.inner_text()
    shown.get_by_label("Look closer at").select_option("base")
    shown.locator(".ftw-panel caption", has_text='What "base" answered, by right answer').wait_for()
    shown.get_by_role("button", name="Next answers").click()
    shown.locator(".ftw-panel caption:has-text('worst first: 6 to 10 of 20')").wait_for()
    saved = str(lab.save(shown))
    assert "base is worse than majority" in saved, "the saved notebook does not show the result"
    for dark, width in ((False, 1300), (True, 1300), (True, 800), (False, 800)):
        lab.theme(shown, dark=dark)
        lab.resize(shown, width, 900)
        assert lab.wide(shown) == []
        assert lab.axe(shown) == []
    shown.get_by_label("Models").fill("gone = nano-of-last-year")
    shown.get_by_role("button", name="Evaluate", exact=True).click()
    status(shown, "The service rejected the request (404)")
    assert shown.locator(".ftw-panel svg[role=img]").count() == 0
    shown.get_by_label("Models").fill("base = nano-2026-11")
    shown.get_by_label("Use the first").fill("0")
    shown.get_by_label("Use the first").press("Tab")
    shown.get_by_role("button", name="Evaluate", exact=True).click()
    shown.locator(".ftw-panel progress").wait_for()
    shown.get_by_role("button", name="Cancel", exact=True).click()
    status(shown, "Cancelled after")
    assert lab.errors(shown) == []


def test_by_keyboard_alone_to_the_worst_answers_and_the_code(lab_page: Callable[..., Any]) -> None:
    """From the number of examples to the next page of answers, which keeps the focus, and to the code."""
    shown = lab_page(CELL)
    look.select(shown, 0)
    look.press_tab_to(shown, "Use the first")
    shown.keyboard.press("Control+a")
    shown.keyboard.type("10")
    look.press_tab_to(shown, "Evaluate")
    shown.keyboard.press("Enter")
    status(shown, "Done: 30 answers")
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator(".ftw-panel pre", has_text="limit=10").wait_for()
    look.press_tab_to(shown, "Next answers")
    shown.keyboard.press("Enter")
    shown.locator(".ftw-panel caption:has-text('worst first: 6 to 10 of 10')").wait_for()
    look.press_tab_to(shown, "Previous answers", backwards=True)
    shown.keyboard.press("Space")
    shown.locator(".ftw-panel caption:has-text('worst first: 1 to 5 of 10')").wait_for()
    assert lab.errors(shown) == []
