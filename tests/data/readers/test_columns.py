from pathlib import Path

from ftwidgets.data import Finding
from ftwidgets.data.readers import column_names


def test_columns_are_listed_or_the_reason_is_given(tmp_path: Path) -> None:
    """Names once each, blank ones left out; a file that is no table gives its finding."""
    file = tmp_path / "a.csv"
    file.write_text("Prompt, Note ,,Note,Completion\n1,2,3,4,5\n", encoding="utf-8-sig")
    assert column_names(file) == ["Prompt", "Note", "Completion"]
    assert isinstance(column_names(tmp_path / "b.csv"), Finding)
