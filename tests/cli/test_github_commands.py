import re
from dataclasses import replace

from ftwidgets.cli.check import github_commands
from ftwidgets.data import Finding, Report
from tests.data.render.reports import clean, empty_cells


def test_a_finding_is_one_command() -> None:
    """Level, file, line and id in their places; signs with a meaning are escaped as the workflow commands ask for."""
    found = Finding(id="empty-cell", level="note", line=3, row=2, message="100 %: a, b\r\nc.", fix="Do it.")
    report = Report([found], source="a.csv", totals={"empty-cell": ("note", 1)})
    first, last = github_commands(report, "data/a, b: c%.csv").splitlines()
    assert first == ("::notice file=data/a%2C b%3A c%25.csv,line=3,title=empty-cell::100 %25: a, b%0D%0Ac. Do it.")
    assert last.startswith("a.csv: ")


def test_no_command_can_be_smuggled_in() -> None:
    """Whatever the data says, each finding is one line, and only lines of ours begin with a command."""
    evil = "x\n::error::boo\r::stop-commands::a\n"
    found = Finding(id="x", level="error", message=evil, fix=evil)
    lines = re.split("[\r\n]", github_commands(Report([found], source=evil, totals={"x": ("error", 1)}), evil))
    assert [line[:7] for line in lines if line.startswith("::")] == ["::error"]


def test_each_kind_is_shown_before_one_is_shown_twice() -> None:
    """GitHub shows ten of a level: a rule that found a thousand does not hide the others."""
    found = [*empty_cells(1000), Finding(id="secret", level="error", line=900, message="A key."), *empty_cells(2)]
    found += [Finding(id="few-rows", level="warning", message="Few.")]
    totals = {"empty-cell": ("error", 4002), "secret": ("error", 1), "few-rows": ("warning", 1)}
    lines = github_commands(Report(found, source="a.csv", totals=totals), "a.csv").splitlines()
    assert [line.split(" ")[0] for line in lines[:-1]] == ["::error"] * 10 + ["::warning"]
    assert sum("title=secret" in line for line in lines) == 1
    assert "title=secret" in lines[1]
    assert "line=" not in lines[10]
    assert lines[-1].endswith("3,993 findings more, not shown here.")


def test_a_finding_of_another_file_is_shown_there() -> None:
    """What is wrong with the validation file is annotated in it."""
    found = replace(empty_cells(1)[0], source="held.csv")
    report = Report([found], source="a.csv", totals={"empty-cell": ("error", 1)})
    assert github_commands(report, "d/a.csv", others={"held.csv": "d/held.csv"}).startswith("::error file=d/held.csv,line=2,")


def test_nothing_found_is_one_line() -> None:
    """No command, only the summary."""
    assert github_commands(clean(), "a.csv") == "a.csv: 2 rows, 2 usable examples; nothing found."
