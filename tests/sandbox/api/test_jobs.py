"""Fine-tuning jobs end to end, through the openai client."""

import base64
import re
from typing import Any

import openai
import pytest

import ftwidgets
from ftwidgets.engine import NANO, Tokenizer

STEPS = range(1, 9)
LOSS = r"\d+\.\d\d"
LOG = [
    r"Created fine-tuning job: ftjob-\w{24}",
    r"Validating training file: file-\w{24} and validation file: file-\w{24}",
    r"Files validated, moving job to queued state",
    r"Fine-tuning job started",
    *(rf"Step {step}/8: training loss={LOSS}(, validation loss={LOSS})?(, full validation loss={LOSS})?" for step in STEPS),
    r"Checkpoint created at step 4 with Snapshot ID: ft:nano-2026-11:personal:sums:\w{8}:ckpt-step-4",
    r"Checkpoint created at step 6 with Snapshot ID: ft:nano-2026-11:personal:sums:\w{8}:ckpt-step-6",
    r"New fine-tuned model created: ft:nano-2026-11:personal:sums:\w{8}",
    r"The job has successfully completed",
]


def test_a_job_learns(trained: Any) -> None:
    """Training lowers the loss on the very examples, and the whole validation set says so too."""
    client, job = trained
    metrics = [event.data for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics"]
    by_step = sorted(metrics, key=lambda data: data["step"])
    assert by_step[-1]["train_loss"] < by_step[0]["train_loss"]
    assert by_step[-1]["full_valid_loss"] < by_step[1]["full_valid_loss"]


def test_a_job_that_succeeded_says_what_came_of_it(trained: Any) -> None:
    """Status, model, tokens, result file, times and the numbers chosen are all in the job."""
    _, job = trained
    assert job.status == "succeeded"
    assert re.fullmatch(r"ft:nano-2026-11:personal:sums:\w{8}", job.fine_tuned_model)
    assert job.trained_tokens > 0
    assert len(job.result_files) == 1
    assert job.finished_at >= job.created_at
    assert job.error is None
    assert job.seed == 5
    assert job.metadata == {"class": "one"}
    assert (job.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (4, 5)
    assert isinstance(job.hyperparameters.learning_rate_multiplier, float)
    assert job.method.supervised.hyperparameters.model_dump() == job.hyperparameters.model_dump()


def test_the_log_is_the_services_own(trained: Any) -> None:
    """The events come in the order and the words of the service, newest first."""
    client, job = trained
    messages = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=100).data]
    wrong = [(text, form) for text, form in zip(reversed(messages), LOG, strict=True) if not re.fullmatch(form, text)]
    assert wrong == []


def test_the_events_carry_the_services_data(trained: Any) -> None:
    """Messages have empty data, the start has none, metrics have the step and what it measured."""
    client, job = trained
    events = {event.message.split(":")[0]: event for event in client.fine_tuning.jobs.list_events(job.id, limit=100)}
    assert events["Files validated, moving job to queued state"].data == {}
    assert events["Fine-tuning job started"].data is None
    first, last = events["Step 1/8"], events["Step 8/8"]
    assert set(first.data) >= {"step", "train_loss", "total_steps", "train_mean_token_accuracy"}
    assert set(last.data) - set(first.data) >= {"full_valid_loss", "full_valid_mean_token_accuracy"}
    assert first.type == "metrics"
    assert first.level == "info"


def test_events_come_in_pages(trained: Any) -> None:
    """Pages of any size put together are the whole log, each line once."""
    client, job = trained
    jobs = client.fine_tuning.jobs
    whole = [event.id for event in jobs.list_events(job.id, limit=100).data]
    assert len(whole) == len(LOG)
    assert [event.id for event in jobs.list_events(job.id, limit=3)] == whole
    assert len(jobs.list_events(job.id, limit=3).data) == 3


