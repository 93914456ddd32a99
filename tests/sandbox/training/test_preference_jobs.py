"""Preference tuning through the real client: a whole job, its figures, and what the tuned model prefers then."""

import base64
import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest

from ftwidgets.engine import NANO, Model, encode_pair
from ftwidgets.engine.dpo import log_likelihoods
from ftwidgets.sandbox import Sandbox

THINGS = ["parcel", "fern", "order", "refund", "invoice", "pot", "cactus", "delivery", "basket", "seeds", "voucher", "card"]
NEW = ["shop", "lamp", "receipt", "account", "garden", "letter"]
DPO = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 4, "batch_size": 4, "beta": 0.2}}}


def pair(thing: str) -> tuple[str, str, str]:
    """A question with a kind answer and a curt one."""
    return f"Where is my {thing}?", f"Thank you for asking. We look for your {thing}.", f"Again? Look for your {thing}."


def rows(things: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "input": {"messages": [{"role": "user", "content": asked}], "tools": [], "parallel_tool_calls": True},
            "preferred_output": [{"role": "assistant", "content": kind}],
            "non_preferred_output": [{"role": "assistant", "content": curt}],
        }
        for asked, kind, curt in map(pair, things)
    ]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, world: Any) -> Iterator[tuple[Sandbox, openai.OpenAI, Any]]:
    """A sandbox, a client, and a job of preference tuning that has succeeded."""
    with Sandbox(tmp_path_factory.mktemp("tuned")) as opened, world.client(opened) as client:
        job = client.fine_tuning.jobs.create(
            model=world.base,
            training_file=world.upload(client, rows(THINGS)),
            validation_file=world.upload(client, rows(NEW[:2])),
            method=DPO,
            suffix="kind",
            seed=1,
        )
        assert job.hyperparameters.n_epochs is None  # the service shows none here, but null its client would not read
        assert job.method.dpo.hyperparameters.to_dict() == {
            "n_epochs": 4,
            "batch_size": 4,
            "beta": 0.2,
            "learning_rate_multiplier": "auto",
        }
        yield opened, client, world.wait_for_end(client, job.id)


def test_the_job_says_how_it_was_trained(tuned: Any) -> None:
    """The method and its numbers are shown, "auto" has become one, and nothing of supervised tuning stands there."""
    _, _, job = tuned
    assert (job.status, job.error) == ("succeeded", None)
    assert job.method.type == "dpo"
    assert job.method.dpo.hyperparameters.beta == 0.2
    assert job.method.dpo.hyperparameters.learning_rate_multiplier == 1.0
    assert job.method.supervised is None
    assert job.hyperparameters.to_dict() == {}


def test_the_tuned_model_prefers_what_it_was_to_prefer(tuned: Any) -> None:
    """On questions that no file had, the tuned model prefers the kind answer by far more than the base does."""
    opened, client, job = tuned
    folder = opened.store.model_folder(opened.store.model(job.fine_tuned_model).folder)
    base, model = Model.load(NANO), Model.load(folder)
    pairs = [
        encode_pair(base.tokenizer, [{"role": "user", "content": asked}], *both, max_tokens=512)
        for asked, *both in map(pair, NEW[2:])
    ]
    preferred = [np.subtract(*log_likelihoods(one, pairs).T) for one in (base, model)]
    assert (preferred[1] > preferred[0] + 5).all()  # nats
    assert (preferred[1] > 0).all()
    answer = client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": pair(NEW[3])[0]}], temperature=0, max_tokens=30
    )
    assert len(set(answer.choices[0].message.content.split())) > 1  # it still speaks


