"""DatasetPrep in a real browser: from a dropped file to a job without typing, by mouse and by keyboard alone; nothing moves."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

LabPage = Callable[..., Any]

ROWS = "".join(f"question {n} about bikes?,the answer number {n} is this one\n" for n in range(28))
TABLE = f"Question,Answer\n{ROWS}question 3 about bikes?,another answer\u200b\na gap,\n"

EMPTY = "from ftwidgets.widgets import DatasetPrep\nprep = DatasetPrep(folder='made')\nprep"
CLIENT = "import ftwidgets\nclient = ftwidgets.connect()"

DROP = """([text, name]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: 'text/csv' }));
    const card = document.querySelector('.ftw-drop');
    for (const type of ['dragenter', 'dragover', 'drop'])
        card.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def written(page: Any, name: str, folder: str = "made") -> list[dict[str, Any]]:
    path = page.lab.root / folder / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def wait_until_written(page: Any, system: str) -> None:
    """Wait until the training file has this system prompt."""
    path = page.lab.root / "made" / "train.jsonl"
    for _ in range(300):
        if path.exists() and written(page, "train.jsonl")[0]["messages"][0]["content"] == system:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"no file with {system!r} was written; the form says {page.locator('.ftw-status').first.inner_text()}")


@pytest.fixture
def shown(lab_page: LabPage, jupyter: lab.Lab) -> Any:
    shutil.rmtree(jupyter.root / "made", ignore_errors=True)
    (jupyter.root / "table.csv").write_text(TABLE, encoding="utf-8")
    page = lab_page(EMPTY, CLIENT, height=1500)
    lab.output(page, 0).get_by_role("button", name="Write the training files").wait_for()
    return page


def test_from_a_dropped_file_to_a_job_without_typing(shown: Any, tmp_path: Path) -> None:
    """Drop, look, press Write, press Next: name, rows and columns are shown, columns guessed, the launcher has the files."""
    panel = lab.output(shown, 0).locator(".ftw-panel").first
    shown.evaluate(DROP, [TABLE, "my table.csv"])
    panel.get_by_text("my table.csv, 30 rows, columns Question, Answer").wait_for()
    panel.get_by_text('Reading "Question" as the prompt and "Answer" as the answer').wait_for()
    panel.get_by_text("29 of 30 rows will be used; 1 left out (line 31).").wait_for()
    assert panel.locator(".ftw-bubble-trained").count() > 0
    panel.get_by_role("button", name="Write the training files").click()
    panel.get_by_text("Written: 23 examples").wait_for()
    panel.get_by_role("button", name="Train a model").click()
    panel.get_by_text("Launch a job", exact=True).wait_for()
    assert (len(written(shown, "train.jsonl")), len(written(shown, "validation.jsonl"))) == (23, 6)
    assert (shown.lab.root / "made" / "uploads" / "my table.csv").read_text(encoding="utf-8") == TABLE
    other = tmp_path / "other.csv"
    other.write_text(ROWS.join(["prompt,completion\n", ""]), encoding="utf-8")
    with shown.expect_file_chooser() as chosen:
        panel.get_by_role("button", name="Choose a file").click()
    chosen.value.set_files(other)
    panel.get_by_text("All 28 rows will be used.").wait_for()
    panel.get_by_text("Written with earlier choices").wait_for()
    assert lab.errors(shown) == []


def test_nothing_moves_and_no_press_is_lost(shown: Any) -> None:
    """Through every message the button stays where it is: a press at its old place right after typing writes that text.

    It moves once, when the tabs appear with the first data.
    """
    panel = lab.output(shown, 0).locator(".ftw-panel").first
    button = panel.get_by_role("button", name="Write the training files")
    panel.get_by_label("Data from").select_option("a file beside the notebook")
    panel.get_by_role("button", name="Settings").click()
    panel.get_by_label("Folder").wait_for()
    path, places = panel.get_by_label("Path", exact=True), []

    def look() -> dict[str, float]:
        places.append(button.bounding_box())
        return dict(places[-1])

    def read(typed: str, told: str) -> None:
        path.fill(typed)
        path.press("Enter")
        panel.get_by_text(told).first.wait_for()

    assert panel.get_by_role("tab").count() == 0
    read("table.csv", "29 of 30 rows will be used")
    panel.get_by_role("tab", name="Conversations").wait_for()
    look()
    for typed, told in (("tabel.csv", 'Did you mean "table.csv"?'), ("table.csv", "29 of 30 rows will be used")):
        read(typed, told)
        look()
    for tab in ("Findings", "Tokens and cost", "Conversations"):
        panel.get_by_role("tab", name=tab).click()
        panel.get_by_role("tab", name=tab, selected=True).wait_for()
        look()
    panel.get_by_label("Held out", exact=True).fill("1.5")
    panel.get_by_label("Held out", exact=True).press("Enter")
    panel.get_by_text("is neither").wait_for()
    look()
    panel.get_by_label("Held out", exact=True).fill("0.2")
    panel.get_by_label("Held out", exact=True).press("Enter")
    panel.get_by_text("29 of 30 rows will be used").wait_for()
    for n in range(4):
        panel.get_by_label("System prompt").fill(f"Be brief, {n}.")
        at = look()
        shown.mouse.click(at["x"] + 20, at["y"] + 10)
        wait_until_written(shown, f"Be brief, {n}.")
    assert {(box["x"], box["y"]) for box in places} == {(places[0]["x"], places[0]["y"])}
    (shown.lab.root / "used").mkdir()
    (shown.lab.root / "used" / "train.jsonl").write_text("{}\n" * 12)
    panel.get_by_label("Folder").fill("used")
    shown.mouse.click(at["x"] + 20, at["y"] + 10)
    panel.get_by_text("train.jsonl (12 rows, written today").wait_for()
    assert look() == places[0]
    panel.get_by_role("button", name="Write anyway").click()
    panel.get_by_text("held out in used/validation.jsonl").wait_for()
    assert len(written(shown, "train.jsonl", "used")) == 23
    assert lab.errors(shown) == []


