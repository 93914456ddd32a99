"""The health check: what it finds on machines of all kinds, and that whatever is wrong comes with its fix."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from ftwidgets import datasets, doctor
from ftwidgets.cli import main
from ftwidgets.engine import NANO, Model
from ftwidgets.health import doctor as health
from ftwidgets.health import health_report
from ftwidgets.health.health_report import HealthCheck, HealthReport
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.store.lock import process_lock, trainer_lock
from ftwidgets.widgets.shop.shop_form import GREETING, SIGN_OFF

# The engine


def test_the_speed_is_measured_and_explained() -> None:
    """It is there within seconds, it is a speed this engine can have, and the line says what it means in seconds."""
    began = time.monotonic()
    rate = health.tokens_per_second()
    assert time.monotonic() - began < 20
    assert 20 < rate < 100_000
    line = health.check_speed(2000.0)
    assert (line.verdict, "about 11 s" in line.message) == ("ok", True)
    slow = health.check_speed(100.0)
    assert (slow.verdict, "about 222 s" in slow.message) == ("note", True)
    assert "Close other programs that are busy" in slow.fix


def test_the_job_it_speaks_of_is_lesson_00s() -> None:
    """22,200 tokens: the 64 chats that lesson 00 trains on, in the words of its form, five times, rounded."""
    encode, train = Model.load(NANO).tokenizer.encode_example, datasets.load("shop_chats", "train")
    chats = (
        [{"role": "user", "content": message}, {"role": "assistant", "content": f"{GREETING} {answer} {SIGN_OFF}"}]
        for message, answer in train[["Prompt", "Completion"]].values
    )
    assert 5 * sum(len(encode(chat, max_tokens=512).ids) for chat in chats) == pytest.approx(health.JOB_TOKENS, rel=0.01)


# Memory


def machine(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


FREE = {"proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\nHugePages_Total:       0\n"}
V1 = "sys/fs/cgroup/memory/"


@pytest.mark.parametrize(
    ("files", "available", "limit"),
    [
        (FREE, 8_192_000_000, None),
        ({**FREE, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 8_192_000_000, None),
        (  # Binder: a limit on the container, of which what is cached can be had back
            {
                **FREE,
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "2147483648\n",
                "sys/fs/cgroup/memory.current": "1147483648\n",
                "sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 500000000\n",
            },
            1_500_000_000,
            2147483648,
        ),
        (  # a limit on a group further out
            {
                **FREE,
                "proc/self/cgroup": "0::/user/app\n",
                "sys/fs/cgroup/user/app/memory.max": "max",
                "sys/fs/cgroup/user/memory.max": "600",
                "sys/fs/cgroup/user/memory.current": "100",
            },
            500,
            600,
        ),
        (  # the older kind of groups; the path means nothing inside the container
            {
                **FREE,
                "proc/self/cgroup": "9:cpu:/a\n4:memory:/docker/abc\n0::/\n",
                V1 + "memory.limit_in_bytes": "1000",
                V1 + "memory.usage_in_bytes": "900",
                V1 + "memory.stat": "total_inactive_file 50\n",
            },
            150,
            1000,
        ),
        (  # an unlimited group of the older kind says so with a very large number
            {
                **FREE,
                "proc/self/cgroup": "4:memory:/\n",
                V1 + "memory.limit_in_bytes": str(2**63),
                V1 + "memory.usage_in_bytes": "5",
            },
            8_192_000_000,
            None,
        ),
    ],
)
def test_memory_is_the_tighter_of_machine_and_container(
    tmp_path: Path, files: dict[str, str], available: int, limit: int | None
) -> None:
    """Both kinds of control groups, nested or not, and none."""
    assert health.available_memory(machine(tmp_path, files)) == health.Memory(available, limit)


def test_memory_of_this_machine_and_of_one_that_does_not_tell(tmp_path: Path) -> None:
    """Here there is some; where nothing tells, there is no answer."""
    here = health.available_memory()
    assert here is not None
    assert 50e6 < here.available < 1e14
    assert health.available_memory(tmp_path) is None


def test_too_little_memory_is_wrong() -> None:
    """With the limit, the need, and what to shut down."""
    line = health.check_memory(health.Memory(300_000_000, 2 * 1024**3))
    assert line.verdict == "wrong"
    assert line.message.startswith("300 MB available of the 2.1 GB allowed to this container; a lesson needs about 500 MB")
    assert "Shut Down All Kernels" in line.fix
    assert health.check_memory(health.Memory(1_500_000_000)).verdict == "ok"


def test_unknown_memory_is_told_as_such() -> None:
    """With what a lesson needs."""
    line = health.check_memory(None)
    assert line.verdict == "note"
    assert "about 500 MB" in line.message


# The state folder


def test_a_writable_folder_is_fine_and_left_as_it_was(tmp_path: Path) -> None:
    """It is made where it is not there; what was tried in it is gone again; its path is for the terminal only."""
    line = health.check_folder(tmp_path / "new" / "home")
    assert line.verdict == "ok"
    assert "free" in line.message
    assert line.place == str(tmp_path / "new" / "home")
    assert str(tmp_path) not in line.message
    assert sum(path.stat().st_size for path in (tmp_path / "new" / "home").iterdir()) == 0


def test_a_folder_that_cannot_be_used_is_wrong(tmp_path: Path) -> None:
    """A file in its place, or no right to write: the reason, and how to name another."""
    (tmp_path / "file").write_text("")
    line = health.check_folder(tmp_path / "file")
    assert line.verdict == "wrong"
    assert "cannot be used: File exists" in line.message
    assert "FTWIDGETS_HOME" in line.fix
    assert str(tmp_path) not in line.message


def test_a_name_that_no_folder_can_have_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The home folder of nobody: what to set, instead of a new installation."""
    monkeypatch.setenv("FTWIDGETS_HOME", "~nobody-here/state")
    (line,) = (line for line in doctor().checks if line.topic == "state folder")
    assert (line.verdict, line.message) == ("wrong", "no folder can have the name that FTWIDGETS_HOME gives")
    assert line.fix == "Name another folder with FTWIDGETS_HOME in the environment."
    assert line.place == "~nobody-here/state"