def test_every_step_tells_its_rewards(tuned: Any) -> None:
    """The first loss is log 2; the rewards part from there, on the validation pairs too; losses are printed as ever."""
    _, client, job = tuned
    events = [e for e in client.fine_tuning.jobs.list_events(job.id, limit=100).data if e.type == "metrics"][::-1]
    assert [event.data["step"] for event in events] == list(range(1, 13))
    first, last = events[0].data, events[-1].data
    assert first["train_loss"] == math.log(2)
    assert events[0].message.startswith("Step 1/12: training loss=0.69")
    assert (last["train_reward_accuracy"], last["full_valid_reward_accuracy"]) == (1.0, 1.0)
    assert last["train_reward_margin"] > 0.5 > first["train_reward_margin"] == 0.0
    assert last["full_valid_loss"] < math.log(2)
    assert 0 <= last["train_mean_token_accuracy"] <= 1
    point = client.fine_tuning.jobs.checkpoints.list(job.id).data[0]
    assert point.metrics.to_dict()["full_valid_reward_margin"] == last["full_valid_reward_margin"]


def test_the_result_file_has_the_rewards_behind_the_usual_columns(tuned: Any) -> None:
    """Whoever reads the service's columns by name or by place finds them where they always are."""
    _, client, job = tuned
    header, *lines = base64.b64decode(client.files.content(job.result_files[0]).read()).decode().splitlines()
    assert header == (
        "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,"
        "train_reward_accuracy,train_reward_margin,valid_reward_accuracy,valid_reward_margin"
    )
    assert len(lines) == 12
    assert lines[0].startswith("1,0.69315,")
    assert all(len(line.split(",")) == 9 for line in lines)


@pytest.mark.parametrize("wanted", ["supervised", "dpo"])
def test_a_file_for_the_other_method_fails_the_job(client: openai.OpenAI, world: Any, wanted: str) -> None:
    """The job fails in the service's words, which name the file and the method."""
    file_id = world.upload(client, rows(THINGS) if wanted == "supervised" else world.rows())
    format_, other = ("fine-tune-preference", "dpo") if wanted == "supervised" else ("fine-tune-chat", "supervised")
    job = client.fine_tuning.jobs.create(model=world.base, training_file=file_id, method={"type": wanted})
    error = world.wait_for_end(client, job.id).error
    assert error.code == "invalid_training_file"
    assert error.message == (
        "The job failed due to an invalid training file. "
        f"Invalid file format. Input file {file_id} is in the {format_} format, but the specified fine-tuning job is not "
        f"using '{other}' as the training method (provided method={wanted})."
    )


def test_pairs_that_look_alike_to_the_model_fail_the_job(client: openai.OpenAI, world: Any) -> None:
    """Where all answers lie beyond the context, nothing is left; where one does, the log says which and the rest is learned."""
    long = [row | {"input": {"messages": [{"role": "user", "content": "word " * 600}]}} for row in rows(THINGS)]
    job = client.fine_tuning.jobs.create(model=world.base, training_file=world.upload(client, long), method={"type": "dpo"})
    error = world.wait_for_end(client, job.id).error
    assert error.code == "invalid_training_file"
    assert error.message.startswith(
        "The job failed due to an invalid training file. 12 of 12 training examples are left out: an answer, or all in which "
        "the two answers differ, lies beyond the 512 tokens that the model reads (lines 1, 2, 3, 9 more)"
    )
    some = [*rows(THINGS), long[0]]
    job = client.fine_tuning.jobs.create(
        model=world.base, training_file=world.upload(client, some), method=dpo(n_epochs=1)["method"]
    )
    assert world.wait_for_end(client, job.id).status == "succeeded"
    cut, left_out = (
        event.message for event in reversed(client.fine_tuning.jobs.list_events(job.id).data) if event.level == "warn"
    )
    assert cut.startswith("1 of 13 examples is longer than 512 tokens")
    assert left_out.startswith("1 of 13 training examples is left out: an answer")
    assert left_out.endswith("(line 13)")


