"""`ftwidgets jobs`: what is listed and shown, and following, cancelling and resuming from another process."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import openai
import pytest

from ftwidgets import datasets
from ftwidgets.cli import job_summary, main
from ftwidgets.cli.job_summary import job_table
from ftwidgets.jobs import Job, launch
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.training.lifecycle import JobLifecycle

ROOT = Path(__file__).parents[2]
BASE = "nano-2026-11"

Run = Callable[..., tuple[int, str, str]]


def chats(folder: Path, n: int) -> Path:
    frame = datasets.load("support_faq", "train").head(n)
    pairs = zip(frame["Prompt"], frame["Completion"], strict=True)
    lines = [
        json.dumps({"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]})
        for prompt, completion in pairs
    ]
    path = folder / f"rows-{n}.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A state folder of one's own."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; return the exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main.main(["jobs", *arguments, "--home", str(home)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def client(home: Path) -> Iterator[openai.OpenAI]:
    """A client of a sandbox in that folder that trains nothing: its jobs stay as they are."""
    with Sandbox(home, train=False) as sandbox, sandbox.client() as made:
        yield made


def test_an_empty_folder_has_no_jobs(run: Run) -> None:
    """It says so, and what starts one; as JSON it is an empty list."""
    code, out, _ = run()
    assert code == 0
    assert "ftwidgets tune FILE" in out
    assert run("list", "--json")[:2] == (0, "[]\n")


def test_jobs_are_listed_newest_first(run: Run, home: Path, tmp_path: Path) -> None:
    """A line holds id, status, base, suffix, rows x epochs, both losses and the age; JSON has the same facts."""
    with Sandbox(home) as sandbox, sandbox.client() as client:
        files = chats(tmp_path, 12), chats(tmp_path, 10)
        done = launch(client, files[0], model=BASE, validation_file=files[1], n_epochs=1, suffix="first", seed=1).wait(60)
        failed = launch(client, files[1], model=BASE, learning_rate_multiplier=1e9, n_epochs=2, seed=1)
        while failed.status != "failed":
            time.sleep(0.05)
    code, out, err = run()
    header, newest, oldest = out.splitlines()
    assert (code, err) == (0, "")
    assert header.split() == ["id", "status", "base", "suffix", "rows", "x", "ep.", "loss", "valid", "age"]
    assert re.fullmatch(rf"{failed.id} +failed +{BASE} +- +10 x 2 +\S+ +- +\d+ s", newest)
    assert re.fullmatch(rf"{done.id} +succeeded +{BASE} +first +12 x 1 +\d\.\d\d +\d\.\d\d +\d+ s", oldest)
    found = json.loads(run("--json")[1])
    assert [job["id"] for job in found] == [failed.id, done.id]
    assert (found[1]["model"], found[1]["rows"], found[1]["epochs"], found[1]["suffix"]) == (done.model, 12, 1, "first")
    assert "diverged" in found[0]["error"]
    _, line, more = run("--limit", "1")[1].splitlines()
    assert (line.split()[0], more) == (failed.id, "There are more: ftwidgets jobs --limit 10")

    code, out, _ = run("show", done.id.removeprefix("ftjob-")[:8])
    assert code == 0
    assert re.search(r"^ +1 +\d+ +\d\.\d\d +\d\.\d\d$", out, re.MULTILINE)
    assert f"ftwidgets chat {done.model} --home {home}" in out
    assert "diverged" in run("show", failed.id)[1]
    for action in ("cancel", "resume"):
        code, _, err = run(action, done.id)
        assert (code, "is succeeded already" in err) == (1, True)
    assert run("follow", done.id)[0] == 0
    code, _, err = run("follow", failed.id)
    assert (code, "training_diverged" in err) == (1, True)


def test_a_narrow_table_fits_eighty_columns_and_stays_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal ids are cut as far as they differ, long names end in an ellipsis."""
    monkeypatch.setenv("COLUMNS", "80")
    job = {"status": "interrupted", "base": "nano-untrained-2026-11", "suffix": "a-long-suffix-of-my-own", "rows": 12345}
    losses = {"epochs": 25, "train_loss": 12.34, "valid_loss": 10.05, "created_at": time.time() - 59 * 60}
    jobs = [{**job, **losses, "id": f"ftjob-{id_}"} for id_ in ("abcdefgh", "abcdeXYZ", "zzzzzzzz")]
    lines = job_table(jobs, narrow=True).splitlines()
    assert max(map(len, lines)) < 80
    assert [line.split()[0] for line in lines[1:]] == ["ftjob-abcdef", "ftjob-abcdeX", "ftjob-zzzz"]
    assert "ftjob-abcdefgh" in job_table(jobs, narrow=False)


@pytest.mark.parametrize("made", [-5, 10**18])
def test_a_time_that_is_none_is_a_question_mark(run: Run, home: Path, tmp_path: Path, made: int) -> None:
    """A damaged state holds a negative time, or one of no calendar: the job is listed and shown all the same."""
    with Sandbox(home) as sandbox, sandbox.client() as client:
        job = launch(client, chats(tmp_path, 12), model=BASE, n_epochs=1).wait(60, progress=False)
    with closing(sqlite3.connect(home / "sandbox.sqlite")) as state, state:
        state.execute("UPDATE jobs SET created_at = ?", (made,))
        state.execute("UPDATE jobs SET finished_at = ?", (made,))
    code, out, _ = run()
    assert code == 0
    assert out.splitlines()[-1].split()[::9] == [job.id, "?"]
    code, out, _ = run("show", job.id)
    assert code == 0
    assert re.search(r"^ +started +\?$", out, re.MULTILINE)