def test_a_full_disk_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less room than a lesson's models take."""
    usage = health.shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: usage)
    line = health.check_folder(tmp_path)
    assert line.verdict == "wrong"
    assert "a lesson needs about 200 MB" in line.fix


def test_a_job_that_trains_is_fine_and_reported(tmp_path: Path) -> None:
    """A real trainer holds its lock while the line is made, and goes on; afterwards the line no longer says so."""
    row = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}
    rows = "\n".join([json.dumps(row)] * 10).encode()
    with Sandbox(tmp_path) as sandbox, sandbox.client() as client:
        file = client.files.create(file=("rows.jsonl", rows), purpose="fine-tune").id
        jobs = client.fine_tuning.jobs
        job = jobs.create(model="nano-2026-11", training_file=file, hyperparameters={"n_epochs": 50})
        while jobs.retrieve(job.id).status != "running":
            time.sleep(0.02)
        line = health.check_folder(tmp_path)
        assert jobs.retrieve(job.id).status == "running"
    assert line.verdict == "ok"
    assert "a job is training there" in line.message
    assert "training" not in health.check_folder(tmp_path).message


def test_every_trainer_of_a_server_is_seen(tmp_path: Path) -> None:
    """The second of a server's workers holds a lock of its own."""
    with process_lock(trainer_lock(tmp_path, 1)) as mine:
        assert mine
        assert "a job is training there" in health.check_folder(tmp_path).message


# The key


@pytest.mark.parametrize(
    ("environment", "verdict", "said"),
    [
        ({}, "ok", "is not set"),
        ({"OPENAI_API_KEY": ""}, "ok", "is not set"),
        ({"OPENAI_API_KEY": "sk-secret"}, "ok", "is set; the sandbox does not use it"),
        ({"OPENAI_API_KEY": " sk-secret\n"}, "note", "spaces or quotation marks"),
        ({"OPENAI_API_KEY": "'sk-secret'"}, "note", "spaces or quotation marks"),
    ],
)
def test_whether_there_is_a_key_is_told_and_never_which(environment: dict[str, str], verdict: str, said: str) -> None:
    """Not a letter of it."""
    line = health.check_key(environment)
    assert (line.verdict, said in line.message) == (verdict, True)
    assert "secret" not in repr(line)


# All together


@contextmanager
def swift() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "tokens_per_second", lambda: 2000.0)
        yield


def test_every_check_is_made_and_a_broken_one_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot be made does not keep the others from being made, and says how to repair the installation."""
    with swift():
        topics = [line.topic for line in doctor().checks]
        assert {"Python", "packages", "engine", "memory", "state folder", "key"} <= set(topics)
        monkeypatch.setattr(health, "available_memory", lambda: 1 / 0)
        report = doctor()
    assert [line.topic for line in report.checks] == topics
    (broken,) = [line for line in report.checks if line.topic == "memory"]
    assert "ZeroDivisionError" in broken.message
    assert "--force-reinstall" in broken.fix


@pytest.mark.parametrize(("verdict", "code"), [("ok", 0), ("note", 0), ("wrong", 1)])
def test_the_commands_exit_code_says_whether_something_is_wrong(
    verdict: health_report.Verdict, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 if there is something to fix, 0 if not; the report is printed either way."""
    monkeypatch.setattr(health, "doctor", lambda: HealthReport((HealthCheck("a", verdict, "found", "fix it"),)))
    assert main.main(["doctor"]) == code
    assert "found" in capsys.readouterr().out


def test_the_command_for_real(tmp_path: Path) -> None:
    """A folder that cannot be used: exit code 1, its line with the path and the fix, and no key in sight."""
    (tmp_path / "file").write_text("")
    environment = {**os.environ, "FTWIDGETS_HOME": str(tmp_path / "file"), "OPENAI_API_KEY": "sk-very-secret"}
    command = [sys.executable, "-W", "error", "-m", "ftwidgets", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "FIX   state folder" in done.stdout
    assert str(tmp_path / "file") in " ".join(done.stdout.split())
    assert "tokens a second" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert done.stderr == ""
