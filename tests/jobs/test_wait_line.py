"""What the line of a wait says, from a service's answers, and what a real wait leaves in a notebook."""

import itertools
import time
from pathlib import Path
from typing import Any

import httpx2
import nbformat
import openai
import pytest
from nbclient import NotebookClient

from ftwidgets.errors import JobFailed, JobTimeout
from ftwidgets.jobs import wait_line
from ftwidgets.jobs.job import Job
from ftwidgets.progress_line import ProgressLine

MODEL = "ft:nano-2026-11:sandbox:help-desk:abc"

NOTEBOOK = """import ftwidgets
rows = [{"messages": [{"role": "user", "content": f"hi {n}"}, {"role": "assistant", "content": "hello"}]} for n in range(12)]
sandbox = ftwidgets.Sandbox("home")
client = sandbox.client()
ftwidgets.write_jsonl(rows, "rows.jsonl")
job = ftwidgets.launch(client, "rows.jsonl", model="nano-2026-11", validation_file="rows.jsonl", n_epochs=2, batch_size=4)
job.wait(timeout=60).status"""


class Shown(ProgressLine):
    """A line that keeps what it showed."""

    texts: list[str]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.place = "terminal" if options.get("wanted", True) else "nowhere"

    def show(self, text: str) -> None:
        """Keep the text."""
        if text not in Shown.texts:
            Shown.texts.append(text)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    Shown.texts = []
    monkeypatch.setattr(wait_line, "ProgressLine", Shown)
    monkeypatch.setattr("ftwidgets.jobs.job.sleep", lambda _seconds: None)
    return Shown.texts


def described(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "ftjob-1",
        "object": "fine_tuning.job",
        "created_at": int(time.time()) - 5,
        "fine_tuned_model": MODEL if status == "succeeded" else None,
        "hyperparameters": {"n_epochs": 2},
        "model": "nano-2026-11",
        "organization_id": "o",
        "result_files": [],
        "seed": 1,
        "status": status,
        "training_file": "file-1",
    } | fields


def metrics(step: int, loss: float, **measured: float) -> dict[str, Any]:
    data = {"step": step, "total_steps": 4, "train_loss": loss, **measured}
    return {
        "object": "fine_tuning.job.event",
        "id": f"e{step}",
        "created_at": step,
        "level": "info",
        "message": "m",
        "data": data,
        "type": "metrics",
    }


def job(*statuses: dict[str, Any], events: list[dict[str, Any]] | None, others: list[dict[str, Any]] | None = None) -> Job:
    """A job that goes through these statuses, on a service with these events (None: it has none) and other jobs."""
    left = itertools.chain(statuses, itertools.repeat(statuses[-1]))

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/events"):
            listed: Any = events and events[::-1]
            return httpx2.Response(
                200 if events is not None else 500, json={"object": "list", "data": listed, "has_more": False}
            )
        if request.url.path.endswith("/jobs"):
            return httpx2.Response(200, json={"object": "list", "data": others or [], "has_more": False})
        return httpx2.Response(200, json=next(left))

    transport = httpx2.MockTransport(answer)
    return Job(openai.OpenAI(base_url="http://x/v1", api_key="k", http_client=httpx2.Client(transport=transport)), "ftjob-1")


def test_every_stage_is_said(texts: list[str]) -> None:
    """The files are checked, another job is ahead, then steps, losses and the time left; one sentence ends it."""
    ahead = described("running", id="ftjob-0", created_at=int(time.time()) - 240)
    later = described("queued", id="ftjob-2", created_at=int(time.time()) + 60)
    steps = [metrics(1, 2.0), metrics(2, 1.0, valid_loss=1.5, full_valid_loss=1.4)]
    running = described("running", estimated_finish=int(time.time()) + 8)
    waiting = [described("validating_files"), described("queued")]
    job(*waiting, running, described("succeeded"), events=steps, others=[ahead, later]).wait()
    assert texts[0] == "ftjob-1: the service is checking the files"
    assert texts[1] == "ftjob-1: 1 job is ahead of it in the queue (ftjob-0, launched 4 min ago, is running)"
    assert texts[2].startswith("ftjob-1: step 2 of 4, training loss 1.5, validation loss 1.4, about ")
    assert texts[3:] == ['The job "help-desk" succeeded: 2 steps, training loss 1.5, validation loss 1.4.']


