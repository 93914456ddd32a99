from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from ftwidgets.data import Finding, Report, check


class Tags(HTMLParser):
    """Collects the tags and the text of a piece of HTML, and fails on one that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Match the tag with the one last opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    return tags


def good_table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"Prompt": [f"question {i}" for i in range(n)], "Completion": [f"answer {i}" for i in range(n)]})


def test_a_long_report_shows_the_worst_and_counts_the_rest() -> None:
    """Thousands of findings do not flood the screen, and notes do not hide errors."""
    prompts = [f"q{i % 3000}" for i in range(6000)]
    many = pd.DataFrame({"Prompt": [*prompts, "x"], "Completion": [*map(str, range(6000)), ""]})
    report = check(many)
    lines = str(report).splitlines()
    assert len(report.findings) == 1001
    assert report.totals["different-answers"] == ("warning", 3000)
    assert len(lines) == 9
    assert lines[2].startswith("error    row 6000: ")
    assert lines[-1] == "... and 2,995 warnings more; report.findings has the first 1,000 of each kind."
    assert parsed(report._repr_html_()).text.count("same prompt") == 5
    assert len(repr(report)) < 200


def test_html_is_escaped_and_accessible(tmp_path: Path) -> None:
    """Nothing from the data becomes markup; the table has a caption and header cells with a scope."""
    file = tmp_path / "a.csv"
    rows = "Prompt,Completion,<b>bold</b>\n<script>alert(1)</script>,<img src=x>,\n<script>alert(1)</script>,other,\n"
    file.write_text(rows, encoding="utf-8")
    report = check(file)
    tags = parsed(report._repr_html_())
    names = [tag for tag, _ in tags.seen]
    assert not {"script", "img", "b"} & set(names)
    assert "<img src=x>" in tags.text
    assert "<b>bold</b>" in tags.text
    assert "caption" in names
    scopes = [attrs.get("scope") for tag, attrs in tags.seen if tag == "th"]
    assert scopes == ["col"] * 4 + ["row"] * len(report.findings)
    assert "Not ready" in tags.text


def test_a_report_without_findings_shows_no_empty_table() -> None:
    """One line says that all is well."""
    tags = parsed(Report(findings=[], source="a.csv")._repr_html_())
    assert "table" not in [tag for tag, _ in tags.seen]
    assert "Ready to use" in tags.text


def test_control_characters_do_not_reach_the_terminal() -> None:
    """An escape sequence in the data is shown, not obeyed."""
    frame = pd.DataFrame({"Prompt": ["a", "a"], "Completion": ["\x1b[2J\n\tgone", "b"]})
    text = str(check(frame))
    assert "\x1b" not in text
    assert "\\x1b[2J\\n\\tgone" in text


def test_a_finding_says_where() -> None:
    """Line before row, and the source where there are two."""
    assert str(Finding(id="x", level="note", message="Odd.", line=3, row=2)) == "line 3: Odd."
    assert (
        str(Finding(id="x", level="note", message="Odd.", fix="Mend it.", row="b", source="test"))
        == "test, row b: Odd. Mend it."
    )
    assert str(Finding(id="x", level="note", message="Odd.")) == "Odd."


def test_a_report_names_the_sources_that_cannot_be_read(tmp_path: Path) -> None:
    """The data itself, or the validation data; a readable source with errors is not one."""
    table, broken = good_table(12), tmp_path / "held.csv"
    broken.write_text("Question,Answer\na,b\n", encoding="utf-8")
    assert check(broken).unreadable == ("held.csv",)
    assert check(table, validation=broken).unreadable == ("held.csv",)
    assert check(table.head(3)).unreadable == check(table, validation=table.head(3)).unreadable == ()


def test_remedies_name_options_on_the_command_line(tmp_path: Path) -> None:
    """`--prompt "..."` in place of `prompt="..."`; the report itself keeps Python's arguments, and nothing else differs."""
    broken = tmp_path / "a.csv"
    broken.write_text("Left,Right,Kind\na,b,c\n", encoding="utf-8")
    report = check(broken)
    assert 'prompt="..."' in report.findings[0].fix
    changed = report.for_command_line()
    assert '--prompt "..."' in changed.findings[0].fix
    assert [found.message for found in changed.findings] == [found.message for found in report.findings]
    assert changed.summary == report.summary
