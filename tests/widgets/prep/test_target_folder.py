"""A folder that is in use is not written to without asking, and what is written leads on to the next form."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.widgets.launch import JobLauncher
from ftwidgets.widgets.prep import DatasetPrep
from ftwidgets.widgets.prep.target_folder import day_and_time, readable_size

ROWS = [(f"question {n} about bikes?", f"the answer number {n} is this one") for n in range(20)]
OLD = '{"messages": []}\n' * 7


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def prep_of(rows: list[tuple[str, str]] = ROWS, **options: object) -> DatasetPrep:
    return DatasetPrep(pd.DataFrame(rows, columns=["Prompt", "Completion"]), **options)


def said(prep: DatasetPrep) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", prep.status.html))


def test_files_of_other_data_are_replaced_only_after_a_second_press() -> None:
    """The first press names them with rows and time and writes nothing; the second button writes; later ones need no more."""
    folder = Path("my_data")
    folder.mkdir()
    (folder / "train.jsonl").write_text(OLD)
    (folder / "notes.txt").write_text("mine")
    prep = prep_of()
    assert prep.write_anyway.layout.visibility == "hidden"
    prep.write.click()
    assert re.search(r"train\.jsonl \(7 rows, written today \d\d:\d\d\) would be replaced", said(prep))
    assert '"notes.txt" would stay' in said(prep)
    assert (folder / "train.jsonl").read_text() == OLD
    assert prep.prepared is None
    assert prep.write_anyway.layout.visibility == "visible"
    prep.write_anyway.click()
    assert "Written: 16 examples" in said(prep)
    assert prep.write_anyway.layout.visibility == "hidden"
    assert (folder / "notes.txt").read_text() == "mine"
    prep.settings.seed.value = 5
    prep.write.click()
    assert "Written: 16 examples" in said(prep)
    assert "earlier choices" not in said(prep)


def test_a_change_of_folder_takes_the_question_back() -> None:
    """Another folder has another answer, and a press there writes."""
    Path("used").mkdir()
    Path("used/other.csv").write_text("a,b\n")
    prep = prep_of(folder="used")
    prep.write.click()
    assert '"other.csv" would stay beside the training files' in said(prep)
    prep.folder.value = "free"
    assert prep.write_anyway.layout.visibility == "hidden"
    assert "other.csv" not in said(prep)
    prep.write.click()
    assert "free/train.jsonl" in said(prep)


def test_what_is_there_already_or_harmless_is_no_reason_to_ask() -> None:
    """The same rows once more, an upload, a hidden folder and the source itself; a file changed by somebody else is one."""
    prep_of(folder="made").prepare()
    Path("made/.ipynb_checkpoints").mkdir()
    Path("made/uploads").mkdir()
    again = prep_of(folder="made")
    again.write.click()
    assert "Written: 16 examples" in said(again)
    Path("made/train.jsonl").write_text(OLD)
    again.write.click()
    assert "train.jsonl (7 rows, " in said(again)
    pd.DataFrame(ROWS, columns=["Prompt", "Completion"]).to_csv("one.csv", index=False)
    Path("data").mkdir()
    Path("one.csv").rename("data/one.csv")
    own = DatasetPrep("data/one.csv", folder="data")
    own.write.click()
    assert "Written: 16 examples" in said(own)


def test_from_code_nothing_is_asked() -> None:
    """`prepare()` replaces files, as `ftwidgets.prepare` does."""
    Path("my_data").mkdir()
    Path("my_data/train.jsonl").write_text(OLD)
    prep = prep_of()
    assert prep.prepare().n_train == 16
    assert Path("my_data/train.jsonl").read_text() != OLD


def test_the_next_step_is_a_job_on_these_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the notebook's client a launcher has both files; without one the press and the code say how to make one."""
    prep = prep_of()
    assert prep.next_step.layout.display == "none"
    prep.prepare()
    assert prep.next_step.layout.display == ""
    assert "client = ftwidgets.connect()" in prep.next_step.code
    prep.next_step.button.click()
    assert "This notebook has no client yet. Run client = ftwidgets.connect() in a cell" in said(prep)
    assert "Written: 16 examples" in said(prep)
    with ftwidgets.Sandbox("home", train=False) as sandbox, sandbox.client() as client:
        monkeypatch.setattr("ftwidgets.widgets.prep.written_files.find_client", lambda: ("mine", client))
        prep.prepare()
        assert 'JobLauncher(mine, "my_data/train.jsonl", "my_data/validation.jsonl")' in prep.next_step.code
        prep.next_step.button.click()
        assert isinstance(prep.next_step.panel, JobLauncher)
        scope: dict[str, object] = {"mine": client}
        exec(prep.next_step.code, scope)
        for launcher in (prep.next_step.panel, scope["launcher"]):
            assert isinstance(launcher, JobLauncher)
            assert launcher.train_file.endswith("train.jsonl")
            assert launcher.validation_file.endswith("validation.jsonl")


def test_times_and_sizes_are_for_people() -> None:
    """A moment of another day has its date; bytes are counted in thousands."""
    assert re.fullmatch(r"2001-09-0[89] \d\d:\d\d", day_and_time(1_000_000_000))
    assert [readable_size(n) for n in (1, 812, 1_449, 23_000_000)] == ["1 byte", "812 bytes", "1.4 kB", "23.0 MB"]