def test_the_training_loss_is_the_mean_over_an_epoch(texts: list[str]) -> None:
    """One batch says little: the last epoch's steps are averaged."""
    steps = [metrics(1, 9.0), metrics(2, 9.0), metrics(3, 2.0), metrics(4, 1.0)]
    job(described("running"), described("succeeded"), events=steps).wait()
    assert texts[-1] == 'The job "help-desk" succeeded: 4 steps, training loss 1.5.'


def test_jobs_of_one_second_wait_in_the_order_of_the_list(texts: list[str]) -> None:
    """Newest first, as the sandbox lists them: those behind this one are ahead of it; paused and ended jobs are not."""
    now = int(time.time())
    names = [("ftjob-3", "queued"), ("ftjob-1", "queued"), ("ftjob-0", "queued"), ("ftjob-p", "paused"), ("ftjob-r", "running")]
    listed = [described(status, id=name, created_at=now) for name, status in names]
    job(described("queued", created_at=now), described("succeeded"), events=[], others=listed).wait()
    assert texts[0].startswith("ftjob-1: 2 jobs are ahead of it in the queue (ftjob-r, launched ")


def test_other_statuses_are_said_too(texts: list[str]) -> None:
    """Alone in the queue, started, paused with what to do, unknown."""
    states = ("queued", "running", "paused", "thinking", "succeeded")
    job(*[described(state) for state in states], events=[]).wait()
    assert texts[:2] == ["ftjob-1: it is queued and waits for its turn", "ftjob-1: training starts"]
    assert texts[2] == "ftjob-1 is paused. To go on: client.fine_tuning.jobs.resume('ftjob-1')"
    assert texts[3:] == ["ftjob-1: thinking", 'The job "help-desk" succeeded.']


def test_a_job_without_a_model_ends_in_a_sentence(texts: list[str]) -> None:
    """A failed job, and a wait that gives up."""
    with pytest.raises(JobFailed):
        job(described("running"), described("failed"), events=[metrics(1, 2.0)]).wait()
    assert texts[-1] == "The job failed: step 1 of 4, training loss 2."
    with pytest.raises(JobTimeout):
        job(described("running"), events=[]).wait(timeout=0)
    assert texts[-1] == "Stopped waiting; the job goes on."


def test_a_service_without_events_is_waited_for(texts: list[str]) -> None:
    """The line says less, and the wait does not suffer."""
    assert job(described("running"), described("succeeded"), events=None).wait().model == MODEL
    assert texts == ["ftjob-1: training starts", 'The job "help-desk" succeeded.']


def test_a_job_that_has_ended_needs_no_line(texts: list[str]) -> None:
    """Nothing was waited for; nor is anything shown to a caller who shows the events, or wants no line."""
    job(described("succeeded"), events=[]).wait()
    job(described("running"), described("succeeded"), events=[]).wait(on_event=lambda _event: None)
    job(described("running"), described("succeeded"), events=[]).wait(progress=False)
    assert texts == []


def test_a_real_wait_leaves_one_sentence_in_the_notebook(tmp_path: Path) -> None:
    """No id and no time, which differ in every run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK)])
    NotebookClient(notebook, kernel_name="python3", timeout=100, resources={"metadata": {"path": tmp_path}}).execute()
    line, result = notebook.cells[0].outputs
    assert result.data["text/plain"] == "'succeeded'"
    assert line.output_type == "display_data"
    assert line.data["text/plain"].startswith("The job succeeded: 6 steps, training loss ")
    assert "validation loss" in line.data["text/plain"]


def test_what_a_service_sends_in_place_of_numbers_does_not_end_the_wait(texts: list[str]) -> None:
    """Null, a text or NaN as a loss; zero epochs."""
    events = [metrics(1, 2.0), metrics(2, 1.0, valid_loss=float("nan"))]
    for step, loss in ((3, None), (4, "unknown")):
        events.append(metrics(step, loss))  # type: ignore[arg-type]
    events[1]["data"]["valid_loss"] = None
    zero = described("succeeded", hyperparameters={"n_epochs": 0})
    job(described("running"), zero, events=events).wait()
    assert texts[0].startswith("ftjob-1: step 2 of 4, training loss ")
    assert texts[-1].endswith("2 steps, training loss 1.00.") or "training loss 1" in texts[-1]
