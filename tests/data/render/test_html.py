import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from ftwidgets.data import Report
from ftwidgets.data.render import html
from tests.data.render.reports import EVIL, clean, empty_cells, evil

VOID = {"meta", "br", "link", "img", "input"}


class Tags(HTMLParser):
    """Collects tags and text, and fails on a tag that is not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Match the tag with the one last opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each such tag."""
        return [attrs for name, attrs in self.seen if name == tag]


@pytest.mark.parametrize("report", [evil(), clean(), Report([], source="nothing.csv")], ids=["evil", "clean", "empty"])
def test_nothing_is_loaded_and_nothing_is_run(report: Report) -> None:
    """No script, no address, no picture, no event: the page is whole by itself, and data cannot become markup."""
    page = html.page(report)
    tags = Tags(page)
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "img", "link", "iframe", "object", "b"}
    assert [name for _, attrs in tags.seen for name in attrs if name.startswith("on") or name == "src"] == []
    assert all(link["href"].startswith("#") for link in tags.attributes("a"))
    assert "url(" not in page
    assert "@import" not in page


def test_what_the_data_says_is_there_as_text() -> None:
    """Source, message, fix, excerpt, column and role are all shown, letter by letter."""
    tags = Tags(html.page(evil()))
    assert tags.text.count(EVIL) >= 7
    assert EVIL[::-1][:59] in tags.text


def test_headings_links_and_landmarks() -> None:
    """Headings go down one level at a time; every link has its target, every id is there once; the landmarks are there."""
    page = html.page(evil())
    tags = Tags(page)
    levels = [int(tag[1]) for tag, _ in tags.seen if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - level <= 1 for level, later in pairwise(levels))
    ids = [attrs["id"] for _, attrs in tags.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in tags.attributes("a")} <= set(ids)
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in tags.seen}
    assert tags.attributes("html") == [{"lang": "en"}]


def test_tables_and_charts_can_be_read_without_seeing() -> None:
    """Each table has a caption and each header cell its scope; each chart has a label and its numbers in a table beside it."""
    page = html.page(evil())
    tags = Tags(page)
    assert len(tags.attributes("caption")) == len(tags.attributes("table"))
    assert {attrs.get("scope") for attrs in tags.attributes("th")} == {"row", "col"}
    charts = tags.attributes("svg")
    assert len(charts) == 3
    assert all(chart["role"] == "img" and len(chart["aria-label"]) > 20 for chart in charts)
    assert page.count("<title>") == 4
    assert page.count("<desc>") == 3
    for role, messages in (("user", 300), ("neutral", 5)):
        assert f"{role}{messages}" in tags.text


def test_the_figures_are_those_of_the_report() -> None:
    """Rows, examples, tokens and all counts, also of findings that the report does not hold."""
    text = " ".join(Tags(html.page(evil())).text.split())
    assert "Rows read1,310" in text
    assert "Usable examples300" in text
    assert f"Tokens (o200k_base){sum(range(5, 305)):,}" in text
    assert "1,280 errors, 1 warning, 1 note" in text
    assert "… and 1,275 more of this kind." in text
    assert "… and 1,250 findings more than the 32 listed here." in text
    assert "300 examples of 5 to 304 tokens, median 15" in text


def test_at_most_200_findings_are_listed() -> None:
    """A page of a thousand findings stays a page."""
    report = Report(empty_cells(1000), source="a.csv", totals={"empty-cell": ("error", 5000)})
    page = html.page(report)
    assert page.count('<a href="#empty-cell">') == 200
    assert "… and 4,800 findings more than the 200 listed here." in page


def without_style(report: Report) -> str:
    """Return the page without its style sheet."""
    return re.sub("<style>.*?</style>", "", html.page(report), flags=re.DOTALL)


def test_the_verdict_comes_first() -> None:
    """Whether it can be used is the first sentence after the title."""
    assert "Data check: a.csvReady to use." in Tags(without_style(clean())).text
    assert "Nothing was found." in html.page(clean())
    said = Tags(without_style(evil())).text
    assert said.index("Not ready") < said.index("1,310 rows")


def test_half_characters_do_not_stop_the_page() -> None:
    """A lone surrogate in a label or a source is written as its escape."""
    page = html.page(Report([], source="a\ud83d.csv", labels={"\ud83d": 1}))
    page.encode("utf-8")
    assert r"a\ud83d.csv" in page
