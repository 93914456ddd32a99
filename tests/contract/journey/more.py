"""Preference tuning, graders, and the permissions of checkpoints."""

import math
from typing import Any

import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import PEOPLE, Traveller, preferences, question

CHECK: Any = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
LIKE: Any = {**CHECK, "type": "text_similarity", "evaluation_metric": "fuzzy_match"}
PROJECT = "proj_contract"


@check("preferences")
def preference_tuning_succeeds(t: Traveller) -> None:
    """A job with the method `dpo` trains a model and tells its beta."""
    assert t.preferring.method.type == "dpo"
    assert t.preferring.method.dpo.hyperparameters.beta == 0.2
    assert t.preferring.fine_tuned_model


@check("preferences")
def preference_tuning_begins_at_log_two(t: Traveller) -> None:
    """Before the first step both models agree, so the first loss is ln 2 (Rafailov et al. 2023, eq. 7); then it falls."""
    events = t.jobs.list_events(t.preferring.id, limit=100)
    losses = [event.data["train_loss"] for event in events if event.type == "metrics"][::-1]
    assert math.isclose(losses[0], math.log(2), abs_tol=0.01)
    assert losses[-1] < losses[0] - 0.1


@check("preferences")
def preference_tuning_turns_the_model(t: Traveller) -> None:
    """The tuned model answers most of the questions otherwise than the base did, and none with what was not preferred."""
    questions = [question(place) for place in range(len(PEOPLE))]
    tuned = [t.answer(t.preferring.fine_tuned_model, one) for one in questions]
    base = [t.answer(t.base, one) for one in questions]
    assert sum(one != other for one, other in zip(tuned, base, strict=True)) > len(PEOPLE) / 2
    assert "I cannot tell you that." not in tuned


@check("preferences")
def chats_are_no_preferences(t: Traveller) -> None:
    """A file of chats fails a preference job with `invalid_training_file`."""
    job = t.train(hyperparameters=openai.omit, method={"type": "dpo"})
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "invalid_training_file"


@check("preferences")
def preferences_are_no_chats(t: Traveller) -> None:
    """A file of preferences fails a supervised job with `invalid_training_file`."""
    job = t.train(training_file=t.upload(preferences()).id)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == "invalid_training_file"


def grade(t: Traveller, grader: Any, sample: str) -> Any:
    """Run a grader on an answer to a question whose right answer is "Paris"."""
    return t.client.fine_tuning.alpha.graders.run(grader=grader, model_sample=sample, item={"answer": "Paris"})


@check("graders")
def a_string_check_gives_one_or_nothing(t: Traveller) -> None:
    """`eq` gives 1 for the same text and 0 for another; `ilike` asks whether it is contained."""
    equal, inside = {**CHECK, "operation": "eq"}, {**CHECK, "operation": "ilike"}
    assert [grade(t, equal, sample).reward for sample in ("Paris", "paris", "London")] == [1, 0, 0]
    assert [grade(t, inside, sample).reward for sample in ("It is PARIS.", "It is London.")] == [1, 0]


@check("graders")
def a_similarity_lies_between(t: Traveller) -> None:
    """The same text has a similarity of 1, a similar one more than another one."""
    rewards = [grade(t, LIKE, sample).reward for sample in ("Paris", "Pariss", "London")]
    assert rewards[0] == 1
    assert 0 <= rewards[2] < rewards[1] < 1


@check("graders")
def graders_combine(t: Traveller) -> None:
    """A multi grader calculates with the rewards of its parts and tells them."""
    parts = {"exact": {**CHECK, "operation": "eq", "name": "exact"}, "like": {**LIKE, "name": "like"}}
    both = {"type": "multi", "name": "both", "graders": parts, "calculate_output": "0.5 * exact + 0.5 * like"}
    found = grade(t, both, "Paris")
    assert found.reward == 1
    assert found.sub_rewards == {"exact": 1, "like": 1}
    assert found.metadata.errors.formula_parse_error is False


@check("graders")
def a_grader_can_be_validated(t: Traveller) -> None:
    """A good grader comes back; one with an operation that does not exist is a 400."""
    validate = t.client.fine_tuning.alpha.graders.validate
    good: Any = {**CHECK, "operation": "ne"}
    assert validate(grader=good).grader.operation == "ne"  # type: ignore[union-attr]
    bad: Any = {**CHECK, "operation": "almost"}
    refusal(lambda: validate(grader=bad), openai.BadRequestError, openai.UnprocessableEntityError)


@check("permissions")
def a_checkpoint_is_shared_with_a_project(t: Traveller) -> None:
    """A permission is made, listed for its project, and taken back."""
    permissions, name = t.client.fine_tuning.checkpoints.permissions, t.checkpoints[-1].fine_tuned_model_checkpoint
    made = list(permissions.create(name, project_ids=[PROJECT]))
    assert [permission.project_id for permission in made] == [PROJECT]
    assert [permission.id for permission in permissions.list(name, project_id=PROJECT)] == [made[0].id]
    assert permissions.delete(made[0].id, fine_tuned_model_checkpoint=name).deleted is True
    assert list(permissions.list(name)) == []


@check("permissions")
def an_unknown_checkpoint_is_not_shared(t: Traveller) -> None:
    """A permission for a checkpoint that is not there is refused."""
    create = t.client.fine_tuning.checkpoints.permissions.create
    refusal(
        lambda: create("ft:none:personal::x:ckpt-step-1", project_ids=[PROJECT]), openai.NotFoundError, openai.BadRequestError
    )
