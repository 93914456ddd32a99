"""DatasetPrep in a real browser: from the field to the files by mouse and by keyboard alone, in both themes and widths."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import lab

pytestmark = pytest.mark.browser

LabPage = Callable[..., Any]

ROWS = "".join(f"question {n} about bikes?,the answer number {n} is this one\n" for n in range(20))
TABLE = f"Question,Answer\n{ROWS}question 3 about bikes?,another answer\na gap,\n"

EMPTY = "from ftwidgets.widgets import DatasetPrep\nprep = DatasetPrep(folder='made')\nprep"


def written(page: Any, name: str) -> list[dict[str, Any]]:
    path = page.lab.root / "made" / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def shown(lab_page: LabPage, jupyter: lab.Lab) -> Any:
    (jupyter.root / "table.csv").write_text(TABLE, encoding="utf-8")
    page = lab_page(EMPTY, "later = 1", height=1500)
    lab.output(page, 0).get_by_role("button", name="Write the training files").wait_for()
    return page


def test_clicked_from_the_field_to_the_files(shown: Any) -> None:
    """A path typed, columns chosen, pages turned, tabs opened, files written; and a mistyped path is said."""
    panel = lab.output(shown, 0).locator(".ftw-panel")
    panel.get_by_label("Data from").select_option("a file beside the notebook")
    panel.get_by_label("Path", exact=True).fill("tabel.csv")
    panel.get_by_label("Path", exact=True).press("Enter")
    panel.get_by_role("status").get_by_text('Did you mean "table.csv"?').wait_for()
    panel.get_by_label("Path", exact=True).fill("table.csv")
    panel.get_by_label("Path", exact=True).press("Enter")
    panel.get_by_role("status").get_by_text('There is no column "Prompt"').wait_for()
    panel.get_by_label("Prompt column").select_option("Question")
    panel.get_by_label("Completion column").select_option("Answer")
    panel.get_by_text("22 rows, 21 usable examples").wait_for()
    panel.get_by_role("button", name="Next page").first.click()
    panel.get_by_text("of 7: examples 4 to 6 of 21").wait_for()
    panel.get_by_role("tab", name="Findings").click()
    panel.get_by_role("cell", name="The same prompt as line 5 with another answer").wait_for()
    panel.get_by_role("tab", name="Tokens and cost").click()
    panel.get_by_role("img", name="Histogram of tokens per example. 21 examples of").wait_for()
    panel.get_by_text("In the sandbox they cost 0 USD").wait_for()
    panel.get_by_role("button", name="Write the training files").click()
    panel.get_by_text("Written: 17 examples to train on in made/train.jsonl, 4 held out").wait_for()
    assert len(written(shown, "train.jsonl")) == 17
    assert len(written(shown, "validation.jsonl")) == 4
    assert lab.errors(shown) == []


def test_the_keyboard_alone_does_it(shown: Any) -> None:
    """Typing, Tab, arrows and Enter get from the first field to the files, past each tab."""
    panel = lab.output(shown, 0).locator(".ftw-panel")
    lab.select(shown, 0)
    lab.press_tab_to(shown, "Data from")
    lab.press_tab_to(shown, "Dataset")
    for summary in ("brand_voice, its split train: 60 rows", "sentiment, its split train: 870 rows"):
        shown.keyboard.press("ArrowDown")
        panel.get_by_text(summary).wait_for()
    lab.press_tab_to(shown, "System prompt")
    shown.keyboard.type("Say positive or negative.")
    lab.press_tab_to(shown, "Held out")
    shown.keyboard.press("Control+A")
    shown.keyboard.type("70")
    lab.press_tab_to(shown, "Seed")
    panel.get_by_text("With seed 0: 800 to train on, 70 held out.").wait_for()
    lab.press_tab_to(shown, "Conversations")
    lab.press_tab_to(shown, "Next page")
    shown.keyboard.press("Enter")
    panel.get_by_text("of 290: examples 4 to 6 of 870").wait_for()
    shown.keyboard.press("Enter")
    panel.get_by_text("of 290: examples 7 to 9 of 870").wait_for()
    lab.press_tab_to(shown, "Conversations", backwards=True)
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("Enter")
    panel.get_by_role("img", name="Histogram of tokens").wait_for()
    lab.press_tab_to(shown, "Epochs")
    lab.press_tab_to(shown, "Write the training files")
    shown.keyboard.press("Enter")
    panel.get_by_text("Written: 800 examples to train on in made/train.jsonl, 70 held out").wait_for()
    assert written(shown, "train.jsonl")[0]["messages"][0] == {"role": "system", "content": "Say positive or negative."}
    assert lab.errors(shown) == []


def test_an_upload_lands_in_the_folder(shown: Any, tmp_path: Path) -> None:
    """A file chosen in the browser is checked, copied beside the files to come, and not kept in the notebook."""
    mine = tmp_path / "my table.csv"
    mine.write_text(TABLE.replace("Question,Answer", "Prompt,Completion"), encoding="utf-8")
    panel = lab.output(shown, 0).locator(".ftw-panel")
    panel.get_by_label("Data from").select_option("an upload")
    with shown.expect_file_chooser() as chosen:
        panel.get_by_role("button", name="Choose a file").click()
    chosen.value.set_files(mine)
    panel.get_by_text("my table.csv: 22 rows, 21 usable examples").wait_for()
    assert (shown.lab.root / "made" / "uploads" / "my table.csv").read_bytes() == mine.read_bytes()
    assert lab.errors(shown) == []


def test_it_fits_and_passes_axe(lab_page: LabPage, jupyter: lab.Lab) -> None:
    """Each tab, the code and the plain form, wide and narrow, light and dark: no violation, nothing sticks out."""
    (jupyter.root / "plain.csv").write_text(TABLE.replace("Question,Answer", "Prompt,Completion"), encoding="utf-8")
    page = lab_page(
        "from ftwidgets.widgets import DatasetPrep\nprep = DatasetPrep('plain.csv', system='Be brief.')\nprep",
        "from IPython.display import HTML\nHTML(prep.static_html())",
    )
    panel = lab.output(page, 0).locator(".ftw-panel")
    panel.get_by_role("button", name="Show code").click()
    for dark in (False, True):
        lab.theme(page, dark=dark)
        for tab in ("Conversations", "Findings", "Tokens and cost"):
            panel.get_by_role("tab", name=tab).click()
            panel.get_by_role("tab", name=tab, selected=True).wait_for()
            if tab == "Tokens and cost" and not dark:
                panel.get_by_text("The numbers").click()
            for width in (1300, 800):
                lab.resize(page, width)
                assert lab.axe(page) == []
                assert lab.wide(page) == []
    assert lab.errors(page) == []
