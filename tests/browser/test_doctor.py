import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

CELL = "import ftwidgets\n\nftwidgets.doctor()"
ANSWERED = ".ftw-panel th:text-is('browser') + td:has-text('this browser draws widgets')"


def test_the_browser_answers_and_the_saved_page_says_so(lab_page: Callable[..., Any]) -> None:
    """Run in a real notebook: the way to the browser and back works, the keyboard shows the code, nothing is out of place."""
    shown = lab_page(CELL)
    shown.locator(ANSWERED).wait_for()
    assert shown.locator(".ftw-panel [role=status]").inner_text() != ""
    assert shown.locator(".ftw-panel tr").count() >= 8
    shown.keyboard.press("Escape")
    lab.press_tab_to(shown, "Show code")
    shown.keyboard.press("Enter")
    assert "ftwidgets.doctor()" in shown.locator(".ftw-panel pre").inner_text()
    stored = json.dumps(lab.save(shown))
    assert "this browser draws widgets" in stored
    assert "no browser answered" not in stored
    assert str(shown.lab.private) not in stored
    for dark, width in ((False, 1300), (True, 1300), (True, 800), (False, 800)):
        lab.theme(shown, dark=dark)
        lab.resize(shown, width, 900)
        assert lab.wide(shown) == []
        assert lab.axe(shown) == []
    assert shown.complaints == []


def test_where_widgets_are_switched_off_the_page_says_what_to_do(
    browser_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab without anywidget draws no widget of ours; the plain page stands there instead and names the fix."""
    setting = tmp_path / "config" / "labconfig" / "page_config.json"
    setting.parent.mkdir(parents=True)
    setting.write_text('{"disabledExtensions": {"anywidget": true}}', encoding="utf-8")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "config"))
    root = tmp_path / "root"
    root.mkdir()
    name = lab.notebook(root, CELL)
    with lab.server(root) as running, closing(browser_page.context.browser.new_page()) as shown:
        lab.open_notebook(shown, running, name)
        assert lab.run_all(shown)
        page = shown.locator("section.ftw-static")
        page.wait_for(state="visible")
        said = page.inner_text()
    assert "switched off in JupyterLab: anywidget" in said
    assert 'jupyter labextension enable "anywidget"' in said
    assert "no browser answered" in said
