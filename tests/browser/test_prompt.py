"""The prompt tester in a real JupyterLab: two models side by side, a warning, and a blind vote that is blind."""

from collections.abc import Callable
from typing import Any

import pytest

from . import lab, look

pytestmark = pytest.mark.browser

SETUP = """import ftwidgets
from ftwidgets.widgets import PromptTester
chat = [{"role": "system", "content": "Be a shop."}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "Yes"}]
client = ftwidgets.connect()
file = ftwidgets.write_jsonl([{"messages": chat}] * 12, "chats.jsonl")
job = ftwidgets.launch(client, file, model="nano-2026-11", n_epochs=2, seed=1, suffix="secret").wait(60)"""
TESTER = (
    'tester = PromptTester(client, {"base": "nano-2026-11", "tuned": job.model}, system="Be a shop.", max_tokens=20)\ntester'
)
FULL = """full = PromptTester(client, {"base": "nano-2026-11", "tuned": job.model}, max_tokens=20)
for number in range(6):
    full.ask(f"Hello, {number}?").wait(30)
full.blind(["Hello?", "Where?"]).wait(30)
full.vote("left"), full.vote("tie")
full"""
SECRETS = ("secret", "nano-2026-11", "tuned")


def status(shown: Any, text: str) -> None:
    shown.get_by_role("status").filter(has_text=text).first.wait_for()


def test_asked_and_voted_with_the_mouse(lab_page: Callable[..., Any]) -> None:
    """Both answer; another system prompt is warned of; during the vote the page holds no name; after it, the count."""
    shown = lab_page(SETUP, TESTER, "print(len(tester.history), len(tester.votes.table), tester.votes.ties)", run=False)
    for number in (0, 1):
        look.select(shown, number)
        assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), look.errors(shown)
    panel = look.output(shown, 1)
    shown.get_by_label("Prompt", exact=True).fill("Hello!")
    shown.get_by_role("button", name="Ask both", exact=True).click()
    status(shown, "Both models answered.")
    panel.get_by_role("table").filter(has_text="Hello!").wait_for()
    shown.get_by_label("System prompt", exact=True).fill("Be a bank.")
    shown.get_by_label("Prompt", exact=True).focus()
    status(shown, 'tuned was trained with the system prompt "Be a shop.", and there is another one now.')
    shown.get_by_label("Prompts", exact=True).fill("Good morning!\nWhere is my parcel?")
    shown.get_by_role("button", name="Start the blind vote", exact=True).click()
    for pair, choice in ((1, "Neither"), (2, "Left is better")):
        panel.get_by_text(f"Pair {pair} of 2").wait_for()
        held = panel.inner_html() + "".join(shown.locator(".ftw-panel input").evaluate_all("all => all.map(i => i.value)"))
        assert [name for name in SECRETS if name in held] == []
        shown.get_by_role("button", name=choice, exact=True).click()
    status(shown, "The vote is over:")
    panel.get_by_role("table").filter(has_text="neither").wait_for()
    assert "secret" in shown.get_by_label("Right model", exact=True).input_value()
    look.select(shown, 2)
    assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), look.errors(shown)
    assert look.output(shown, 2).inner_text().strip() == "1 2 1"
    assert look.errors(shown) == []


def test_by_keyboard_alone(lab_page: Callable[..., Any]) -> None:
    """From the field to the answers, to the code, and through a vote, with Tab, typing, Enter and Space."""
    shown = lab_page(SETUP, TESTER)
    look.select(shown, 1)
    look.press_tab_to(shown, "Prompt")
    shown.keyboard.type("Hello!")
    look.press_tab_to(shown, "Ask both")
    shown.keyboard.press("Enter")
    status(shown, "Both models answered.")
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator("pre", has_text='"content": "Hello!"').wait_for()
    look.press_tab_to(shown, "Prompts")
    shown.keyboard.type("Good morning!")
    look.press_tab_to(shown, "Start the blind vote")
    shown.keyboard.press("Enter")
    shown.get_by_text("Pair 1 of 1").wait_for()
    focused = "name => document.activeElement?.textContent.trim() === name"
    shown.wait_for_function(focused, arg="Left is better")  # the keyboard's place did not get lost with the form
    look.press_tab_to(shown, "Right is better")
    shown.keyboard.press("Space")
    status(shown, "The vote is over:")
    shown.wait_for_function(focused, arg="Start the blind vote")
    assert look.errors(shown) == []


def test_it_fits_and_passes_axe(lab_page: Callable[..., Any]) -> None:
    """Full of answers, warned, voted, with its code, and in the middle of a vote: in both themes, wide and narrow."""
    shown = lab_page(SETUP, FULL, TESTER + '.blind(["Hello?"]).wait(30)')
    shown.get_by_role("button", name="Show code", exact=True).first.click()
    shown.locator("pre", has_text="stream=True").wait_for()
    shown.get_by_role("button", name="Older", exact=True).click()
    shown.get_by_text("page 2 of 2").wait_for()
    for dark in (False, True):
        lab.theme(shown, dark=dark)
        for width in (1300, 800):
            look.resize(shown, width)
            assert look.wide(shown) == []
        assert look.axe(shown) == []
    assert look.errors(shown) == []
