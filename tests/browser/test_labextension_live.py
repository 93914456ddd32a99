"""Both halves of the JupyterLab extension together: real jobs of a notebook in the panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from . import lab
from .test_labextension import PANEL, STATUS

pytestmark = pytest.mark.browser

LAUNCH = """import ftwidgets
client = ftwidgets.connect()
chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ahoy, sailor! What brings you here?"}]
file = ftwidgets.write_jsonl([{"messages": chat}] * 60, "chats.jsonl")
for suffix, epochs in (("first", 8), ("second", 1)):
    ftwidgets.launch(client, file, model="nano-2026-11", n_epochs=epochs, batch_size=2, seed=1, suffix=suffix)"""


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    """A JupyterLab with the extension as the repository has it."""
    ours = lab.with_our_extension(tmp_path_factory.mktemp("data"))
    with lab.server(tmp_path_factory.mktemp("root"), kernel_env=ours) as running:
        yield running


def test_jobs_of_a_notebook_in_the_panel(lab_page: Any) -> None:
    """A notebook launches two jobs: the panel follows them by one stream, cancels one, and deletes the other's model."""
    shown = lab_page("1", run=False)
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url.partition("/ftwidgets/")[2].partition("?")[0]))
    shown.evaluate("() => window.jupyterapp.commands.execute('ftwidgets:open-panel')")
    panel = shown.locator(PANEL)
    panel.get_by_text("No jobs yet.").wait_for()
    shown.evaluate(
        "source => { window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(source); }", LAUNCH
    )
    assert lab.run_all(shown), lab.errors(shown)
    second, first = (panel.locator(".ftw-section").first.locator("li").nth(number) for number in (0, 1))
    first.get_by_role("progressbar").wait_for()
    second.get_by_text("queued").wait_for()
    second.get_by_role("button", name="Cancel").click()
    second.get_by_text("cancelled").wait_for()
    shown.locator(STATUS).get_by_text("1 job").wait_for()
    first.get_by_text("succeeded").wait_for()
    shown.locator(STATUS).wait_for(state="hidden")
    shown.get_by_text("is trained, training loss").wait_for()
    panel.get_by_role("button", name="Delete").click()
    shown.locator(".jp-Dialog").get_by_role("button", name="Delete").click()
    panel.get_by_text("No tuned models yet.").wait_for()
    assert asked.count("events") <= 1  # the stream stayed open; what an action changed was fetched once
    assert lab.errors(shown) == []
