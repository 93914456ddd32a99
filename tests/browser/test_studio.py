"""The studio in a real browser: from a table of thirty rows to a measured model, by mouse alone."""

from collections.abc import Callable
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

LabPage = Callable[..., Any]

STUDIO = "import ftwidgets\nclient = ftwidgets.connect()\nftwidgets.Studio(client)"
ROWS = "Question,Answer\n" + "".join(
    f"How do I reset part {n}?,Hold the blue button for {n % 5 + 1} seconds.\n" for n in range(30)
)
PATIENCE = 120_000  # milliseconds for a job on a busy machine


def looked_at(page: Any, step: str) -> list[str]:
    """What axe finds on this step, and what sticks out of it, wide and narrow."""
    found = [f"{step}: {fault}" for fault in lab.axe(page)]
    lab.resize(page, 800)
    found += [f"{step}, narrow: {fault}" for fault in lab.wide(page)]
    lab.resize(page, 1300)
    return found


def test_from_a_table_to_a_measured_model(lab_page: LabPage) -> None:
    """No code, no typing but for one question: drop, write, launch, watch, ask, evaluate. A reload goes on where one was."""
    page = lab_page(STUDIO)
    panel, faults = lab.output(page, 0), list[str]()
    file = {"name": "questions.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    panel.locator("input[type=file]").first.set_input_files(file)
    panel.get_by_text("All 30 rows will be used").wait_for()
    faults += looked_at(page, "Data")
    panel.get_by_role("button", name="Write the training files").click()
    panel.get_by_role("button", name="Train a model").click()
    faults += looked_at(page, "Train")
    panel.get_by_role("button", name="Launch the job").click()
    panel.get_by_role("button", name="Watch it train").click()
    panel.get_by_role("button", name="Ask it").wait_for(timeout=PATIENCE)
    faults += looked_at(page, "Watch")
    panel.get_by_role("button", name="Ask it").click()
    panel.get_by_placeholder("Ask the models something").fill("How do I reset part 3?")
    panel.get_by_role("button", name="Send").click()
    panel.get_by_text("Both models answered").wait_for(timeout=PATIENCE)
    faults += looked_at(page, "Try")
    panel.get_by_role("button", name="Evaluate", exact=True).click()  # of the line for the next step
    panel.get_by_text("Measures base and tuned on my_data/validation.jsonl").wait_for()
    panel.get_by_role("button", name="Evaluate", exact=True).click()
    panel.locator(".ftw-verdict").first.wait_for(timeout=PATIENCE)
    panel.get_by_role("button", name="Jobs and models").click()
    panel.get_by_text("6 held out").first.wait_for()
    faults += looked_at(page, "Measure")
    assert faults == []

    assert lab.run_all(page)  # the cell again, as after a restart
    panel.get_by_role("button", name="Evaluate", exact=True).wait_for()
    panel.get_by_role("button", name="Data").first.click()
    panel.get_by_text("questions.csv").first.wait_for()
    assert lab.errors(page) == []
