"""What a studio remembers, on disk."""

import json
from pathlib import Path

import pytest

import ftwidgets
from ftwidgets.errors import FtwidgetsError
from ftwidgets.studio.state import StudioState, load_state, save_state, state_path


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Every part of it, in a folder that is made for it."""
    state = StudioState(
        "try", "support_faq", "a.jsonl", "b.jsonl", 24, 6, "ftjob-1", {"ftjob-1": 24}, {"m": {"score": 0.5}}, {"data": "x"}
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
