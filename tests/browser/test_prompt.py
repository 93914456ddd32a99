"""The prompt tester in a real JupyterLab: a conversation side by side, buttons that keep their places, presses that count."""

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
    full.ask(f"Hello, {number}?", follow_up=number < 2).wait(30)
full.blind(["Hello?", "Where?"]).wait(30)
full.vote("left"), full.vote("tie")
full"""
SECRETS = ("secret", "nano-2026-11", "tuned")
SMALL = """all => all.filter(each => each.offsetParent && each.textContent.trim()
    && parseFloat(getComputedStyle(each).fontSize) < 12).length"""
KERNEL_IS_IDLE = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
ASKED = ".ftw-bubble-user > p:last-child"
PAGE = f"{look.PANEL} .jp-WindowedPanel-outer"
SCROLLED = f"() => document.querySelector('{PAGE}').scrollTop"
CONTROLS = ("Send", "Stop", "New conversation", "Blind vote on these two")


def status(shown: Any, text: str) -> None:
    shown.get_by_role("status").filter(has_text=text).first.wait_for()


def places(shown: Any) -> dict[str, dict[str, float]]:
    """Where each of the buttons is."""
    return {name: shown.get_by_role("button", name=name, exact=True).bounding_box() for name in CONTROLS}


def test_buttons_keep_their_places_and_presses_count(lab_page: Callable[..., Any]) -> None:
    """Through question, answers, warning, cure and stale answers no button moves, and a press at the old place counts."""
    shown = lab_page(SETUP, TESTER, "print(tester.history[['prompt', 'system', 'turn']].values.tolist())", run=False)
    for number in (0, 1):
        look.select(shown, number)
        assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), look.errors(shown)
    panel = look.output(shown, 1)
    talk = panel.locator(".ftw-conversation")
    box = shown.get_by_label("Prompt", exact=True)
    panel.get_by_role("button", name="Settings").click()
    system = shown.get_by_label("System prompt", exact=True)
    at = places(shown)
    middle = [at["Send"]["x"] + at["Send"]["width"] / 2, at["Send"]["y"] + at["Send"]["height"] / 2]
    assert shown.get_by_role("button", name="Stop", exact=True).is_disabled()
    box.fill("Hello!")
    shown.mouse.click(*middle)
    status(shown, "Both models answered.")
    assert places(shown) == at
    for number, text in enumerate(("Be a bank.", "", "Be a shop.", "Be a bank."), 1):
        box.fill(f"Hello {number}!")
        system.fill(text)  # the warning comes or goes when the field is left: by the press
        shown.mouse.click(*middle)
        talk.get_by_text(f"Hello {number}!").wait_for()
        status(shown, "Both models answered.")
        assert talk.locator(".ftw-bubble-user").count() == 1
        assert talk.locator(".ftw-stale-note").count() == 0
        assert places(shown) == at
    status(shown, "tuned was trained with another system prompt.")
    panel.get_by_role("button", name="Use the training system prompt").click()
    talk.get_by_text("Models or settings have changed").wait_for()
    assert system.input_value() == "Be a shop."
    assert panel.get_by_text("Both models answered.").count() == 0
    assert places(shown) == at
    for number in range(4):  # typed and sent at once: each question is answered for its own text
        box.fill(f"Question {number}?")
        shown.mouse.click(*middle)
        talk.get_by_text(f"Question {number}?").wait_for()
        status(shown, "Both models answered.")
    assert talk.locator(".ftw-bubble-user").count() == 4
    look.select(shown, 2)
    assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), look.errors(shown)
    said = look.output(shown, 2).inner_text()
    assert "['Hello 1!', 'Be a bank.', 1], ['Hello 2!', '', 1], ['Hello 3!', 'Be a shop.', 1]" in said
    assert "['Question 3?', 'Be a shop.', 4]" in said
    assert look.errors(shown) == []


def test_by_keyboard_alone(lab_page: Callable[..., Any]) -> None:
    """Ctrl+Enter sends and empties the box, the arrow up brings the question back; then a vote by its keys, without a name."""
    shown = lab_page(SETUP, TESTER)
    panel = look.output(shown, 1)
    look.select(shown, 1)
    look.press_tab_to(shown, "Prompt")
    shown.keyboard.type("Hello!")
    shown.keyboard.press("Control+Enter")
    status(shown, "Both models answered.")
    shown.keyboard.type("And now?")
    shown.keyboard.press("Control+Enter")
    panel.locator(".ftw-bubble-user").get_by_text("And now?", exact=True).wait_for()
    status(shown, "Both models answered.")
    assert panel.locator(ASKED).all_inner_texts() == ["Hello!", "And now?"]
    box = shown.get_by_label("Prompt", exact=True)
    assert box.input_value() == ""
    shown.keyboard.press("ArrowUp")
    assert box.input_value() == "And now?"
    shown.keyboard.press("Control+a")
    shown.keyboard.press("Delete")
    look.press_tab_to(shown, "Mark differences")
    shown.keyboard.press("Space")
    panel.locator("mark").first.wait_for()
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator("pre", has_text='"And now?"').wait_for()
    look.press_tab_to(shown, "Blind vote on these two", backwards=True)
    shown.keyboard.press("Enter")
    shown.wait_for_function("() => document.activeElement?.matches('textarea') && document.activeElement.rows === 4")
    shown.keyboard.type("Good morning!\nWhere is my parcel?\nDo you sell pots?")
    look.press_tab_to(shown, "Start the blind vote")
    shown.keyboard.press("Enter")
    first = None
    for number, key in enumerate(("0", "ArrowRight", "1"), 1):
        panel.get_by_text(f"{number} of 3. Which").wait_for()
        held = panel.inner_html() + "".join(panel.locator("input, select").evaluate_all("all => all.map(i => i.value)"))
        assert [name for name in SECRETS if name in held] == []
        at = panel.get_by_role("button", name="Left is better").bounding_box()
        shown.wait_for_function("() => document.activeElement?.textContent.startsWith('Left is better')")
        shown.keyboard.press(key)
        first = first or at
        assert at == first  # however long the answers are
    status(shown, "The vote is over.")
    panel.locator(".ftw-live .ftw-verdict").get_by_text("Cannot tell yet.").wait_for()
    assert panel.locator(ASKED).all_inner_texts() == ["Hello!", "And now?"]
    assert shown.get_by_label("Right model", exact=True).input_value() != ""
    shown.wait_for_function("() => document.activeElement?.classList.contains('ftw-verdict')")
    assert look.errors(shown) == []


def test_the_newest_answers_are_in_view(lab_page: Callable[..., Any]) -> None:
    """In a long conversation they are inside the box and inside the window; the page stays where it is, and so do buttons.

    A reader who scrolls back is left alone until the next question.
    """
    shown = lab_page(SETUP, TESTER)
    talk, box = shown.locator(".ftw-conversation"), shown.get_by_label("Prompt", exact=True)
    shown.get_by_role("button", name="Send", exact=True).scroll_into_view_if_needed()
    shown.evaluate(f"() => document.querySelector('{PAGE}').scrollBy(0, 120)")
    at, page_at = places(shown), shown.evaluate(SCROLLED)
    for number in range(7):
        box.fill(f"Question {number}?")
        box.press("Control+Enter")
        asked = talk.locator(".ftw-bubble-user").filter(has_text=f"Question {number}?")
        asked.wait_for()
        status(shown, "Both models answered.")
        shown.wait_for_function("box => box.value === ''", arg=box.element_handle(), timeout=10_000)
        place, around = asked.bounding_box(), talk.bounding_box()
        last = talk.locator(".ftw-bubble-assistant").last.bounding_box()
        assert around["y"] <= place["y"]
        assert last["y"] + last["height"] <= min(around["y"] + around["height"], 900)
        assert (places(shown), shown.evaluate(SCROLLED)) == (at, page_at)
    assert talk.evaluate("part => part.scrollTop") > 0
    talk.hover()
    shown.mouse.wheel(0, -5000)
    shown.wait_for_function("talk => talk.scrollTop === 0", arg=talk.element_handle())
    shown.get_by_label("Mark differences").check()
    talk.locator("mark").first.wait_for()
    assert talk.evaluate("part => part.scrollTop") == 0
    assert look.errors(shown) == []


SLOW = """import time
tester.form.prompt.observe(lambda change: time.sleep(0.1), "value")"""


def test_a_slow_kernel_neither_brings_a_sent_prompt_back_nor_takes_a_new_one(lab_page: Callable[..., Any]) -> None:
    """The page holds changes back while the kernel works: the sent text comes twice, and the second time after the emptying."""
    shown = lab_page(SETUP, TESTER, SLOW)
    box = shown.get_by_label("Prompt", exact=True)
    for number in range(6):
        box.fill(f"Draft {number}")
        box.dispatch_event("change")
        box.fill(f"Question {number}?")
        box.press("Control+Enter")
        if number % 2:
            box.fill(f"Typed since {number}")
        shown.locator(".ftw-bubble-user").filter(has_text=f"Question {number}?").wait_for()
        status(shown, "Both models answered.")
        if not number % 2:
            shown.wait_for_function("box => box.value === ''", arg=box.element_handle())
        shown.wait_for_function(KERNEL_IS_IDLE)
        assert box.input_value() == (f"Typed since {number}" if number % 2 else "")
    assert look.errors(shown) == []


def test_it_fits_and_passes_axe(lab_page: Callable[..., Any]) -> None:
    """Full of answers, warned, voted, with its code and settings, and in the middle of a vote: both themes, wide and narrow."""
    shown = lab_page(SETUP, FULL, TESTER + '.blind(["Hello?"]).wait(30)')
    full = look.output(shown, 1)
    full.get_by_role("button", name="Show code", exact=True).click()
    shown.locator("pre", has_text="stream=True").first.wait_for()
    for name in ("Settings", "Asked so far"):
        full.get_by_role("button", name=name).click()
    full.get_by_role("button", name="Older", exact=True).click()
    shown.get_by_text("page 2 of 2").wait_for()
    full.get_by_label("Max tokens", exact=True).fill("7")
    full.get_by_label("Seed", exact=True).focus()
    full.get_by_text("Models or settings have changed").wait_for()
    for dark in (False, True):
        lab.theme(shown, dark=dark)
        for width in (1300, 800):
            look.resize(shown, width)
            assert look.wide(shown) == []
            assert shown.locator(".ftw-panel *").evaluate_all(SMALL) == 0
        assert look.axe(shown) == []
    assert look.errors(shown) == []
