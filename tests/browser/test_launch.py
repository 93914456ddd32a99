"""The form for a job, in a real JupyterLab: filled in, launched once, with the mouse and without."""

from collections.abc import Callable
from typing import Any

import pytest

from . import lab, look

pytestmark = pytest.mark.browser

SETUP = """import ftwidgets, json, pathlib
from ftwidgets.widgets import JobLauncher
chat = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
pathlib.Path("chats.jsonl").write_text((json.dumps(chat) + "\\n") * 12)
client = ftwidgets.connect()
known = {job.id for job in client.fine_tuning.jobs.list()}"""  # of the tests before, which share the sandbox
LAUNCHER = "launcher = JobLauncher(client, 'chats.jsonl', seed=1)\nlauncher"
COUNT = """import time
while any(job.status not in ("succeeded", "failed", "cancelled") for job in client.fine_tuning.jobs.list()):
    time.sleep(0.1)
mine = [job.id for job in client.fine_tuning.jobs.list() if launcher.job and job.id == launcher.job.id]
new = [job for job in client.fine_tuning.jobs.list() if job.id not in known]
print(len(mine), [job.method.supervised.hyperparameters.n_epochs for job in new])"""
TOP = "element => element.getBoundingClientRect().top - element.closest('.ftw-panel').getBoundingClientRect().top"


def run_cell(shown: Any, number: int) -> str:
    """Run one code cell and give the text of its output."""
    look.select(shown, number)
    assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), look.errors(shown)
    return str(look.output(shown, number).inner_text())


def status(shown: Any, words: str) -> None:
    shown.get_by_role("status").filter(has_text=words).wait_for()


def test_nothing_moves_and_no_press_is_lost(lab_page: Callable[..., Any]) -> None:
    """Through mistakes, a question, a launch and a change the button keeps its place; a press right after typing counts."""
    shown = lab_page(SETUP, LAUNCHER, COUNT, run=False)
    run_cell(shown, 0), run_cell(shown, 1)
    panel = look.output(shown, 1)
    button = panel.locator("button", has_text="Launch")
    refresh, code = panel.get_by_role("button", name="Refresh"), panel.get_by_role("button", name="Show code")
    epochs, rate = shown.get_by_label("Epochs", exact=True), shown.get_by_label("Learning rate multiplier", exact=True)
    menu = shown.get_by_label("Training file", exact=True)
    assert (
        menu.evaluate("menu => menu.selectedOptions[0].label").replace("\xa0", " ").startswith("chats.jsonl, 12 rows, today ")
    )
    places = {part: part.evaluate(TOP) for part in (button, refresh, code)}
    left = refresh.bounding_box()["x"]

    def stays() -> None:
        assert {part: part.evaluate(TOP) for part in places} == places
        assert refresh.bounding_box()["x"] == left

    epochs.fill("abc")
    status(shown, 'Epochs: "abc" does not fit here.')
    assert epochs.evaluate("field => getComputedStyle(field).borderColor") != rate.evaluate(
        "field => getComputedStyle(field).borderColor"
    )
    stays()
    shown.get_by_label("Name of the new model", exact=True).fill("a/b")
    status(shown, "cannot be part of a model's name")
    stays()
    shown.get_by_label("Name of the new model", exact=True).fill("shop-voice")
    rate.fill("1e9")
    epochs.fill("2")
    status(shown, "1e+09 times the usual rate?")
    stays()
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shown.mouse.dblclick(*middle)
    panel.get_by_role("button", name="Launch anyway").wait_for()
    stays()
    rate.fill("1")
    shown.mouse.click(*middle)  # at once, at the old place: the press brings what was typed
    panel.get_by_role("button", name="Launched", exact=True).wait_for()
    status(shown, "Launched: shop-voice (nano-2026-11)")
    stays()
    assert run_cell(shown, 2).strip() == "1 [2]"
    epochs.fill("1")
    panel.get_by_role("button", name="Launch another").wait_for()
    stays()
    shown.mouse.move(0, 0)
    assert look.errors(shown) == []


def test_a_double_click_makes_one_job(lab_page: Callable[..., Any]) -> None:
    """Two fast clicks make one job, a third press says so calmly; its id is copied, and the next step watches it."""
    shown = lab_page(SETUP, LAUNCHER, COUNT, run=False)
    run_cell(shown, 0), run_cell(shown, 1)
    panel = look.output(shown, 1)
    shown.get_by_label("Epochs", exact=True).fill("2")
    panel.get_by_role("button", name="Launch the job", exact=True).dblclick()
    launched = panel.get_by_role("button", name="Launched", exact=True)
    launched.wait_for()
    launched.click()
    status(shown, "Nothing was launched twice")
    assert panel.locator(".ftw-wrong").count() == 0
    assert run_cell(shown, 2).strip() == "1 [2]"
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Copy the id").click()
    shown.wait_for_function("() => navigator.clipboard.readText().then(text => text.startsWith('ftjob-'))")
    panel.get_by_role("button", name="Watch it train").click()
    panel.locator(".ftw-panel .ftw-panel", has_text="succeeded").wait_for(timeout=180_000)
    assert look.errors(shown) == []


def test_by_keyboard_alone(lab_page: Callable[..., Any]) -> None:
    """From the folded settings to the job with Tab, typing and Enter; the code can be shown the same way."""
    shown = lab_page(SETUP, LAUNCHER.replace(", seed=1", ""))
    look.select(shown, 1)
    look.press_tab_to(shown, "Training file")
    assert not shown.get_by_label("Epochs", exact=True).is_visible()
    look.press_tab_to(shown, "▸ Advanced settings")
    shown.keyboard.press("Enter")
    look.press_tab_to(shown, "Name of the new model")
    shown.keyboard.type("by-keyboard")
    look.press_tab_to(shown, "Epochs")
    shown.keyboard.press("Control+a")
    shown.keyboard.type("1")
    look.press_tab_to(shown, "Launch the job")
    shown.keyboard.press("Enter")
    shown.get_by_role("button", name="Launched", exact=True).wait_for()
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator("pre", has_text='suffix="by-keyboard"').wait_for()
    assert look.errors(shown) == []


def test_it_fits_and_passes_axe(lab_page: Callable[..., Any]) -> None:
    """With mistakes, questions, estimate and code: no violation, nothing sticks out, wide and narrow, light and dark."""
    shown = lab_page(
        SETUP,
        LAUNCHER + ".launch();\nlauncher",
        "JobLauncher(client, 'gone.jsonl', n_epochs='abc', suffix='a/b')",
        "JobLauncher(client, 'chats.jsonl', 'chats.jsonl', n_epochs=50)",
    )
    shown.get_by_role("button", name="Show code", exact=True).first.click()
    shown.locator("pre", has_text="jobs.create").wait_for()
    for dark in (False, True):
        lab.theme(shown, dark=dark)
        for width in (1300, 800):
            look.resize(shown, width)
            assert look.wide(shown) == []
        assert look.axe(shown) == []
    assert look.errors(shown) == []
