import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import openai
import pytest

from ftwidgets.jobs.job import launch
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.faults import Faults
from ftwidgets.widgets.launch import JobLauncher
from ftwidgets.widgets.monitor import JobMonitor
from tests.jobs.test_job import Service, described, statuses
from tests.widgets.monitor.test_job_monitor import NO_MORE, text_of, until, written


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """A client of the kit's own sandbox that sends each request once."""
    with sandbox.client(max_retries=0) as made:
        yield made


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("429 retry-after=0.1", "The service rejected the request (429): Rate limit reached"),
        ("500", "The service rejected the request (500): The server had an error"),
        ("quota", "The service rejected the request (429): You exceeded your current quota"),
        ("drop", "The service does not answer."),
        ("answer lost", "The service does not answer."),
    ],
)
def test_whatever_goes_wrong_with_an_order_is_said(
    client: openai.OpenAI, faults: Faults, tmp_path: Path, wrong: str, words: str
) -> None:
    """Each fault of the sandbox reaches the status line in words, and the next press makes the job."""
    launcher = JobLauncher(client, written(tmp_path / "t.jsonl", 12), model="nano-2026-11", n_epochs=1)
    faults.script([wrong], route="POST /fine_tuning/jobs")
    launcher._button.click()
    with pytest.raises(openai.APIError):
        launcher.wait(30)
    assert words in launcher.status.html
    assert launcher.job is None
    assert not launcher._button.disabled
    launcher._button.click()
    assert launcher.wait(30).cancel().status == "cancelled"


def test_a_passing_refusal_is_said_in_the_words_of_the_service() -> None:
    """Too fast: the sentence says so, the monitor goes on, and the job is followed to its end."""
    fast = {"error": {"message": "Rate limit reached for <b>requests</b>.", "type": "requests", "code": "rate_limit_exceeded"}}
    now: list[httpx2.Response | None] = [httpx2.Response(429, json=fast)]

    def jobs(_: httpx2.Request) -> httpx2.Response:
        return now[0] or httpx2.Response(200, json=described("succeeded"))

    monitor = JobMonitor(Service(jobs=jobs, events=NO_MORE, checkpoints=NO_MORE).client(), "ftjob-1")
    until(lambda: monitor.status.html)
    assert "The service rejected the request (429): Rate limit reached for &lt;b&gt;requests" in monitor.status.html
    assert "The monitor keeps trying. The job is not affected." in monitor.status.html
    now[0] = None
    assert monitor.wait(20).status == "succeeded"
    assert monitor.status.html == ""


def test_a_paused_job_rests_and_goes_on(client: openai.OpenAI, faults: Faults, tmp_path: Path) -> None:
    """A word, how to resume it, and a bar that stands still; the monitor sees it go on and follows it to its end."""
    job = launch(client, written(tmp_path / "train.jsonl", 40), model="nano-2026-11", n_epochs=3, batch_size=1)
    monitor = JobMonitor(client, job)
    until(lambda: monitor._job_view.losses.last)
    client.fine_tuning.jobs.pause(job.id)
    until(lambda: "paused" in monitor._job_view.header.html)
    assert text_of(monitor._job_view.headline.html) == "It waits until somebody resumes it."
    assert monitor.resume_button.layout.display == ""
    assert re.search(r'<progress aria-label="Steps" value="\d+" max="120">', monitor._job_view.progress.html)
    assert not monitor.cancel_button.disabled
    faults.script(["500", "drop", "429 retry-after=0.1"], route="GET /fine_tuning/jobs/*")
    until(lambda: any(entry.status == 429 for entry in faults.journal.entries))
    assert monitor._watch.busy
    monitor.resume_button.click()
    assert monitor.wait(120).status == "succeeded"
    assert "ftw-wrong" not in monitor.status.html
    assert monitor.resume_button.layout.display == "none"


def test_a_job_that_is_paused_before_it_began_shows_no_moving_bar() -> None:
    """A bar without a value moves, as if something were going on."""
    monitor = JobMonitor(Service(jobs=statuses("paused"), events=NO_MORE).client(), "ftjob-1")
    until(lambda: monitor._job_view.headline.html)
    assert monitor._job_view.progress.html == '<p class="ftw-progress">Steps: not begun</p>'
    monitor.close()
    monitor._watch.wait(20)


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        ("validation", "failed: there is no tuned model. invalid_training_file: "),
        ("training", "failed: there is no tuned model. server_error: The job failed due to an internal error"),
        ("safety", "failed: there is no tuned model. model_failed_safety_evaluation: The fine-tuned model did not pass"),
    ],
)
def test_a_job_that_fails_at_any_stage_says_why(
    client: openai.OpenAI, faults: Faults, tmp_path: Path, stage: str, says: str
) -> None:
    """Also the one that was trained to its end: its curve is there, its reason too, and no step can be asked."""
    faults.fail_job(stage)
    monitor = JobMonitor(client, launch(client, written(tmp_path / "t.jsonl", 10), model="nano-2026-11", n_epochs=1))
    assert monitor.wait(60).status == "failed"
    assert text_of(monitor._job_view.headline.html).startswith(says.replace("failed: there", "There"))
    assert monitor.static_text().startswith(says)
    assert monitor.steps == []
    assert (len(monitor.job.curve) > 0) == (stage == "safety")


def test_a_job_of_another_method_is_followed(client: openai.OpenAI, faults: Faults) -> None:
    """Preferences: the losses, the epochs and the tuned model, as for a supervised job."""
    row = {
        "input": {"messages": [{"role": "user", "content": "hi"}]},
        "preferred_output": [{"role": "assistant", "content": "hello"}],
        "non_preferred_output": [{"role": "assistant", "content": "what"}],
    }
    rows = (json.dumps(row) + "\n").encode() * 10
    file = client.files.create(file=("pairs.jsonl", rows), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model="nano-2026-11",
        training_file=file.id,
        method={"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 2, "batch_size": 5}}},
    )
    monitor = JobMonitor(client, job.id)
    assert monitor.wait(120).status == "succeeded"
    assert "step 4 of 4" in monitor._job_view.progress.html
    assert "<caption>" in monitor._job_view.table.html
    assert monitor.steps[-1] == 4
    assert client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model is not None
    faults.shut_down("nano-2026-11", "2026-01-01")
    monitor.ask_checkpoint(4)
    with pytest.raises(openai.NotFoundError):
        monitor.answers(30)
    assert "has been deprecated" in monitor.status.html