def test_the_keyboard_alone_does_it(shown: Any) -> None:
    """Typing, Tab, arrows, Space and Enter get from the first field to the files, past each tab and a tick-box."""
    panel = lab.output(shown, 0).locator(".ftw-panel").first
    lab.select(shown, 0)
    lab.press_tab_to(shown, "Data from")
    assert lab.press_tab_to(shown, "Choose a file") == ['button "Choose a file"']
    lab.press_tab_to(shown, "Data from", backwards=True)
    shown.keyboard.press("ArrowDown")
    lab.press_tab_to(shown, "Path")
    shown.keyboard.type("table.csv")
    shown.keyboard.press("Enter")
    panel.get_by_text("29 of 30 rows will be used").wait_for()
    lab.press_tab_to(shown, "Completion column")
    lab.press_tab_to(shown, "Conversations")
    lab.press_tab_to(shown, "Next page")
    shown.keyboard.press("Enter")
    panel.get_by_text("of 10: examples 4 to 6 of 29").wait_for()
    lab.press_tab_to(shown, "Conversations", backwards=True)
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("Enter")
    lab.press_tab_to(shown, "Take out invisible characters")
    shown.keyboard.press("Space")
    panel.get_by_text("29 of 30 rows will be used, 1 of them fixed").wait_for()
    shown.keyboard.press("Space")  # it was drawn anew, and still has the keyboard
    panel.get_by_text("29 of 30 rows will be used; 1").wait_for()
    shown.keyboard.press("Space")
    panel.get_by_text("29 of 30 rows will be used, 1 of them fixed").wait_for()
    lab.press_tab_to(shown, "▸ Settings")
    shown.keyboard.press("Enter")
    lab.press_tab_to(shown, "Seed")
    lab.press_tab_to(shown, "Write the training files")
    shown.keyboard.press("Enter")
    panel.get_by_text("Written: 23 examples").wait_for()
    kept = {
        message["content"]
        for name in ("train", "validation")
        for row in written(shown, f"{name}.jsonl")
        for message in row["messages"]
    }
    assert "another answer" in kept
    assert lab.errors(shown) == []


def test_it_fits_and_passes_axe(lab_page: LabPage, jupyter: lab.Lab) -> None:
    """Empty and full, each tab, code and plain form, wide and narrow, light and dark: no violation, nothing sticks out."""
    (jupyter.root / "table.csv").write_text(TABLE, encoding="utf-8")
    page = lab_page(
        "from ftwidgets.widgets import DatasetPrep\nprep = DatasetPrep('table.csv', system='Be brief.', folder='axe')\nprep",
        "from IPython.display import HTML\nHTML(prep.static_html())",
        "DatasetPrep()",
    )
    panel = lab.output(page, 0).locator(".ftw-panel").first
    panel.get_by_role("button", name="Show code").click()
    panel.get_by_role("button", name="Settings").click()
    panel.get_by_role("button", name="Write the training files").click()
    panel.get_by_text("Written:").wait_for()
    for dark in (False, True):
        lab.theme(page, dark=dark)
        for tab in ("Conversations", "Findings", "Tokens and cost"):
            panel.get_by_role("tab", name=tab).click()
            panel.get_by_role("tab", name=tab, selected=True).wait_for()
            if tab == "Tokens and cost" and not dark:
                panel.get_by_text("The numbers").click()
            for width in (1300, 800):
                lab.resize(page, width)
                assert lab.wide(page) == []
            assert lab.axe(page) == []
    assert lab.errors(page) == []
