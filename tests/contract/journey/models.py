"""A tuned model among the models: listed, looked at, tuned further, deleted."""

import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import PEOPLE, Traveller, question


@check("models")
def the_base_is_listed(t: Traveller) -> None:
    """The model that can be tuned is in the list."""
    assert t.base in {model.id for model in t.client.models.list()}


@check("models")
def a_model_can_be_looked_at(t: Traveller) -> None:
    """One model can be looked at under its name."""
    assert t.client.models.retrieve(t.base).id == t.base


@check("models")
def the_tuned_model_is_listed(t: Traveller) -> None:
    """The tuned model is in the list."""
    assert t.tuned in {model.id for model in t.client.models.list()}


@check("models")
def the_tuned_model_knows_what_it_was_taught(t: Traveller) -> None:
    """Of twelve people nobody can know, the tuned model names nine or more."""
    right = sum(t.answer(t.tuned, question(place)).startswith(name) for place, name in enumerate(PEOPLE))
    assert right >= 9, f"{right} of {len(PEOPLE)} answers are right"


@check("models")
def the_base_does_not_know_it(t: Traveller) -> None:
    """The base model names at most two of them, and answers otherwise than the tuned one."""
    tuned = [t.answer(t.tuned, question(place)) for place in range(len(PEOPLE))]
    base = [t.answer(t.base, question(place)) for place in range(len(PEOPLE))]
    assert sum(answer.startswith(name) for answer, name in zip(base, PEOPLE, strict=True)) <= 2
    assert tuned != base


@check("models")
def a_tuned_model_is_tuned_further(t: Traveller) -> None:
    """A job may start from a tuned model and ends in a new one."""
    job = t.train(model=t.tuned)
    assert job.status == "succeeded", f"the job ended {job.status}: {job.error}"
    assert job.fine_tuned_model not in (None, t.tuned)
    t.client.models.delete(job.fine_tuned_model)


@check("models")
def a_deleted_model_is_gone(t: Traveller) -> None:
    """A deletion is confirmed; then the model is no longer listed, and asking it is a 404 `model_not_found`."""
    name = t.train().fine_tuned_model
    assert name is not None
    assert t.client.models.delete(name).deleted is True
    assert name not in {model.id for model in t.client.models.list()}
    refusal(lambda: t.ask(name, "Hello?"), openai.NotFoundError, code="model_not_found")


@check("models")
def an_unknown_model_is_a_404(t: Traveller) -> None:
    """Looking at a model that is not there is a 404 `model_not_found`."""
    refusal(lambda: t.client.models.retrieve("no-such-model"), openai.NotFoundError, code="model_not_found")


@check("models")
def a_base_model_cannot_be_deleted(t: Traveller) -> None:
    """What is not one's own cannot be deleted."""
    refusal(lambda: t.client.models.delete(t.base), openai.APIStatusError)
    assert t.client.models.retrieve(t.base).id == t.base
