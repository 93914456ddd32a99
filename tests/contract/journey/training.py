"""A job from its first status to its result file."""

import base64
import csv
import io
import math
import re
from statistics import mean
from typing import Any

import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import EPOCHS, PEOPLE, SUFFIX, Traveller, lessons

# What the service logs, in order, as published logs of real jobs show it.
LOG = (
    "Created fine-tuning job: ftjob-",
    "Validating training file: file-",
    "Files validated, moving job to queued state",
    "Fine-tuning job started",
    "Step 1/",
    "Checkpoint created at step ",
    "New fine-tuned model created: ft:",
    "The job has successfully completed",
)
HEADER = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]


@check("training")
def statuses_come_in_order(t: Traveller) -> None:
    """A job validates, may be seen queued, runs and succeeds."""
    order = ("validating_files", "queued", "running", "succeeded")
    seen = [job.status for job in t.seen]
    assert set(seen) <= set(order)
    places = [order.index(status) for status in seen]
    assert places == sorted(places)
    assert {"validating_files", "running", "succeeded"} <= set(seen)


@check("training")
def a_finished_job_has_its_results(t: Traveller) -> None:
    """Done, a job has a model, one result file, tokens, an end after its beginning, and no error."""
    assert t.tuned
    assert len(t.job.result_files) == 1
    assert t.job.error is None
    assert t.job.finished_at >= t.job.created_at


@check("training")
def auto_becomes_numbers(t: Traveller) -> None:
    """Once it runs, a job tells the numbers that `auto` stood for."""
    found = t.job.hyperparameters
    assert (found.n_epochs, found.batch_size) == (EPOCHS, 4)
    assert isinstance(found.learning_rate_multiplier, float | int)


@check("training")
def trained_tokens_are_counted_by_epoch(t: Traveller) -> None:
    """The tokens trained are those of the file times the epochs."""
    assert t.job.trained_tokens % EPOCHS == 0
    assert t.job.trained_tokens / EPOCHS >= 8 * len(PEOPLE)


@check("training")
def a_tuned_model_is_named_after_its_base(t: Traveller) -> None:
    """The name is `ft:<base>:<organisation>:<suffix>:<something of its own>`."""
    assert re.fullmatch(rf"ft:{re.escape(t.base)}:[^:]+:{SUFFIX}:\w+", t.tuned)


@check("training")
def the_loss_falls(t: Traveller) -> None:
    """It really learns: the loss of the last epoch is less than half that of the first."""
    losses = [data["train_loss"] for data in t.metrics]
    epoch = len(losses) // EPOCHS
    assert epoch >= 1, f"{len(losses)} losses for {EPOCHS} epochs"
    assert mean(losses[-epoch:]) < mean(losses[:epoch]) / 2


@check("events")
def the_log_tells_the_story(t: Traveller) -> None:
    """The lines that the service is known to log are there, in its order."""
    said = [event.message for event in t.events]
    places = [next((place for place, line in enumerate(said) if line.startswith(start)), None) for start in LOG]
    assert None not in places, f"no line begins with {LOG[places.index(None)]!r}"
    assert places == sorted(places)  # type: ignore[type-var]


@check("events")
def the_log_comes_newest_first(t: Traveller) -> None:
    """The first event of the first page is the last thing that happened."""
    assert t.job
    listed = t.jobs.list_events(t.job.id, limit=5).data
    assert [event.id for event in listed] == [event.id for event in reversed(t.events[-5:])]
    assert [event.created_at for event in t.events] == sorted(event.created_at for event in t.events)


@check("events")
def the_log_comes_page_by_page(t: Traveller) -> None:
    """Pages of three give every event once."""
    assert t.events
    paged = [event.id for event in t.jobs.list_events(t.job.id, limit=3)]
    assert paged == [event.id for event in reversed(t.events)]
    assert t.jobs.list_events(t.job.id, limit=3).has_more is True


@check("events")
def metrics_come_as_data(t: Traveller) -> None:
    """Every metrics event has its step, the number of steps, a loss and an accuracy."""
    for data in t.metrics:
        assert {"step", "total_steps", "train_loss", "train_mean_token_accuracy"} <= set(data)
        assert math.isfinite(data["train_loss"])
        assert 0 <= data["train_mean_token_accuracy"] <= 1


@check("events")
def no_step_is_missing(t: Traveller) -> None:
    """There is one metrics event for each step."""
    total = EPOCHS * len(PEOPLE) // 4
    assert [data["step"] for data in t.metrics] == list(range(1, total + 1))
    assert {data["total_steps"] for data in t.metrics} == {total}