def test_the_last_three_epochs_are_kept(trained: Any) -> None:
    """Checkpoints come newest first, every one with its own name; the last one is the model itself."""
    client, job = trained
    page = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert [point.step_number for point in page.data] == [8, 6, 4]
    assert page.data[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    names = [point.fine_tuned_model_checkpoint for point in page.data]
    assert all(name.endswith(f":ckpt-step-{step}") for name, step in zip(names[1:], [6, 4], strict=True))
    assert len({name.split(":")[4] for name in names}) == 3
    assert all(point.metrics.full_valid_loss is not None for point in page.data)
    assert [point.id for point in client.fine_tuning.jobs.checkpoints.list(job.id, limit=1)] == [
        point.id for point in page.data
    ]


def test_the_result_file_is_a_table_in_base64(trained: Any) -> None:
    """It has the service's header, a row a step, five decimals, blanks where nothing was validated."""
    client, job = trained
    file = client.files.retrieve(job.result_files[0])
    assert (file.purpose, file.filename) == ("fine-tune-results", "step_metrics.csv")
    header, *rows = base64.b64decode(client.files.content(file.id).read()).decode().splitlines()
    assert header == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert [row.split(",")[0] for row in rows] == [str(step) for step in range(1, 9)]
    assert all(re.fullmatch(r"\d+,\d+\.\d{5},\d\.\d{5},(\d+\.\d{5})?,(\d\.\d{5})?", row) for row in rows)


def test_auto_becomes_numbers(client: openai.OpenAI, world: Any) -> None:
    """A new job says "auto" everywhere; from its start it says what was chosen."""
    job = client.fine_tuning.jobs.create(model=world.base, training_file=world.upload(client, world.rows()))
    assert job.status == "validating_files"
    assert job.hyperparameters.n_epochs == job.hyperparameters.batch_size == "auto"
    assert (job.fine_tuned_model, job.finished_at, job.trained_tokens, job.result_files) == (None, None, None, [])
    jobs = client.fine_tuning.jobs
    running = world.wait_for(lambda: (now := jobs.retrieve(job.id)).status == "running" and now)
    assert running.hyperparameters.n_epochs == 10  # the service's rule: about 100 examples in all
    assert isinstance(running.hyperparameters.batch_size, int)
    assert jobs.cancel(job.id).status == "cancelled"


def test_a_job_without_a_seed_gets_one(client: openai.OpenAI, world: Any) -> None:
    """The seed is drawn by chance and shown, so that the run can be repeated."""
    file = world.upload(client, world.rows())
    made = [client.fine_tuning.jobs.create(model=world.base, training_file=file) for _ in range(2)]
    assert made[0].seed != made[1].seed
    for job in made:
        client.fine_tuning.jobs.cancel(job.id)


def test_a_running_job_stops_when_cancelled(client: openai.OpenAI, world: Any) -> None:
    """Cancelling is immediate: no event follows, nothing is published, and the next job gets its turn."""
    jobs, file = client.fine_tuning.jobs, world.upload(client, world.rows())
    first = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 50})
    second = jobs.create(model=world.base, training_file=file, hyperparameters={"n_epochs": 1, "batch_size": 10})
    world.wait_for(lambda: any(event.type == "metrics" for event in jobs.list_events(first.id)))
    assert jobs.cancel(first.id).status == "cancelled"
    assert world.wait_for_end(client, second.id).status == "succeeded"
    over = jobs.retrieve(first.id)
    assert (over.status, over.fine_tuned_model, over.result_files) == ("cancelled", None, [])
    assert next(iter(jobs.list_events(first.id))).message == "Fine-tuning job cancelled"
    assert jobs.checkpoints.list(first.id).data == []


def test_a_job_that_is_over_cannot_be_cancelled(trained: Any) -> None:
    """The refusal is a 400, at once: a client that tries again gains nothing."""
    client, job = trained
    with pytest.raises(openai.BadRequestError, match="succeeded already") as caught:
        client.fine_tuning.jobs.cancel(job.id)
    assert caught.value.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        (7, "invalid_n_examples", "Training file has 7 example(s), but must have at least 10 examples"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"content": "b"}]},
            "invalid_training_file",
            "The job failed due to an invalid training file. Invalid file format. "
            "Example 11, message 2 Discriminator 'role' is missing in value",
        ),
    ],
)
def test_bad_rows_fail_the_job(client: openai.OpenAI, world: Any, rows: Any, code: str, says: str) -> None:
    """A file with the shape of JSONL is taken; what its rows say fails the job, in the service's words."""
    given = world.rows(rows) if isinstance(rows, int) else [*world.rows(), rows]
    job = client.fine_tuning.jobs.create(model=world.base, training_file=world.upload(client, given))
    over = world.wait_for_end(client, job.id)
    assert over.status == "failed"
    assert (over.error.code, over.error.message, over.error.param) == (code, says, "training_file")
    last = client.fine_tuning.jobs.list_events(job.id).data[0]
    assert (last.level, last.message) == ("error", says)


