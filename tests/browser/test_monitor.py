"""The job monitor in a real JupyterLab: by mouse and keyboard, to axe, narrow and dark, and where nothing is trusted."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import nbformat
import pytest

from ftwidgets.widgets.base.panel import svg_to_img
from ftwidgets.widgets.monitor import chart

from . import lab

pytestmark = pytest.mark.browser

LabPage = Callable[..., Any]

LAUNCH = """
import json, pathlib, ftwidgets
from ftwidgets.widgets import JobMonitor
client = ftwidgets.connect()
def chat(i):
    return {"messages": [{"role": "user", "content": f"hi {i}"}, {"role": "assistant", "content": "hello"}]}
pathlib.Path("rows.jsonl").write_text("\\n".join(json.dumps(chat(i)) for i in range(12)))
job = ftwidgets.launch(client, "rows.jsonl", model="nano-2026-11", validation_file="rows.jsonl", n_epochs=14, batch_size=4)
"""
WATCH = """
monitor = JobMonitor(client, job, prompts=("hi", "a <b>long</b> question " * 8), max_tokens=5)
monitor
"""
LONG = """
long = ftwidgets.launch(client, "rows.jsonl", model="nano-2026-11", n_epochs=50)
cancelled = JobMonitor(client)
cancelled
"""
NONE = """
import pathlib, ftwidgets
from ftwidgets.widgets import JobMonitor
nobody = ftwidgets.connect(home=pathlib.Path("empty").resolve())
first = JobMonitor(nobody)
first
"""
FIRST = """
import json
row = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
pathlib.Path("rows.jsonl").write_text("\\n".join([json.dumps(row)] * 40))
launched = ftwidgets.launch(nobody, "rows.jsonl", model="nano-2026-11", n_epochs=50, batch_size=1)
"""

SMALLEST_TEXT = """svg => {
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const written = [...svg.querySelectorAll('text')].filter(text => text.textContent);
    return Math.min(...written.map(text => parseFloat(getComputedStyle(text).fontSize) * scale));
}"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"


def place(part: Any) -> float:
    """How far a part is below the top of its panel."""
    return float(part.evaluate("part => part.getBoundingClientRect().y - part.closest('.ftw-panel').getBoundingClientRect().y"))


def run_cell(shown: Any, number: int) -> None:
    lab.select(shown, number)
    assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')"), lab.errors(shown)


