"""The service and its key, in a real JupyterLab that saves widget state: used, and searched for afterwards."""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.key.test_key_and_address import Service

from . import lab, look

pytestmark = pytest.mark.browser

KEY = "sk-dd00xx-bb11aa22cc33dd44-zQ"  # its letters are shortcuts: dd deletes a cell, 00 restarts the kernel
HALF = "sk-typed-and-never-sent-yy99"
CONTROL = "sk-control-in-a-cell-0123456789"
CELL = "import ftwidgets\nfrom ftwidgets.widgets import ApiKey\nkey = ApiKey(ftwidgets.connect)\nkey"
PROOF = "import hashlib\nhashlib.sha256(key.client.api_key.encode()).hexdigest()"
WELL = "document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell').length"


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    """A JupyterLab with "Save Widget State Automatically" on: the way a key would get into a file."""
    with lab.server(tmp_path_factory.mktemp("root"), save_state=True) as running:
        yield running


def run_cell(shown: Any, number: int) -> str:
    """Run one code cell and give the text of its output."""
    look.select(shown, number)
    assert shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    return str(look.output(shown, number).inner_text())


def holders(text: str, *folders: Path) -> list[str]:
    """List the files that hold a text, in any of these folders."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


def status(shown: Any, words: str) -> None:
    shown.get_by_role("status").filter(has_text=words).wait_for()


def test_a_typed_key_is_nowhere_afterwards(jupyter: lab.Lab, lab_page: Callable[..., Any]) -> None:
    """A key is typed, used and the notebook saved with its widget state: no file of the server, kernel or history has it."""
    shown = lab_page(CELL, PROOF, f"leaked = '{CONTROL}'", run=False)
    for number in (0, 2):
        run_cell(shown, number)
    cells = shown.evaluate(WELL)
    shown.get_by_label("Service", exact=True).select_option("OpenAI")
    status(shown, "OPENAI_API_KEY is not set")
    field = shown.get_by_label("Key", exact=True)
    field.click()
    shown.keyboard.type(KEY)
    assert shown.evaluate(WELL) == cells, "a letter of the key was taken for a shortcut"
    shown.keyboard.press("Enter")
    status(shown, "The key was accepted (ends in zQ). Nothing was sent yet.")
    assert field.input_value() == ""
    assert hashlib.sha256(KEY.encode()).hexdigest() in run_cell(shown, 1)
    field.fill(HALF)  # saved while half a key stands in the field
    saved = lab.save(shown)
    shown.evaluate("() => window.jupyterapp.shell.currentWidget.context.createCheckpoint()")
    assert "Another service, by its address" in str(saved["metadata"]["widgets"]), (
        "the state of the widgets was not saved at all"
    )
    folders = (jupyter.root, jupyter.private)
    assert {"history.sqlite"} < set(holders(CONTROL, *folders)), "the search finds nothing, so it proves nothing"
    assert holders(KEY, *folders) == holders(HALF, *folders) == []
    assert look.errors(shown) == []


@pytest.fixture
def services() -> Iterator[tuple[Service, Service]]:
    """Two services that keep what they receive."""
    both = Service(), Service()
    yield both
    for service in both:
        service.close()


BUSY = """import pathlib, time
while not pathlib.Path("go on").exists():
    time.sleep(0.05)"""


def test_a_key_stays_with_what_the_page_showed(
    jupyter: lab.Lab, lab_page: Callable[..., Any], services: tuple[Service, Service]
) -> None:
    """Test sends the key in the field; another service or address empties it at once, also while the kernel is busy."""
    here, there = services
    shown = lab_page(CELL.replace("connect)", f"connect, service='other', base_url='{here.address}')"), BUSY, run=False)
    run_cell(shown, 0)
    field, address = shown.get_by_label("Key", exact=True), shown.get_by_label("Address", exact=True)
    test, stop = shown.get_by_role("button", name="Test the connection"), shown.get_by_role("button", name="Stop")
    use = shown.get_by_role("button", name="Use this key")
    assert [part.is_disabled() for part in (test, use, stop)] == [True] * 3
    field.fill("sk-old-0123456789abcdef")
    use.click()
    status(shown, "The key was accepted")
    field.fill("sk-new-0123456789abcdef")
    test.click()
    status(shown, "It works: the service lists 3 models")
    shown.locator(".ftw-panel .ftw-chip", has_text="tested: 3 models").wait_for()
    assert (here.holds("sk-new"), here.holds("sk-old")) == (True, False)
    shown.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    shown.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    shown.wait_for_function("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    field.fill("sk-busy-0123456789abcdef")
    address.fill(there.address)
    address.press("Tab")
    assert field.input_value() == ""
    field.fill("sk-there-0123456789abcdef")
    test.click()
    (jupyter.root / "go on").write_text("")
    assert there.asked.wait(60)
    assert there.holds("sk-there")
    assert [there.holds(key) for key in ("sk-old", "sk-new", "sk-busy")] == [False] * 3
    assert not here.holds("sk-there")
    field.fill("sk-more-0123456789abcdef")
    shown.get_by_label("Service", exact=True).select_option("OpenAI")
    assert field.input_value() == ""
    shown.locator(".ftw-panel .ftw-chip", has_text="no key yet").wait_for()
    assert test.is_disabled()
    assert look.errors(shown) == []


def test_by_keyboard_alone_to_a_failure_in_words(lab_page: Callable[..., Any]) -> None:
    """From the menu to the address, the key and the test of the connection without a mouse; no network is a sentence."""
    shown = lab_page(CELL)
    look.select(shown, 0)
    look.press_tab_to(shown, "Service")
    shown.keyboard.type("Another")
    shown.get_by_label("Address", exact=True).wait_for()
    look.press_tab_to(shown, "Address")
    shown.keyboard.type("http://127.0.0.1:9/v1")
    look.press_tab_to(shown, "Key")
    status(shown, "OPENAI_API_KEY is not set")
    shown.keyboard.type("any-key-will-do-here")
    look.press_tab_to(shown, "Use this key")
    shown.keyboard.press("Space")
    status(shown, "The key was accepted")
    look.press_tab_to(shown, "Test the connection")
    shown.keyboard.press("Enter")
    status(shown, "The service does not answer")
    look.press_tab_to(shown, "Show code")
    shown.keyboard.press("Space")
    shown.locator("pre", has_text=re.compile(r"openai\.OpenAI\(base_url=")).wait_for()
    assert look.errors(shown) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_and_passes_axe(lab_page: Callable[..., Any], dark: bool) -> None:
    """With every field shown: no violation that axe knows, nothing sticks out, wide and narrow, in both themes."""
    shown = lab_page(CELL.replace("connect)", "connect, service='other')"))
    lab.theme(shown, dark=dark)
    for width in (1300, 800):
        look.resize(shown, width)
        assert look.wide(shown) == []
    assert look.axe(shown) == []
    assert look.errors(shown) == []
