"""The job monitor in a real JupyterLab: by mouse and keyboard, to axe, narrow and dark, and where nothing is trusted."""

from collections.abc import Callable
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


def test_from_a_job_to_the_answers_of_its_checkpoints(lab_page: LabPage) -> None:
    """Followed live, read at the end, asked by mouse and by keyboard; cancelled; fit for axe, 800 pixels and the dark theme."""
    shown = lab_page(LAUNCH, WATCH, LONG)
    panel = lab.output(shown, 1).locator(".ftw-panel")
    panel.get_by_text("succeeded: the tuned model is ready.").wait_for()
    panel.locator("[role=img][aria-label*='at step 42']").wait_for()  # the chart may come after the status
    assert panel.locator("svg path[data-line='0']").get_attribute("d").startswith("m")
    assert panel.get_by_role("row").count() == 1 + 14
    panel.get_by_text("What the curve says:").wait_for()

    panel.get_by_role("button", name="Ask the checkpoint at step 42").click()
    panel.get_by_role("columnheader", name="step 42").wait_for()
    lab.select(shown, 1)
    stops = lab.press_tab_to(shown, "Ask the base model, before step 1")
    assert len(stops) < 15
    shown.keyboard.press("Enter")
    panel.get_by_role("columnheader", name="base model").wait_for()
    lab.press_tab_to(shown, "Pinned prompts")
    shown.keyboard.press("Control+Home")
    shown.keyboard.type("Who are you?\n")
    lab.press_tab_to(shown, "Ask the checkpoint at step 39", backwards=True)
    shown.keyboard.press("Space")
    panel.get_by_role("row", name="Who are you?").wait_for()
    panel.get_by_role("columnheader", name="step 39").wait_for()

    other = lab.output(shown, 2).locator(".ftw-panel")
    other.get_by_role("button", name="Cancel the job").click()
    other.get_by_text("cancelled: it was stopped before it had finished").wait_for()
    other.get_by_role("status").get_by_text("The service stopped the job.").wait_for()

    panel.get_by_role("button", name="Show code").click()
    for dark, width in ((False, 1300), (True, 1300), (True, 800), (False, 800)):
        lab.theme(shown, dark=dark)
        shown.set_viewport_size({"width": width, "height": 900})
        assert lab.wide(shown) == [], (dark, width)
        assert lab.axe(shown) == [], (dark, width)
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
    assert image.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [480, 250]
    assert lab.axe(shown) == []