def test_from_a_job_to_the_answers_of_its_checkpoints(lab_page: LabPage) -> None:
    """Followed live, read at the end, asked by mouse and by keyboard; cancelled; fit for axe, 800 pixels and the dark theme."""
    shown = lab_page(LAUNCH, WATCH, LONG)
    panel = lab.output(shown, 1).locator(".ftw-panel").first
    panel.get_by_text("The tuned model is ready.").wait_for()
    panel.locator("[role=img][aria-label*='at step 42']").wait_for()  # the chart may come after the status
    assert panel.locator("svg path[data-line='0']").get_attribute("d").startswith("m")
    panel.get_by_text("What the curve says:").wait_for()
    assert panel.locator(".ftw-chip").inner_text() == "succeeded"
    assert panel.get_by_role("button", name="Cancel the job").is_disabled()
    assert panel.locator("[data-note=lowest]").text_content() == "lowest"
    assert "after epoch" in panel.locator(".ftw-legend").inner_text()
    assert panel.get_by_role("row").count() == 0  # the chart says it, the table is folded
    panel.get_by_text("Losses as a table").click()
    assert panel.get_by_role("row").count() == 1 + 14

    panel.get_by_role("button", name="Ask the checkpoint at epoch 14").click()
    panel.get_by_role("columnheader", name="epoch 14").wait_for()
    lab.select(shown, 1)
    stops = lab.press_tab_to(shown, "Ask the base model, before step 1")
    assert len(stops) < 15
    shown.keyboard.press("Enter")
    panel.get_by_role("columnheader", name="base model").wait_for()
    lab.press_tab_to(shown, "▸ Questions for the checkpoints")
    shown.keyboard.press("Enter")
    lab.press_tab_to(shown, "Pinned prompts")
    shown.keyboard.press("Control+Home")
    shown.keyboard.type("Who are you?\n")
    lab.press_tab_to(shown, "Ask the checkpoint at epoch 13", backwards=True)
    shown.keyboard.press("Space")
    panel.get_by_role("row", name="Who are you?").wait_for()
    panel.get_by_role("columnheader", name="epoch 13").wait_for()

    other = lab.output(shown, 2).locator(".ftw-panel").first
    cancel, picture = other.get_by_role("button", name="Cancel the job"), other.locator("svg[role=img]")
    shown.wait_for_function("button => !button.disabled", arg=cancel.element_handle())
    places = place(cancel), place(picture), place(other.locator(".ftw-chip"))
    cancel.click()
    other.get_by_text("It was stopped before it had finished").wait_for()
    other.get_by_role("status").get_by_text("The service stopped the job.").wait_for()
    assert (place(cancel), place(picture), place(other.locator(".ftw-chip"))) == places
    assert cancel.is_disabled()

    panel.get_by_role("button", name="Compare with other jobs").click()
    panel.locator("[data-press^=ftjob-][aria-pressed=false]").click()
    panel.locator(".ftw-legend li", has_text="training loss, as no validation loss was measured").wait_for()
    panel.locator("[data-press^=ftjob-][aria-pressed=true]").click()
    panel.locator("[data-press^=ftjob-][aria-pressed=false]").wait_for()
    panel.get_by_role("button", name="Ask it").click()
    panel.locator(".ftw-panel").first.wait_for()

    panel.get_by_role("button", name="Show code").first.click()
    for dark, width in ((False, 1300), (True, 1300), (True, 800), (False, 800)):
        lab.theme(shown, dark=dark)
        shown.set_viewport_size({"width": width, "height": 900})
        assert lab.wide(shown) == [], (dark, width)
        assert lab.axe(shown) == [], (dark, width)
        assert picture.evaluate(SMALLEST_TEXT) >= 11.99, (dark, width)
        boxes = [button.bounding_box() for button in panel.locator("[data-at]").all()]
        assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes)), (dark, width)
    assert lab.errors(shown) == []


def test_without_a_job_and_without_its_kernel(lab_page: LabPage) -> None:
    """No job: what to do, and the first one is found by itself. No kernel: that is said, nothing claims to be going on."""
    shown = lab_page(NONE, FIRST, run=False)
    run_cell(shown, 0)
    panel = lab.output(shown, 0).locator(".ftw-panel").first
    panel.get_by_text("This service has no fine-tuning job of yours yet. Launch one").wait_for()
    panel.get_by_role("button", name="Look again").click()
    panel.get_by_text("There is no job yet.").wait_for()
    assert lab.axe(shown) == []
    run_cell(shown, 1)
    panel.get_by_text("The model is being trained.").wait_for()
    panel.locator("progress[value]").wait_for()

    shown.evaluate(RESTART)
    panel.get_by_text("The kernel was restarted: run this cell again.").wait_for()
    assert panel.get_by_role("button", name="Cancel the job").is_disabled()
    assert panel.locator("progress:visible").count() == 0
    assert panel.locator(".ftw-while-running:visible").count() == 0
    run_cell(shown, 0)
    panel.get_by_text("The model is being trained.").wait_for()  # the job goes on in the new kernel
    panel.get_by_role("button", name="Cancel the job").click()
    panel.get_by_role("status").get_by_text("The service stopped the job.").wait_for()
    assert lab.errors(shown) == []


def test_the_fallback_survives_where_html_is_not_trusted(lab_page: LabPage, jupyter: lab.Lab) -> None:
    """In a notebook that JupyterLab does not trust: an <svg> is dropped, our image of it is kept and drawn."""
    svg = chart.loss_chart({"training": [(1, 5.0), (2, 2.0), (3, 1.0)]}, label="falls")
    outputs = [nbformat.v4.new_output("display_data", {"text/html": html}) for html in (svg, svg_to_img(svg))]
    cell = nbformat.v4.new_code_cell("pass", outputs=outputs, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    shown = lab_page("pass", run=False)
    nbformat.write(notebook, jupyter.root / "untrusted.ipynb")
    lab.open_another(shown, "untrusted.ipynb")
    assert not shown.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted")
    area = lab.output(shown, 0)
    assert area.locator("svg[role=img]").count() == 0
    image = area.get_by_role("img", name="falls")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [480, 284]
    assert lab.axe(shown) == []
