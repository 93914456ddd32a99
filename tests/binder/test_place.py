"""What the Binder test stands on, tried by itself: quick, so that it runs with every other test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import place as binder

linux = pytest.mark.skipif(sys.platform != "linux", reason="cores and memory are told this way on Linux only")


def test_the_files_are_what_binder_looks_for() -> None:
    """The names that repo2docker knows, the two scripts executable, the server's command line handed on."""
    folder = binder.ROOT / "binder"
    assert (folder / "runtime.txt").read_text(encoding="utf-8") == "python-3.13\n"
    assert ".[lab,fast]" in (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for script in ("postBuild", "start"):
        assert (folder / script).stat().st_mode & 0o111 == 0o111
        assert (folder / script).read_text(encoding="utf-8").startswith("#!/bin/bash\n")
    assert (folder / "start").read_text(encoding="utf-8").rstrip().endswith('exec "$@"')


def python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


HOLD = "import sys; held = bytearray(b'x') * {size}; print('ready', flush=True); sys.stdin.read()"
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"


@linux
@pytest.mark.parametrize("code", [HOLD, IN_A_CHILD], ids=["itself", "its child"])
def test_memory_is_counted_over_the_whole_family(code: str) -> None:
    """What a process holds and what those that it started hold."""
    with python(code.replace("{size}", "120_000_000")) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with binder.Watch(process) as watch:
            binder.wait_for("a look", lambda: watch.peak > 0, 10)
        process.communicate("")
    assert 120e6 < watch.peak < 400e6
    assert not watch.exceeded


@linux
def test_what_exceeds_the_limit_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process and what it started, at once, and it is told."""
    monkeypatch.setattr(binder, "LIMIT", 60_000_000)
    with python(IN_A_CHILD.replace("{size}", "120_000_000")) as process:
        with binder.Watch(process) as watch:
            binder.wait_for("the end", lambda: watch.exceeded, 20)
            assert process.wait(20) != 0
        process.communicate()
    assert watch.peak > 60_000_000


@linux
def test_one_core_is_one_core() -> None:
    """Whatever is started in the block sees a single core; afterwards all are back."""
    before = os.sched_getaffinity(0)
    with binder.one_core():
        said = subprocess.run(
            [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"], capture_output=True, text=True, check=True
        )
    assert said.stdout == "1\n"
    assert os.sched_getaffinity(0) == before


def test_the_copy_has_what_git_sees_and_no_more(tmp_path: Path) -> None:
    """The lessons and the package, without caches, state and what a lesson wrote."""
    copy = binder.copy_of_the_repository(tmp_path)
    assert (copy / "notebooks/00_start_here.ipynb").is_file()
    assert (copy / "ftwidgets/engine/nano/model.safetensors").is_file()
    assert not (copy / ".git").exists()
    assert not (copy / "notebooks/my_data").exists()
    assert not list(copy.rglob("__pycache__"))
