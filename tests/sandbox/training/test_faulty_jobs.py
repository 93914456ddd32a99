"""Faults of jobs, shutdowns and quotas, in a whole sandbox that really trains."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.faults import Faults
from ftwidgets.testing import ManualClock

Made = tuple[Sandbox, openai.OpenAI, ManualClock]


@pytest.fixture
def made(tmp_path: Path, world: Any) -> Iterator[Made]:
    """A sandbox on a clock that stands, and a strict client of it."""
    clock = ManualClock()
    with Sandbox(tmp_path / "home", clock=clock) as opened, world.client(opened, max_retries=0) as client:
        yield opened, client, clock


def start(client: openai.OpenAI, world: Any) -> str:
    """Start a short job."""
    method: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 5}}}
    job = client.fine_tuning.jobs.create(model=world.base, training_file=world.upload(client, world.rows()), method=method)
    return job.id


@pytest.mark.parametrize(
    ("rule", "code", "message", "steps"),
    [
        ({"stage": "validation"}, "invalid_training_file", "invalid training file", 0),
        ({"stage": "training", "at_step": 3}, "server_error", "The job failed due to an internal error", 2),
        ({"stage": "safety"}, "model_failed_safety_evaluation", "did not pass the safety evaluation", 4),
    ],
)
def test_a_job_fails_where_it_shall(rule: dict[str, Any], code: str, message: str, steps: int, made: Made, world: Any) -> None:
    """In each stage: status, error and event say so, no model is published, and the next job succeeds."""
    sandbox, client, _ = made
    sandbox.faults.fail_job(**rule)
    job = world.wait_for_end(client, start(client, world))
    assert (job.status, job.error.code, job.fine_tuned_model) == ("failed", code, None)
    assert message in job.error.message
    events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
    assert events[0].level == "error"
    assert events[0].message == job.error.message
    assert sum(event.type == "metrics" for event in events) == steps
    assert [model.id for model in client.models.list() if model.id.startswith("ft:")] == []
    assert client.fine_tuning.jobs.checkpoints.list(job.id).data == []
    assert world.wait_for_end(client, start(client, world)).status == "succeeded"


def test_what_shall_go_wrong_survives_a_restart(tmp_path: Path, world: Any) -> None:
    """It is in the job's record: another process, with no rule set, lets the job fail all the same."""
    clock = ManualClock()
    with Sandbox(tmp_path / "home", clock=clock, train=False) as opened, world.client(opened) as client:
        opened.faults.fail_job("training", at_step=2)
        job_id = start(client, world)
    with Sandbox(tmp_path / "home", clock=clock) as opened, world.client(opened) as client:
        assert opened.faults.rules == ()
        assert world.wait_for_end(client, job_id).error.code == "server_error"


def test_a_slow_queue_is_slow_by_the_clock(made: Made, world: Any) -> None:
    """The job stays queued until the clock has been turned so far, then it trains."""
    sandbox, client, clock = made
    sandbox.faults.slow_queue(30)
    jobs = client.fine_tuning.jobs
    job_id = start(client, world)
    world.wait_for(lambda: jobs.retrieve(job_id).status == "queued")
    clock.advance(29.9)
    assert jobs.retrieve(job_id).status == "queued"
    clock.wait_for_sleepers()
    assert jobs.retrieve(job_id).status == "queued"
    clock.advance(0.2)
    assert world.wait_for_end(client, job_id).status == "succeeded"


def test_a_model_is_shut_down(made: Made, world: Any) -> None:
    """Announced in the list of models, refused from that day on, back when the rules are cleared."""
    sandbox, client, clock = made  # the clock stands in September 2026
    sandbox.faults.shut_down(world.base, "2027-01-14")
    ask: Any = {"model": world.base, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
    assert "2027-01-14" in client.models.with_raw_response.retrieve(world.base).text
    client.chat.completions.create(**ask)
    clock.advance(200 * 24 * 3600)
    with pytest.raises(openai.NotFoundError, match="has been deprecated"):
        client.chat.completions.create(**ask)
    sandbox.faults.clear()
    client.chat.completions.create(**ask)


def test_trained_tokens_count_against_the_quota(made: Made, world: Any) -> None:
    """A job may begin while anything is left; after it the quota is used up."""
    sandbox, client, _ = made
    sandbox.faults.quota(1)
    assert world.wait_for_end(client, start(client, world)).trained_tokens > 1
    with pytest.raises(openai.RateLimitError) as raised:
        start(client, world)
    assert raised.value.code == "insufficient_quota"


def test_faults_of_jobs_are_decided_once() -> None:
    """As many jobs fail as were to; a slow queue holds every job; without rules there is nothing to keep."""
    faults = Faults()
    assert faults.next_job_fault(100) is None
    faults.fail_job("training", at_step=7, times=2)
    assert [faults.next_job_fault(100) for _ in range(3)] == [{"stage": "training", "at_step": 7}] * 2 + [None]
    faults.slow_queue(5)
    assert [faults.next_job_fault(now) for now in (100, 200)] == [{"ready_at": 105}, {"ready_at": 205}]
