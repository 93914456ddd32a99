"""Tables of a lesson: a column of texts is aligned to the left, one of numbers stays as it is, and pandas' HTML is kept."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from ftwidgets.lessons.tables import show_texts, texts_from_the_left

LONG = "a text with many words " * 9


def left(html: str) -> list[int]:
    """The columns that the style aligns to the left, counted from the right."""
    return [int(number) for number in re.findall(r"nth-last-child\((\d+)\)", html)]


@pytest.mark.parametrize(
    ("table", "places"),
    [
        (pd.DataFrame({"Prompt": ["a"], "n": [1]}), [2]),
        (pd.DataFrame({"n": [1.5], "share": ["0.50 (0.10 to 0.90)"]}, index=["tuned"]), [3, 1]),
        (pd.DataFrame({"n": [1], "right": [True]}), []),
        (pd.DataFrame({"n": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])), [3]),
        (pd.DataFrame({"same": ["x"], "other": [1]}).set_axis(["same", "same"], axis=1), [2]),
        (pd.DataFrame(), []),
    ],
)
def test_texts_are_aligned_to_the_left(table: pd.DataFrame, places: list[int]) -> None:
    """Columns and index alike, by what they hold; what pandas writes is all there."""
    html = texts_from_the_left(table)
    assert html is not None
    assert left(html) == places
    assert table._repr_html_() in html  # type: ignore[operator]


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A notebook's shell, with pandas as it was afterwards."""
    with pd.option_context("display.max_colwidth", 50):
        yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_a_lesson_shows_its_tables_so(shell: InteractiveShell) -> None:
    """One call, and a table that a cell ends with is aligned and whole; its text is escaped as ever."""
    table = pd.DataFrame({"Prompt": [LONG, "<b>bold</b>"]})
    assert LONG not in shell.display_formatter.format(table)[0]["text/html"]
    show_texts()
    html = shell.display_formatter.format(table)[0]["text/html"]
    assert LONG.strip() in html
    assert "&lt;b&gt;bold" in html
    assert left(html) == [1]