def test_a_bad_validation_file_is_named(client: openai.OpenAI, world: Any) -> None:
    """The error says which of the two files is meant."""
    job = client.fine_tuning.jobs.create(
        model=world.base,
        training_file=world.upload(client, world.rows()),
        validation_file=world.upload(client, [{"messages": []}]),
    )
    error = world.wait_for_end(client, job.id).error
    assert (error.code, error.param) == ("invalid_validation_file", "validation_file")


def test_a_deleted_file_does_not_disturb_its_job(client: openai.OpenAI, world: Any) -> None:
    """A job keeps its own copy of the data."""
    file = world.upload(client, world.rows())
    settings = {"n_epochs": 1, "batch_size": 10}
    job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
    client.files.delete(file)
    assert world.wait_for_end(client, job.id).status == "succeeded"


def test_a_tuned_model_can_be_tuned_further(trained: Any, world: Any) -> None:
    """Its successor is named after the base model, as the service does."""
    client, job = trained
    file, settings = world.upload(client, world.rows()), {"n_epochs": 1, "batch_size": 10}
    further = client.fine_tuning.jobs.create(
        model=job.fine_tuned_model, training_file=file, hyperparameters=settings, suffix="more", seed=1
    )
    over = world.wait_for_end(client, further.id)
    assert over.fine_tuned_model.startswith("ft:nano-2026-11:personal:more:")
    first = [event for event in client.fine_tuning.jobs.list_events(job.id, limit=100) if "Step 1/" in event.message]
    again = [event for event in client.fine_tuning.jobs.list_events(over.id, limit=100) if "Step 1/" in event.message]
    assert again[0].data["train_loss"] < first[0].data["train_loss"]


def test_long_examples_are_cut_and_said_so(client: openai.OpenAI, world: Any) -> None:
    """An example beyond the context is no error; the log warns of it, with its number and how long it is."""
    rows = world.rows()
    rows[3]["messages"][1]["content"] = "very " * 600
    settings = {"n_epochs": 1, "batch_size": 10}
    file = world.upload(client, rows)
    job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
    assert world.wait_for_end(client, job.id).status == "succeeded"
    warnings = [event.message for event in client.fine_tuning.jobs.list_events(job.id) if event.level == "warn"]
    n_tokens = len(Tokenizer.load(NANO).encode_example(rows[3]["messages"], max_tokens=10_000).ids)
    assert warnings == [
        f"1 of 10 examples is longer than 512 tokens, and its end is cut off: training example 4 ({n_tokens:,} tokens)"
    ]


def test_examples_without_an_answer_in_the_context_are_left_out_and_said_so(client: openai.OpenAI, world: Any) -> None:
    """Their lines are named, of both files, and the data check finds the same ones; if no example is left, the job fails."""
    rows = world.rows(12)
    for i in (1, 3, 5, 6):
        rows[i]["messages"][0]["content"] = "very " * 600
    rows[8]["messages"][1]["content"] = "very " * 600  # its answer begins in time
    whole = len(Tokenizer.load(NANO).encode_example(rows[0]["messages"], max_tokens=512).ids)
    answered = [rows[0], rows[1]]
    settings = {"n_epochs": 1, "batch_size": 4}
    training, validation = world.upload(client, rows), world.upload(client, answered)
    job = client.fine_tuning.jobs.create(
        model=world.base, training_file=training, validation_file=validation, hyperparameters=settings
    )
    over = world.wait_for_end(client, job.id)
    assert (over.status, over.trained_tokens < 9 * whole + 512) == ("succeeded", True)
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=100))
    warnings = [event.message for event in reversed(events) if event.level == "warn" and "left out" in event.message]
    beyond = "the whole answer lies beyond the 512 tokens that the model reads"
    assert warnings == [
        f"4 of 12 training examples are left out: {beyond} (lines 2, 4, 6, 1 more)",
        f"1 of 2 validation examples is left out: {beyond} (line 2)",
    ]
    found = ftwidgets.check(rows, model=world.base).findings
    assert [finding.row for finding in found if "no part of the answer is among them" in finding.message] == [2, 4, 6, 7]

    nothing = world.upload(client, [rows[1]] * 10)
    job = client.fine_tuning.jobs.create(model=world.base, training_file=nothing, hyperparameters=settings)
    error = world.wait_for_end(client, job.id).error
    assert (error.code, error.param) == ("invalid_training_file", "training_file")
    assert f"10 of 10 training examples are left out: {beyond} (lines 1, 2, 3, 7 more). Shorten" in error.message