def test_ids_may_be_abbreviated_if_that_is_clear(run: Run, client: openai.OpenAI, tmp_path: Path) -> None:
    """The beginning of an id is enough; where it is not, or there is no such job, that is said with exit code 2."""
    ids = [launch(client, chats(tmp_path, 10), model=BASE).id for _ in range(2)]
    assert run("show", ids[0][: len("ftjob-") + 8])[0] == 0
    code, _, err = run("show", "ftjob")
    assert code == 2
    assert "2 jobs begin with ftjob" in err
    assert all(id_ in err for id_ in ids)
    code, _, err = run("show", "nothing")
    assert (code, "Could not find fine tune: nothing" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["show"], "name a job"), (["list", "x"], "ftwidgets jobs show x"), (["show", ""], "lists the jobs")],
)
def test_a_mistyped_command_is_a_sentence(arguments: list[str], message: str, run: Run) -> None:
    """Exit code 2 and what to type."""
    code, out, err = run(*arguments)
    assert (code, out, message in err) == (2, "", True)


def test_a_job_that_nobody_trains_is_not_waited_for(
    run: Run, client: openai.OpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is called interrupted or paused; `follow` ends with exit code 1 and the command that goes on; `cancel` cancels it."""
    job = launch(client, chats(tmp_path, 10), model=BASE)
    assert " validating_files " in run()[1]  # some process may be doing that
    monkeypatch.setattr(job_summary, "VALIDATION_TAKES", 0.0)
    assert " interrupted " in run()[1]
    code, _, err = run("follow", job.id)
    assert code == 1
    assert f"ftwidgets jobs resume {job.id}" in err
    client.fine_tuning.jobs.pause(job.id)
    code, _, err = run("follow", job.id)
    assert (code, "is paused" in err) == (1, True)
    code, out, _ = run("cancel", job.id)
    assert (code, out) == (0, f"{job.id}: cancelled\n")
    assert client.fine_tuning.jobs.retrieve(job.id).status == "cancelled"
    assert run("cancel", job.id)[0] == 1


def test_a_paused_job_says_what_paused_it(run: Run, home: Path, tmp_path: Path) -> None:
    """What stopped a job is shown as long as it stops it, and not once somebody has resumed it and paused it again."""
    with Sandbox(home, train=False) as sandbox, sandbox.client() as client:
        job = launch(client, chats(tmp_path, 10), model=BASE)
        lifecycle = JobLifecycle(sandbox.store)
        record = lifecycle.get(job.id)
        assert record is not None
        lifecycle.pause(record, "The disk is full.")
        assert "paused    The disk is full.\n" in run("show", job.id)[1]
        lifecycle.resume(record)
        lifecycle.pause(record)
        assert "The disk is full." not in run("show", job.id)[1]


def test_resume_trains_an_interrupted_job_to_its_end(run: Run, home: Path, tmp_path: Path) -> None:
    """A job whose process has died is trained in this one, and scored; with `--json` that is one document."""
    with Sandbox(home, train=False) as sandbox, sandbox.client() as client:
        file = chats(tmp_path, 10)
        job = launch(client, file, model=BASE, validation_file=file, n_epochs=1, seed=1)
    code, out, err = run("resume", job.id, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["job"], [score["n"] for score in found["scores"]]) == (job.id, [10, 10])
    with Sandbox(home, train=False) as sandbox, sandbox.client() as client:
        assert Job(client, job.id).model == found["model"]


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
def test_another_process_trains_and_this_one_watches(run: Run, home: Path, tmp_path: Path, interruptible: list[str]) -> None:
    """While one process trains a job, another lists it as running and follows it; Ctrl-C only stops watching; it can cancel."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    datasets.load("support_faq", "train").head(60).to_csv(tmp_path / "shop.csv", index=False)
    tune = [*interruptible, "tune", str(tmp_path / "shop.csv"), "--epochs", "8", "--home", str(home)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(tune, env=env, **pipes) as trainer:  # type: ignore[call-overload]
        for line in trainer.stdout:
            if re.search(r"\[#+ *\] \d+/\d+", line):
                break
        (job,) = json.loads(run("--json")[1])
        assert (job["status"], job["suffix"], job["epochs"]) == ("running", "shop", 8)
        code, _, err = run("resume", job["id"])
        assert (code, "another process is training" in err) == (1, True)
        with subprocess.Popen([*interruptible, "jobs", "follow", job["id"], "--home", str(home)], env=env, **pipes) as watcher:  # type: ignore[call-overload]
            assert re.search(r"\d+/\d+", watcher.stdout.readline())
            watcher.send_signal(signal.SIGINT)
            _, err = watcher.communicate(timeout=60)
        assert (watcher.returncode, err) == (130, "\nStopped. The job goes on in the process that trains it.\n")
        assert json.loads(run("show", job["id"], "--json")[1])["status"] == "running"
        assert run("cancel", job["id"])[:2] == (0, f"{job['id']}: cancelled\n")
        _, err = trainer.communicate(timeout=60)
    assert (trainer.returncode, "was cancelled" in err) == (1, True)
