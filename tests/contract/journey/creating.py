"""Creating a job: what comes back, and what is refused."""

from typing import Any

import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import EPOCHS, METADATA, Traveller


@check("create")
def a_new_job_repeats_what_it_was_given(t: Traveller) -> None:
    """Model, files, seed and metadata come back as they were given."""
    job = t.created
    assert job.id.startswith("ftjob-")
    assert (job.model, job.training_file, job.validation_file) == (t.base, t.file.id, t.validation.id)
    assert (job.seed, job.metadata) == (7, METADATA)


@check("create")
def a_new_job_has_done_nothing(t: Traveller) -> None:
    """A new job is validating its files and has no model, no results, no tokens, no end and no error."""
    job = t.created
    assert job.status == "validating_files"
    assert (job.fine_tuned_model, job.finished_at, job.trained_tokens, job.error) == (None, None, None, None)
    assert job.result_files == []


@check("create")
def a_new_job_has_its_method(t: Traveller) -> None:
    """The method comes back with the hyperparameters that were given, as numbers and as "auto"."""
    method = t.created.method
    assert method is not None
    assert method.type == "supervised"
    given = method.supervised.hyperparameters
    assert (given.n_epochs, given.batch_size, given.learning_rate_multiplier) == (EPOCHS, 4, "auto")


@check("create")
def hyperparameters_are_auto_by_default(t: Traveller) -> None:
    """A job that was given none has `auto` for all three."""
    job = t.jobs.create(model=t.base, training_file=t.file.id)
    t.jobs.cancel(job.id)
    found = job.hyperparameters
    assert (found.n_epochs, found.batch_size, found.learning_rate_multiplier) == ("auto", "auto", "auto")


@check("create")
def the_old_place_of_hyperparameters_works(t: Traveller) -> None:
    """`hyperparameters` beside `model` counts as well."""
    job = t.jobs.create(model=t.base, training_file=t.file.id, hyperparameters={"n_epochs": 3})
    t.jobs.cancel(job.id)
    assert job.hyperparameters.n_epochs == 3


def refuse(t: Traveller, *, code: str | None = None, **given: Any) -> openai.APIStatusError:
    """Create a job that has to be a 400."""
    return refusal(
        lambda: t.jobs.create(**{"model": t.base, "training_file": t.file.id, **given}), openai.BadRequestError, code=code
    )


@check("create")
def an_unknown_model_cannot_be_tuned(t: Traveller) -> None:
    """A model that cannot be tuned is a 400 `model_not_available`."""
    refuse(t, model="no-such-model", code="model_not_available")


@check("create")
def an_unknown_file_cannot_be_used(t: Traveller) -> None:
    """A training file that does not exist is refused at once."""
    refuse(t, training_file="file-none")


@check("create")
def a_file_for_something_else_cannot_be_used(t: Traveller) -> None:
    """A file with another purpose than `fine-tune` is refused at once."""
    refuse(t, training_file=t.client.files.create(file=("a.jsonl", b'{"a": 1}\n'), purpose="user_data").id)


@check("create")
def hyperparameters_have_bounds(t: Traveller) -> None:
    """51 epochs, no epochs, a batch of 257 and a rate of 0 are each refused (the published bounds)."""
    for wrong in ({"n_epochs": 51}, {"n_epochs": 0}, {"batch_size": 257}, {"learning_rate_multiplier": 0}):
        refuse(t, method={"type": "supervised", "supervised": {"hyperparameters": wrong}})


@check("create")
def a_suffix_has_64_characters_at_most(t: Traveller) -> None:
    """One of 65 is refused."""
    refuse(t, suffix="s" * 65)


@check("create")
def a_seed_has_bounds(t: Traveller) -> None:
    """A seed below 0 and one of 2**31 are refused."""
    refuse(t, seed=-1)
    refuse(t, seed=2**31)


@check("create")
def metadata_has_bounds(t: Traveller) -> None:
    """17 pairs, and a value of 513 characters, are refused."""
    refuse(t, metadata={str(number): "x" for number in range(17)})
    refuse(t, metadata={"long": "x" * 513})


@check("create")
def a_misspelt_parameter_is_refused(t: Traveller) -> None:
    """A parameter nobody knows is refused, not ignored."""
    refuse(t, extra_body={"n_epoch": 3})


@check("create")
def reinforcement_needs_a_grader(t: Traveller) -> None:
    """A reinforcement job without a grader is refused."""
    refuse(t, method={"type": "reinforcement"})
