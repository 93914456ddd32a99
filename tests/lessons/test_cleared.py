"""Lessons as a learner gets them: without outputs, and compared by their cells alone."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import run_kernel

from ftwidgets.cli import main
from ftwidgets.lessons import reset
from ftwidgets.lessons.cleared import clear, clear_folder, has_run, name_language, same_sources

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def notebook(*sources: str, run: bool = False, **metadata: Any) -> bytes:
    ran = {"outputs": [{"output_type": "stream", "name": "stdout", "text": "hi"}], "execution_count": 3}
    state = ran if run else {"outputs": [], "execution_count": None}
    cells = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text, **state} for i, text in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_every_lesson_is_cleared_and_stays_the_same_otherwise() -> None:
    """No output and no run number is left; cells, ids and the format are the original's."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        original = path.read_bytes()
        cleared = clear(original)
        assert not has_run(cleared)
        assert same_sources(cleared, original)
        before, after = nbformat.reads(original, as_version=4), nbformat.reads(cleared, as_version=4)
        assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
        assert clear(cleared) == cleared


@pytest.mark.parametrize("content", [b"", b"no notebook", b"[1]", b'{"cells": 1}', b'{"cells": [1]}', b"\xff"])
def test_what_is_no_notebook_is_left_alone(content: bytes) -> None:
    """Nothing is known of it, so nothing is changed or said."""
    assert clear(content) == content
    assert not has_run(content)
    assert not same_sources(content, content)


def test_a_program_that_saves_changes_nothing_of_the_lesson() -> None:
    """Metadata, a source as a list of lines, outputs: the cells decide, their kind too."""
    listed = json.loads(notebook("a\nb", kernelspec={"name": "python3"}))
    listed["cells"][0]["source"] = ["a\n", "b"]
    assert same_sources(notebook("a\nb", run=True), json.dumps(listed).encode())
    assert not same_sources(notebook("a"), notebook("a", "b"))
    assert not same_sources(notebook("a"), notebook("a").replace(b'"code"', b'"markdown"'))


def test_the_language_is_what_a_kernel_here_says() -> None:
    """So that JupyterLab, which compares the two when a kernel starts, does not call an untouched copy unsaved."""
    named = json.loads(name_language(notebook("1", kernelspec={"name": "python3"})))
    assert named["metadata"]["kernelspec"] == {"name": "python3"}
    with run_kernel(kernel_name="python3") as client:
        assert named["metadata"]["language_info"] == client.kernel_info(reply=True)["content"]["language_info"]
    assert name_language(b"no notebook") == b"no notebook"


def test_a_folder_is_cleared_in_place(tmp_path: Path) -> None:
    """Notebooks that have run are changed, others are not."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.ipynb").write_bytes(notebook("1", run=True))
    (tmp_path / "b.ipynb").write_bytes(notebook("1"))
    assert clear_folder(tmp_path) == 1
    assert not has_run((tmp_path / "deep" / "a.ipynb").read_bytes())
    assert (tmp_path / "b.ipynb").read_bytes() == notebook("1")


def test_a_lesson_that_was_only_run_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`reset` clears its outputs and keeps no copy, since nothing in it is the learner's."""
    bundled, mine = tmp_path / "site" / "_notebooks", tmp_path / "ftwidgets-lessons"
    for folder in (bundled, mine):
        folder.mkdir(parents=True)
        (folder / "00_start_here.ipynb").write_bytes(notebook("1", run=True))
    monkeypatch.setattr(reset, "_PACKAGE", bundled.parent)
    monkeypatch.chdir(tmp_path)
    assert main.main(["reset", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["00_start_here", "run"]
    assert main.main(["reset", "00"]) == 0
    assert capsys.readouterr().out.startswith("00_start_here.ipynb: is the original; its outputs were cleared.\n")
    assert not has_run((mine / "00_start_here.ipynb").read_bytes())
    assert [path.name for path in mine.iterdir()] == ["00_start_here.ipynb"]
    assert main.main(["reset", "00"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    (mine / "00_start_here.ipynb").write_bytes(notebook("2"))
    assert main.main(["reset", "00"]) == 0
    assert len(list(mine.glob("*.yours-*"))) == 1