@pytest.mark.parametrize("n_epochs", [1, 3])
@pytest.mark.parametrize("multiplier", [1e3, 1e6, 1e30, 1e300])
def test_a_job_that_diverges_says_so(client: openai.OpenAI, world: Any, multiplier: float, n_epochs: int) -> None:
    """A learning rate beyond reason ends in an error that names the way out, not in a model of nonsense or a warning."""
    job = client.fine_tuning.jobs.create(
        model=world.base,
        training_file=world.upload(client, world.rows()),
        hyperparameters={"learning_rate_multiplier": multiplier, "batch_size": 10, "n_epochs": n_epochs},
    )
    over = world.wait_for_end(client, job.id)
    assert over.status == "failed"
    assert (over.error.code, over.error.param) == ("training_diverged", "hyperparameters")
    assert over.error.message.endswith("Try a smaller learning_rate_multiplier.")
    assert not any(model.id.startswith("ft:") for model in client.models.list())


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"model": "gpt-4o-mini"}, None),
        ({"training_file": "file-nowhere"}, "training_file"),
        ({"validation_file": "file-nowhere"}, "validation_file"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"suffix": "a:b"}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs"),
        ({"hyperparameters": {"batch_size": "many"}}, "hyperparameters.batch_size"),
        ({"hyperparameters": {"learning_rate_multiplier": 0}}, "hyperparameters.learning_rate_multiplier"),
        ({"method": {"type": "reinforcement"}}, "method.type"),
        ({"method": {"type": "supervised", "dpo": {}}}, "method.dpo"),
        ({"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]}, "integrations"),
        ({"extra_body": {"trainingType": "globalStandard"}}, "trainingType"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    client: openai.OpenAI, world: Any, given: dict[str, Any], param: str | None
) -> None:
    """A parameter that is unknown, unsupported or out of range is a 400 that names it, and makes no job."""
    usual = {"model": world.base, "training_file": world.upload(client, world.rows())}
    with pytest.raises(openai.BadRequestError) as caught:
        client.fine_tuning.jobs.create(**{**usual, **given})
    assert caught.value.param == param
    assert client.fine_tuning.jobs.list().data == []


def test_an_unknown_model_comes_with_a_hint(client: openai.OpenAI, world: Any) -> None:
    """The sandbox never plays a model it is not, and says which one it has."""
    with pytest.raises(openai.BadRequestError, match="Model gpt-4o is not available for fine-tuning") as caught:
        client.fine_tuning.jobs.create(model="gpt-4o", training_file=world.upload(client, world.rows()))
    assert caught.value.code == "model_not_available"
    assert "nano-2026-11" in caught.value.message


def test_jobs_are_listed_by_metadata(trained: Any) -> None:
    """The filter of the client reaches the list; what does not fit is left out."""
    client, job = trained
    jobs = client.fine_tuning.jobs
    assert [found.id for found in jobs.list(metadata={"class": "one"})] == [job.id]
    assert jobs.list(metadata={"class": "two"}).data == []
    assert jobs.list(metadata={"course": "one"}).data == []


def test_an_unknown_job_is_a_404(client: openai.OpenAI) -> None:
    """Looking at, cancelling or listing what is not there is refused in the same words."""
    jobs = client.fine_tuning.jobs
    for call in (jobs.retrieve, jobs.cancel, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError, match="Could not find fine tune: ftjob-none"):
            call("ftjob-none")
