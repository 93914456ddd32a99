"""What a learner did is kept: at once, whole, by several notebooks, and never at the price of the lesson."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from ftwidgets.lessons.exercises import progress_file


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the facts of this test are kept."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / progress_file.FILE


def keep(name: str, value: object = 1) -> str:
    return progress_file.update(lambda lessons: progress_file.entry(lessons, "03", "guesses", name).update(guess=value))


def names() -> list[str]:
    return list(progress_file.read().get("03", {}).get("guesses", {}))


def test_changes_are_written_at_once(file: Path) -> None:
    """Into the file, with its version; nothing half-written is left beside it."""
    assert keep("a") == keep("ü") == ""
    assert json.loads(file.read_bytes()) == {
        "version": 1,
        "lessons": {"03": {"guesses": {"a": {"guess": 1}, "ü": {"guess": 1}}}},
    }
    assert sorted(path.name for path in file.parent.iterdir()) == ["progress.json", "progress.lock"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"version": 2, "lessons": {}}', b"[" * 100_000]
    + [json.dumps({"version": 1, "lessons": lessons}).encode() for lessons in ([], {"03": 1}, {"03": {"guesses": {"a": 1}}})],
    ids=range(10),
)
def test_a_damaged_file_is_kept_aside(file: Path, content: bytes) -> None:
    """Reading it finds nothing; the next change says where it lies, and begins a new one."""
    file.parent.mkdir()
    file.write_bytes(content)
    assert progress_file.read() == {}
    note = keep("a")
    (aside,) = file.parent.glob("progress.damaged-*.json")
    assert aside.name in note
    assert aside.read_bytes() == content
    assert keep("b") == ""
    assert names() == ["a", "b"]


def test_every_damaged_file_is_kept(file: Path) -> None:
    """Several in one second: none over another."""
    for number in range(3):
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{number} {{")
        keep("a")
    assert sorted(path.read_text() for path in file.parent.glob("*.damaged-*")) == ["0 {", "1 {", "2 {"]


def _keep_many(home: str, worker: int) -> None:
    os.environ["FTWIDGETS_HOME"] = home
    for number in range(10):
        keep(f"{worker} {number}")


def test_two_notebooks_at_once_lose_nothing(file: Path) -> None:
    """Each change of each process is there at the end."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_keep_many, args=(str(file.parent), worker)) for worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(names()) == 20


def test_where_nothing_can_be_written_it_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The change holds for this session and is written later, once the folder can be written."""
    with monkeypatch.context() as patch:
        patch.setattr(progress_file.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
        assert "not kept after this session" in keep("a")
        assert "Read-only file system" in keep("b")
        assert names() == ["a", "b"]
        assert not file.exists()
    assert keep("c") == ""
    assert names() == ["a", "b", "c"]
    assert list(json.loads(file.read_bytes())["lessons"]["03"]["guesses"]) == ["a", "b", "c"]


def test_a_state_folder_that_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in its place, and a name that no folder can have."""
    (tmp_path / "file").touch()
    for home in (str(tmp_path / "file"), str(tmp_path / "file" / "below"), "~nobody-here/state"):
        monkeypatch.setenv("FTWIDGETS_HOME", home)
        assert "not kept after this session" in keep("a")
        assert names() == ["a"]


def test_a_long_wait_ends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that never lets go costs a moment, not the lesson."""
    from ftwidgets.process_lock import process_lock

    monkeypatch.setattr(progress_file, "PATIENCE", 0.05)
    file.parent.mkdir()
    with process_lock(file.with_suffix(".lock")) as held:
        assert held
        assert "another notebook is writing there" in keep("a")
    assert keep("b") == ""
    assert names() == ["a", "b"]
