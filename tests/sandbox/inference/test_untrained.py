"""The base model that has learned nothing: the same network as the other, with random weights."""

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest

from ftwidgets.engine import NANO, Model
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.inference.catalog import BASE, UNTRAINED, Catalog
from ftwidgets.sandbox.store.store import Store

ASK: Any = [{"role": "user", "content": "Hello, how are you?"}]


@pytest.fixture
def catalogs(tmp_path: Path) -> list[Catalog]:
    """Two catalogs, as of two processes; each keeps one model in memory."""
    return [Catalog(Store(tmp_path / name), n_kept=1) for name in ("one", "two")]


def test_it_has_the_shape_of_the_other_and_none_of_its_weights(catalogs: list[Catalog]) -> None:
    """Same network, same tokenizer; matrices drawn around zero, not one number in common but the gains' start."""
    untrained, nano = catalogs[0].load(UNTRAINED), catalogs[0].load(BASE)
    assert untrained.config == nano.config == Model.load(NANO).config
    assert untrained.tokenizer.encode_prompt(ASK) == nano.tokenizer.encode_prompt(ASK)
    drawn, learned = (model.params.flat[: model.params.n_matrix_weights] for model in (untrained, nano))
    assert abs(float(drawn.mean())) < 0.001
    assert abs(float(np.corrcoef(drawn, learned)[0, 1])) < 0.01


def test_its_weights_are_the_same_in_every_process(catalogs: list[Catalog]) -> None:
    """A job that goes on after a restart, and a learner beside another, start from the same numbers."""
    model = catalogs[0].load(UNTRAINED)
    here, gone = model.params.flat.copy(), weakref.ref(model)
    del model
    catalogs[0].load(BASE)  # there is room for one: the untrained one is dropped
    gc.collect()
    assert gone() is None
    assert np.array_equal(here, catalogs[1].load(UNTRAINED).params.flat)
    assert np.array_equal(here, catalogs[0].load(UNTRAINED).params.flat)


def test_it_answers_with_noise(client: openai.OpenAI) -> None:
    """It can be asked like any model, gives the same answer to the same question, and nothing that the other one says."""
    said = [
        client.chat.completions.create(model=name, messages=ASK, temperature=0, max_tokens=8)
        for name in (UNTRAINED, UNTRAINED, BASE)
    ]
    first, again, other = (answer.choices[0].message.content for answer in said)
    assert said[0].model == UNTRAINED
    assert first
    assert first == again != other


def test_it_is_tuned_like_the_other(tmp_path: Path, world: Any) -> None:
    """Same file, same seed: another start, so another loss; its models carry its name and can be tuned further."""
    settings = {"n_epochs": 1, "batch_size": 5, "learning_rate_multiplier": 1}
    with Sandbox(tmp_path / "home") as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())

        def first_loss(model: str) -> tuple[str, float]:
            job = client.fine_tuning.jobs.create(
                model=model, training_file=file, seed=1, hyperparameters=settings, suffix="sums"
            )
            job = world.wait_for_end(client, job.id)
            assert job.status == "succeeded", job.error
            events = [event.data for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics"]
            return job.fine_tuned_model, min(events, key=lambda data: data["step"])["train_loss"]

        (tuned, loss), (_, again), (_, pretrained) = map(first_loss, (UNTRAINED, UNTRAINED, BASE))
        assert tuned.startswith(f"ft:{UNTRAINED}:personal:sums:")
        assert loss == again
        assert loss == pytest.approx(np.log(4096), abs=0.3)  # no better than guessing among all tokens
        assert pretrained < loss - 2
        further, lower = first_loss(tuned)
        assert further.startswith(f"ft:{UNTRAINED}:personal:sums:")
        assert lower < loss


def test_the_hint_names_it(client: openai.OpenAI) -> None:
    """Whoever asks for a model that is not here is told of both that are."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-4o")
    assert BASE in caught.value.message
    assert f"{UNTRAINED} (the same network with random weights)" in caught.value.message
