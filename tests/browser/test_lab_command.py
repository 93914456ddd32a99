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


def test_the_printed_address_opens_the_first_lesson(tmp_path: Path) -> None:
    """Nothing has run, and nothing is unsaved because it was opened; the server ends with the command."""
    with lab.server(tmp_path, command=("ftwidgets", "lab")) as running, lab.page() as shown:
        (address,) = set(re.findall(r"http://127\.0\.0\.1\S+", running.log(10_000)))
        assert address == f"{running.base}/lab/tree/{FIRST}?token=..."
        shown.goto(address.replace("...", running.token), wait_until="domcontentloaded")
        shown.wait_for_function(lab.OPENED, arg=FIRST)
        shown.wait_for_function(lab.IDLE)
        assert shown.evaluate(OUTPUTS) == 0
        assert shown.evaluate(DIRTY) is False
    assert (tmp_path / "ftwidgets-lessons" / FIRST).is_file()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{running.base}/api/status?token={running.token}", timeout=2)
