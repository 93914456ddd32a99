"""The overview says what the API says, and the stream of it tells every change."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ftwidgets
from ftwidgets.jobs.labels import job_label
from ftwidgets.lab_server.overview import MOST_JOBS, POINTS, Overview
from ftwidgets.sandbox import Sandbox

from .conftest import Serve, body

CHATS = [
    {"messages": [{"role": "user", "content": f"Parcel {n}?"}, {"role": "assistant", "content": "Ahoy!"}]} for n in range(20)
]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Twenty chats."""
    return Path(ftwidgets.write_jsonl(CHATS, tmp_path / "rows.jsonl"))


def test_it_says_what_the_api_says(tmp_path: Path, rows: Path) -> None:
    """Ids, names, states, losses, models and files of a finished, a failed, a cancelled and a waiting job."""
    home = tmp_path / "home"
    overview = Overview(home)
    assert overview.read() == {"jobs": [], "models": [], "files": []}
    with Sandbox(home) as sandbox:
        client = sandbox.client()
        done = ftwidgets.launch(client, rows, model="nano-2026-11", validation_file=rows, n_epochs=3, suffix="ahoy").wait(60)
        few = ftwidgets.write_jsonl(CHATS[:3], tmp_path / "few.jsonl")
        failed = ftwidgets.launch(client, few, model="nano-2026-11")
        with pytest.raises(ftwidgets.FtwidgetsError):
            failed.wait(60)
        sandbox.client().fine_tuning.jobs.cancel(ftwidgets.launch(client, rows, model="nano-2026-11", n_epochs=50).id)
        found = overview.read()
        listed = client.fine_tuning.jobs.list().data
        assert [job["id"] for job in found["jobs"]] == [job.id for job in listed]
        assert [job["status"] for job in found["jobs"]] == [job.status for job in listed]
        assert [job["name"] for job in found["jobs"]] == [job_label(job) for job in listed]
        shown = found["jobs"][-1]
        curve = done.curve
        assert shown["train"] == curve[["step", "train_loss"]].to_numpy().tolist()
        assert shown["valid"] == curve[["step", "full_valid_loss"]].dropna().to_numpy().tolist()
        assert (shown["step"], shown["total_steps"]) == (len(curve), len(curve))
        assert (shown["train_loss"], shown["valid_loss"]) == (curve["train_loss"].iloc[-1], curve["full_valid_loss"].iloc[-1])
        assert failed.error is not None
        assert found["jobs"][1]["error"] == failed.error.message
        assert [model["id"] for model in found["models"]] == [done.model]
        assert {file["id"] for file in found["files"]} >= {file.id for file in client.files.list().data}
    overview.close()


def test_a_change_is_seen_and_a_long_curve_is_thinned(tmp_path: Path, rows: Path) -> None:
    """Every launch changes the version; of a curve of hundreds of steps the first, the last and some between are kept."""
    with Sandbox(tmp_path / "home") as sandbox:
        overview = Overview(tmp_path / "home")
        before = overview.version()
        assert overview.version() == before
        job = ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11", n_epochs=5, batch_size=1).wait(120)
        assert overview.version() != before
        curve, shown = job.curve, overview.read()["jobs"][0]["train"]
        assert len(curve) > POINTS == len(shown)
        assert (shown[0][0], shown[-1][0]) == (1, len(curve))
        assert [point for point in shown if point not in curve[["step", "train_loss"]].to_numpy().tolist()] == []
        overview.close()


def test_a_loss_that_is_no_number_is_left_out(tmp_path: Path, rows: Path) -> None:
    """Of a run that diverges: the rest of the curve is there, in JSON that every page can read."""
    with Sandbox(tmp_path / "home") as sandbox:
        job = ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11", n_epochs=1, batch_size=5).wait(60)
        sandbox.store.db._connection.execute(
            """UPDATE events SET data = '{"step": 2, "total_steps": 4, "train_loss": NaN, "full_valid_loss": Infinity}'
            WHERE job_id = ? AND step = 2""",
            (job.id,),
        )
        overview = Overview(tmp_path / "home")
        shown = overview.read()["jobs"][0]
        assert [step for step, _ in shown["train"]] == [1, 3, 4]
        json.dumps(shown, allow_nan=False)
        overview.close()


def test_another_folder_in_the_same_place_is_read_anew(tmp_path: Path, rows: Path) -> None:
    """Removed and begun again, as the damaged ones are: the old jobs are not shown any more."""
    home, overview = tmp_path / "home", Overview(tmp_path / "home")
    with Sandbox(home, train=False) as sandbox:
        ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11")
        assert len(overview.read()["jobs"]) == 1
    shutil.rmtree(home)
    assert overview.read()["jobs"] == []
    with Sandbox(home, train=False):
        assert overview.read()["jobs"] == []
    (home / "sandbox.sqlite").write_text("not a database", encoding="utf-8")
    assert overview.read()["jobs"] == []
    overview.close()


def test_ten_thousand_jobs_stay_quick(tmp_path: Path, rows: Path) -> None:
    """The newest 500 are listed; what has ended is read once, so that the next look takes far less than a second."""
    with Sandbox(tmp_path / "home") as sandbox:
        ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11", n_epochs=3, suffix="ahoy").wait(60)
        with sandbox.store.db.transaction():
            execute = sandbox.store.db._connection.execute
            columns = [row[1] for row in execute("PRAGMA table_info(jobs)") if row[1] not in ("seq", "id")]
            names = ", ".join(columns)
            for number in range(10_000):
                execute(f"INSERT INTO jobs (id, {names}) SELECT 'ftjob-{number}', {names} FROM jobs WHERE seq = 1")
        overview = Overview(tmp_path / "home")
        assert len(overview.read()["jobs"]) == MOST_JOBS
        began = time.perf_counter()
        overview.read()
        assert time.perf_counter() - began < 0.25
        overview.close()


def test_the_stream_tells_every_change(serve: Serve, tmp_path: Path, rows: Path) -> None:
    """One message at once; then, while a kernel trains, the steps and the end, with nothing started beside the server."""
    with Sandbox(tmp_path / "home") as sandbox, serve(tmp_path / "home") as running, running.client() as client:
        with client.stream("GET", "/ftwidgets/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told = _overviews(stream.iter_lines())
            assert next(told)["jobs"] == []
            job = ftwidgets.launch(sandbox.client(), rows, model="nano-2026-11", n_epochs=8, batch_size=2)
            states = []
            for overview in told:
                states.append((overview["jobs"][0]["status"], overview["jobs"][0]["step"]))
                if states[-1][0] in ("succeeded", "failed"):
                    break
        assert states[-1] == ("succeeded", 80)
        assert any(status == "running" and 0 < step < 80 for status, step in states)
        assert body(client.get("/ftwidgets/overview"))["jobs"][0]["id"] == job.id
        assert running.child() is None


def _overviews(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The overviews in a stream of events."""
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
