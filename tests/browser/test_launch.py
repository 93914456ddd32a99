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
client = ftwidgets.connect()"""
LAUNCHER = "launcher = JobLauncher(client, 'chats.jsonl', seed=1)\nlauncher"
COUNT = """import time
while any(job.status not in ("succeeded", "failed", "cancelled") for job in client.fine_tuning.jobs.list()):
    time.sleep(0.1)
mine = [job.id for job in client.fine_tuning.jobs.list() if job.id == launcher.job.id]
print(len(mine), [job.method.supervised.hyperparameters.n_epochs for job in client.fine_tuning.jobs.list()])"""


def run_cell(shown: Any, number: int) -> str:
    """Run one code cell and give the text of its output."""
    look.select(shown, number)
    assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), look.errors(shown)
    return str(look.output(shown, number).inner_text())


def test_a_double_click_makes_one_job(lab_page: Callable[..., Any]) -> None:
    """A wrong value is said at its field, the estimate follows the form; two fast clicks make one job, a change another."""
    shown = lab_page(SETUP, LAUNCHER, COUNT, run=False)
    run_cell(shown, 0), run_cell(shown, 1)
    epochs = shown.get_by_label("Epochs", exact=True)
    epochs.fill("abc")
    shown.get_by_text('"abc" does not fit here.').wait_for()
    epochs.fill("2")
    shown.locator(".ftw-panel").get_by_text("tokens x 2 epochs").wait_for()
    shown.get_by_role("button", name="Launch the job", exact=True).dblclick()
    exists = shown.get_by_role("button", name="The job exists", exact=True)
    exists.wait_for()
    assert exists.is_disabled()
    shown.get_by_role("status").filter(has_text="Started ftjob-").wait_for()
    assert run_cell(shown, 2).strip() == "1 [2]"
    epochs.fill("1")
    shown.get_by_role("button", name="Launch the job", exact=True).click()
    exists.wait_for()
    assert run_cell(shown, 2).strip() == "1 [1, 2]"
    assert look.errors(shown) == []


def test_by_keyboard_alone(lab_page: Callable[..., Any]) -> None:
    """From the field to the job with Tab, typing and Enter; the code can be shown the same way."""
    shown = lab_page(SETUP, LAUNCHER)
    look.select(shown, 1)
    look.press_tab_to(shown, "Training file")
    look.press_tab_to(shown, "Epochs")
    shown.keyboard.press("Control+a")
    shown.keyboard.type("1")
    look.press_tab_to(shown, "Suffix")
    shown.keyboard.type("by-keyboard")
    look.press_tab_to(shown, "Launch the job")
    shown.keyboard.press("Enter")
    shown.get_by_role("button", name="The job exists", exact=True).wait_for()
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator("pre", has_text='suffix="by-keyboard"').wait_for()
    assert look.errors(shown) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_and_passes_axe(lab_page: Callable[..., Any], dark: bool) -> None:
    """With mistakes, estimate and code shown: no violation that axe knows, nothing sticks out, wide and narrow."""
    shown = lab_page(
        SETUP, LAUNCHER + ".launch();\nlauncher", "JobLauncher(client, 'gone.jsonl', n_epochs='abc', suffix='a/b')"
    )
    lab.theme(shown, dark=dark)
    shown.get_by_role("button", name="Show code", exact=True).first.click()
    shown.locator("pre", has_text="jobs.create").wait_for()
    for width in (1300, 800):
        look.resize(shown, width)
        assert look.wide(shown) == []
    assert look.axe(shown) == []
    assert look.errors(shown) == []
