"""The datasets that are broken on purpose hold the faults that their description lists, and no others."""

import re
from pathlib import Path

import pytest

from ftwidgets import datasets
from ftwidgets.data import check

README = Path(__file__).parents[2] / "datasets" / "README.md"


def described(name: str) -> set[tuple[str, str]]:
    """(line, id) of each row of the table of faults in the README; `all` for the whole file."""
    section = README.read_text(encoding="utf-8").split(f"## {name}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+|all) \| ([a-z0-9-]+) \|", section, re.MULTILINE)
    assert len(rows) == len(set(rows))
    return set(rows)


@pytest.mark.parametrize("name", datasets.BROKEN)
def test_the_faults_are_those_that_the_readme_lists(name: str) -> None:
    """Line by line; at least twenty kinds of them, in 40 to 70 rows."""
    report = check(datasets.path(name))
    found = {("all" if finding.line is None else str(finding.line), finding.id) for finding in report.findings}
    assert found == described(name)
    assert len({rule for _, rule in found}) >= 20
    assert 40 <= report.n_rows <= 70
    assert not report.ok


@pytest.mark.parametrize("name", datasets.BROKEN)
def test_they_are_nothing_to_train_on(name: str) -> None:
    """They are found by their whole names, and are in no list of datasets."""
    assert datasets.path(name).is_file()
    assert name.split(".")[0] not in datasets.names()


@pytest.mark.parametrize("name", datasets.BROKEN)
def test_their_secrets_say_that_they_are_none(name: str) -> None:
    """Whatever looks like a key spells out that it is not one; card and phone numbers are the known ones for tests."""
    text = datasets.path(name).read_text(encoding="utf-8")
    keys = re.findall(r"\b(?:AKIA\w{16}|ghp_\w{36,}|sk-\w{20,})", text)
    assert all(key.upper().count("NOTA") for key in keys)
    assert set(re.findall(r"\d{4} \d{4} \d{4} \d{4}", text)) <= {"4111 1111 1111 1111"}