def dpo(**settings: Any) -> dict[str, Any]:
    return {"method": {"type": "dpo", "dpo": {"hyperparameters": settings}}}


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        (dpo(beta=0), "decimal_below_min_value", "method.dpo.hyperparameters.beta"),
        (dpo(beta=2.1), "decimal_above_max_value", "method.dpo.hyperparameters.beta"),
        (dpo(beta="strong"), "invalid_type", "method.dpo.hyperparameters.beta"),
        (dpo(n_epochs=51), "integer_above_max_value", "method.dpo.hyperparameters.n_epochs"),
        (dpo(batch_size=0), "integer_below_min_value", "method.dpo.hyperparameters.batch_size"),
        (dpo(learning_rate_multiplier=-1), "decimal_below_min_value", "method.dpo.hyperparameters.learning_rate_multiplier"),
        (dpo(loss="ipo"), "unknown_parameter", "method.dpo.hyperparameters.loss"),
        ({**dpo(), "hyperparameters": {"n_epochs": 2}}, "unsupported_parameter", "hyperparameters"),
        ({"method": {"type": "dpo", "supervised": {}}}, "unsupported_parameter", "method.supervised"),
        ({"method": {"dpo": {}}}, "unsupported_parameter", "method.dpo"),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"beta": 0.1}}}},
            "unknown_parameter",
            "method.supervised.hyperparameters.beta",
        ),
        ({"method": {"type": "reinforcement", "reinforcement": {}}}, "unsupported_value", "method.type"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(
    client: openai.OpenAI, world: Any, given: dict[str, Any], code: str, param: str
) -> None:
    """Out of range, unknown, of the other method, of a method that is not here: a 400 that names it, and no job."""
    file_id = world.upload(client, rows(THINGS))
    with pytest.raises(openai.BadRequestError) as caught:
        client.fine_tuning.jobs.create(model=world.base, training_file=file_id, **given)
    assert (caught.value.code, caught.value.param) == (code, param)
    assert client.fine_tuning.jobs.list().data == []


@pytest.mark.parametrize("beta", ["auto", 2, 0.01])
def test_beta_may_be_auto_or_a_number_up_to_two(client: openai.OpenAI, world: Any, beta: Any) -> None:
    """The ends of the published range are taken, and shown as they were given."""
    file_id = world.upload(client, rows(THINGS))
    job = client.fine_tuning.jobs.create(model=world.base, training_file=file_id, **dpo(beta=beta))
    client.fine_tuning.jobs.cancel(job.id)
    assert job.method is not None
    assert job.method.dpo is not None
    assert job.method.dpo.hyperparameters is not None
    assert job.method.dpo.hyperparameters.beta == beta


def test_a_stopped_job_goes_on_to_the_same_weights(tmp_path: Path, world: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Closed in the middle and opened again, a preference job ends in the weights of one that ran through."""
    caplog.set_level(logging.INFO, logger="ftwidgets.sandbox")
    ends = []
    for name, stops in (("whole", False), ("stopped", True)):
        home = tmp_path / name
        with Sandbox(home) as opened, world.client(opened) as client:
            job = client.fine_tuning.jobs.create(
                model=world.base, training_file=world.upload(client, rows(THINGS)), seed=3, **dpo(n_epochs=6, batch_size=4)
            )
            events = client.fine_tuning.jobs
            if stops:
                world.wait_for(lambda: any(e.type == "metrics" for e in events.list_events(job.id).data))  # noqa: B023
            else:
                world.wait_for_end(client, job.id)
        with Sandbox(home) as opened, world.client(opened) as client:
            done = world.wait_for_end(client, job.id)
            assert done.status == "succeeded"
            folder = opened.store.model_folder(opened.store.model(done.fine_tuned_model).folder)
            ends.append(Model.load(folder).params.flat)
    assert "goes on after step" in caplog.text
    assert np.array_equal(*ends)


def test_a_model_that_has_lost_its_words_fails_the_job(client: openai.OpenAI, world: Any) -> None:
    """At a rate far too high the margin may still grow; a model that says neither answer any more is not handed out."""
    file_id = world.upload(client, rows(THINGS))
    job = client.fine_tuning.jobs.create(
        model=world.base, training_file=file_id, seed=1, **dpo(n_epochs=2, batch_size=4, learning_rate_multiplier=1e4)
    )
    done = world.wait_for_end(client, job.id)
    assert (done.status, done.error.code) == ("failed", "training_diverged")
    assert done.fine_tuned_model is None