@check("events")
def validation_is_measured(t: Traveller) -> None:
    """With a validation file there are validation losses, and a full one at the end of each epoch."""
    assert any("valid_loss" in data for data in t.metrics)
    full = [data["step"] for data in t.metrics if "full_valid_loss" in data]
    assert full == [len(PEOPLE) // 4 * (epoch + 1) for epoch in range(EPOCHS)]


@check("checkpoints")
def the_last_three_epochs_are_kept(t: Traveller) -> None:
    """There are three checkpoints, newest first, each at the end of an epoch."""
    epoch = len(PEOPLE) // 4
    assert [point.step_number for point in t.checkpoints] == [epoch * EPOCHS, epoch * (EPOCHS - 1), epoch * (EPOCHS - 2)]
    assert {point.fine_tuning_job_id for point in t.checkpoints} == {t.job.id}
    assert all(point.metrics.train_loss is not None for point in t.checkpoints)


@check("checkpoints")
def the_last_checkpoint_is_the_model(t: Traveller) -> None:
    """The newest checkpoint is the tuned model; the others are named after their step."""
    names = [point.fine_tuned_model_checkpoint for point in t.checkpoints]
    assert names[0] == t.tuned
    for name, point in list(zip(names, t.checkpoints, strict=True))[1:]:
        assert name.endswith(f":ckpt-step-{point.step_number}")


@check("checkpoints")
def checkpoints_come_page_by_page(t: Traveller) -> None:
    """Pages of one give every checkpoint once."""
    assert [point.id for point in t.jobs.checkpoints.list(t.job.id, limit=1)] == [point.id for point in t.checkpoints]


@check("checkpoints")
def a_checkpoint_can_be_asked(t: Traveller) -> None:
    """An earlier checkpoint answers under its own name."""
    name = t.checkpoints[-1].fine_tuned_model_checkpoint
    assert t.ask(name, "Who lives at number 2?").model == name


def table(t: Traveller) -> list[list[str]]:
    """Read the result file."""
    text = base64.b64decode(t.client.files.content(t.job.result_files[0]).read(), validate=True).decode()
    return list(csv.reader(io.StringIO(text)))


@check("results")
def the_result_file_is_a_csv_in_base64(t: Traveller) -> None:
    """The result file decodes to a table with the service's columns and a row a step."""
    rows = table(t)
    assert rows[0] == HEADER
    assert [int(row[0]) for row in rows[1:]] == list(range(1, len(t.metrics) + 1))


@check("results")
def the_result_file_agrees_with_the_events(t: Traveller) -> None:
    """The losses in the table are those that the events told."""
    told = [data["train_loss"] for data in t.metrics]
    assert all(math.isclose(float(row[1]), loss, abs_tol=2e-4) for row, loss in zip(table(t)[1:], told, strict=True))


@check("results")
def the_result_file_is_listed(t: Traveller) -> None:
    """It is a file with the purpose `fine-tune-results`."""
    listed = {file.id for file in t.client.files.list(purpose="fine-tune-results")}
    assert t.job.result_files[0] in listed


def failed(t: Traveller, rows: list[dict[str, Any]]) -> Any:
    """Train on rows that cannot be trained on, and give the job."""
    job = t.train(training_file=t.upload(rows).id)
    assert job.status == "failed", f"the job ended {job.status}"
    assert job.fine_tuned_model is None
    assert job.error is not None
    assert job.error.param == "training_file"
    assert t.jobs.list_events(job.id, limit=100).data
    return job


@check("failing")
def nine_examples_are_too_few(t: Traveller) -> None:
    """A job with nine examples fails with `invalid_n_examples` and leaves no model."""
    assert failed(t, lessons()[:9]).error.code == "invalid_n_examples"


@check("failing")
def a_row_without_a_role_fails_the_job(t: Traveller) -> None:
    """A message without a role fails the job with `invalid_training_file`, and the row is named."""
    rows = lessons()
    del rows[4]["messages"][0]["role"]
    error = failed(t, rows).error
    assert error.code == "invalid_training_file"
    assert "5" in error.message


@check("failing")
def a_failed_job_logs_an_error(t: Traveller) -> None:
    """The log of a failed job has an event of the level `error`."""
    job = failed(t, lessons()[:3])
    assert "error" in {event.level for event in t.jobs.list_events(job.id, limit=100).data}


@check("failing")
def a_failed_job_has_no_checkpoints(t: Traveller) -> None:
    """A failed job lists none, and cannot be cancelled any more."""
    job = failed(t, lessons()[:2])
    assert t.jobs.checkpoints.list(job.id).data == []
    refusal(lambda: t.jobs.cancel(job.id), openai.BadRequestError, openai.ConflictError)
