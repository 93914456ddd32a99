"""`ftwidgets lab` in a real browser: the address that it prints is the first lesson's, without outputs, and saved."""

import re
import urllib.request
from pathlib import Path

import pytest

from . import lab

pytestmark = pytest.mark.browser

FIRST = "00_start_here.ipynb"
OUTPUTS = "() => document.querySelectorAll('.jp-OutputArea-output').length"
DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
NOTIFICATION = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
NEWS = """async () => {
    const found = await window.jupyterapp.serviceManager.settings.fetch('@jupyterlab/apputils-extension:notification');
    return [found.schema.properties.fetchNews.default, found.raw.replace(/\\s/g, '')];
}"""


def test_the_printed_address_opens_the_first_lesson(tmp_path: Path) -> None:
    """Nothing has run or is unsaved by that; nobody asks about Jupyter's news; the server ends with the command."""
    with lab.server(tmp_path, command=("ftwidgets", "lab")) as running, lab.page() as shown:
        (running.private / "settings" / NOTIFICATION).unlink()  # a newcomer has chosen nothing
        (address,) = set(re.findall(r"http://127\.0\.0\.1\S+", running.log(10_000)))
        assert address == f"{running.base}/lab/tree/{FIRST}?token=..."
        shown.goto(address.replace("...", running.token), wait_until="domcontentloaded")
        shown.wait_for_function(lab.OPENED, arg=FIRST)
        shown.wait_for_function(lab.IDLE)
        assert shown.evaluate(OUTPUTS) == 0
        assert shown.evaluate(DIRTY) is False
        assert shown.evaluate(NEWS) == ["false", "{}"]  # by default, where nothing was chosen; on "none" JupyterLab asks
        assert shown.get_by_text("official Jupyter news").count() == 0
    assert (tmp_path / "ftwidgets-lessons" / FIRST).is_file()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{running.base}/api/status?token={running.token}", timeout=2)
