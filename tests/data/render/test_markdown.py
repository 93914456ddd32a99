import re

import pytest

from ftwidgets.data import Report
from ftwidgets.data.render import markdown
from tests.data.render.reports import EVIL, clean, empty_cells, evil


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("plain words, 1.5 (twice)", "plain words, 1.5 (twice)"),
        ("a|b", r"a\|b"),
        ("`x`", r"\`x\`"),
        ("<b>", r"\<b\>"),
        ("a & b", "a &amp; b"),
        ("snake_case and **bold**", r"snake\_case and \*\*bold\*\*"),
        ("[a](b)", r"\[a\](b)"),
        ("two\nlines", "two lines"),
        ("back\\slash", r"back\\slash"),
        ("@ada", "@<!-- -->ada"),
        ("see #12, not # 12", "see #<!-- -->12, not # 12"),
        ("https://x.y", "https:<!-- -->//x.y"),
    ],
)
def test_text_stays_text(said: str, written: str) -> None:
    """What Markdown or GitHub would make something of is escaped."""
    assert markdown.plain(said) == written


def test_every_row_has_the_cells_of_its_header() -> None:
    """A pipe in the data does not open a column."""
    written = markdown.text(evil())
    tables = re.findall(r"(?:^\|.*\n)+", written, re.MULTILINE)
    assert len(tables) == 8
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1
    assert "<img" not in written.replace(r"\<img", "")
    assert EVIL not in written


def test_the_figures_are_those_of_the_report() -> None:
    """The same counts as on the page."""
    written = markdown.text(evil())
    assert written.startswith("# Data check: ")
    for told in (
        "**Not ready",
        "| Rows read | 1,310 |",
        "… and 1,275 more of this kind",
        "… and 1,250 findings more than the 32",
    ):
        assert told in written
    assert "### empty-cell\n" in written
    assert "**error, 1,280 times: A required cell is empty.**" in written


def test_a_fix_that_all_share_is_said_once() -> None:
    """The lines of a kind do not repeat what is to be done."""
    written = markdown.text(Report(empty_cells(4), source="a.csv", totals={"empty-cell": ("error", 4)}))
    kind = written.split("## What was found")[1].split("## All findings")[0]
    assert kind.count("Fill it in or delete the row.") == 1
    assert kind.count('"Completion" is empty.') == 4


def test_without_findings_it_says_so() -> None:
    """One line, and no empty table."""
    written = markdown.text(clean())
    assert "Nothing was found." in written
    assert "All findings" not in written
