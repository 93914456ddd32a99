"""What a studio remembers, on disk."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ftwidgets
from ftwidgets.errors import FtwidgetsError
from ftwidgets.studio.state import StudioState, load_state, save_state, state_path

SCORE = {"score": 0.5, "low": 0.2, "high": 0.8, "n": 6, "metric": "exact_match"}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Every part of it, in a folder that is made for it."""
    state = StudioState(
        "try", "support_faq", "a.jsonl", "b.jsonl", 24, 6, "ftjob-1", {"ftjob-1": 24}, {"m": SCORE}, {"data": "x"}, "ft:m"
    )
    path = tmp_path / "new" / "studio.json"
    save_state(path, state)
    assert load_state(path) == (state, "")
    assert [file.name for file in path.parent.iterdir()] == ["studio.json"]


def test_nothing_saved_is_a_beginning(tmp_path: Path) -> None:
    """The first step, and no complaint."""
    assert load_state(tmp_path / "studio.json") == (StudioState(), "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        json.dumps({"step": "nowhere"}).encode(),
        json.dumps({"rows": []}).encode(),
        b'{"n_train": "4"}',
        b'{"scores": {"m": 5}}',
        b'{"scores": {"m": {"score": "a"}}}',
        b'{"rows": {"ftjob-1": "4"}}',
        b'{"code": {"data": 5}}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_read_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    """The state begins anew, and a sentence says where the old file is."""
    path = tmp_path / "studio.json"
    path.write_bytes(content)
    state, note = load_state(path)
    assert state == StudioState()
    assert str(tmp_path / "studio.unreadable.json") in note
    assert (tmp_path / "studio.unreadable.json").read_bytes() == content


def test_a_later_version_may_know_more(tmp_path: Path) -> None:
    """What this version does not know is no fault."""
    path = tmp_path / "studio.json"
    path.write_text(json.dumps({"step": "train", "colour": "blue"}), encoding="utf-8")
    assert load_state(path) == (StudioState("train"), "")


def test_a_folder_in_the_way_is_said(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "studio.json").mkdir()
    with pytest.raises(FtwidgetsError, match=r"studio\.json"):
        save_state(tmp_path / "studio.json", StudioState())


def test_it_lies_in_the_sandboxs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another service's client it lies in a folder named by its host, so that two services do not share one."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path / "usual"))
    assert state_path(ftwidgets.connect(home=tmp_path / "own")) == tmp_path / "own" / "studio.json"
    elsewhere = ftwidgets.connect("http://class.test:8000/v1", api_key="k")
    assert state_path(elsewhere) == tmp_path / "usual" / "services" / "class.test-8000" / "studio.json"


def test_two_studios_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """What one has measured stays in the file when the other, opened before, saves where it is."""
    path = tmp_path / "studio.json"
    older, newer = StudioState(), StudioState(rows={"ftjob-1": 24}, scores={"m": SCORE})
    save_state(path, newer)
    save_state(path, older)
    assert load_state(path)[0].scores == older.scores == {"m": SCORE}
    assert older.rows == {"ftjob-1": 24}


def test_threads_save_one_after_the_other(tmp_path: Path) -> None:
    """Forms that end at the same moment do not take each other's file away."""
    path = tmp_path / "studio.json"
    with ThreadPoolExecutor(8) as pool:
        for saved in [pool.submit(save_state, path, StudioState(rows={f"ftjob-{i}": i})) for i in range(40)]:
            saved.result()
    assert load_state(path)[0].rows == {f"ftjob-{i}": i for i in range(40)}
