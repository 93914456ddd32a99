"""Models through the openai client."""

import shutil
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from ftwidgets.sandbox import Sandbox

BASES = ["nano-2026-11", "nano-untrained-2026-11"]


def test_only_the_base_models_are_there_at_first(client: openai.OpenAI) -> None:
    """They go by their own names, the pretrained one first, and say whose they are."""
    models = list(client.models.list())
    assert [model.id for model in models] == BASES
    assert {(model.owned_by, model.object) for model in models} == {("ftwidgets", "model")}
    assert [client.models.retrieve(name) for name in BASES] == models


def test_tuned_models_are_listed_with_their_checkpoints(trained: Any) -> None:
    """The base models come first; each of the rest can be looked at by its name."""
    client, job = trained
    points = [point.fine_tuned_model_checkpoint for point in client.fine_tuning.jobs.checkpoints.list(job.id)]
    names = [model.id for model in client.models.list()]
    assert names[:2] == BASES
    assert set(names[2:]) == set(points)
    assert [client.models.retrieve(name).id for name in names] == names


@pytest.mark.parametrize("name", ["gpt-4o", "ft:gpt-4o-mini-2024-07-18:my-org::abc", "a/b", "ft:naïve:ü", "../etc"])
def test_an_unknown_model_comes_with_a_hint(client: openai.OpenAI, name: str) -> None:
    """Looking, deleting and asking are all refused alike; the hint says what is here."""
    ask = [{"role": "user", "content": "hi"}]
    calls = (
        lambda: client.models.retrieve(name),
        lambda: client.models.delete(name),
        lambda: client.chat.completions.create(model=name, messages=ask),
    )
    for call in calls:
        with pytest.raises(openai.NotFoundError, match="never plays a model it is not") as caught:
            call()
        assert caught.value.code == "model_not_found"
        assert f"The model `{name}` does not exist" in caught.value.message


@pytest.mark.parametrize("name", BASES)
def test_a_base_model_cannot_be_deleted(client: openai.OpenAI, name: str) -> None:
    """It is part of the package."""
    with pytest.raises(openai.PermissionDeniedError, match=f"cannot delete {name}: it is a base model"):
        client.models.delete(name)


def test_a_tuned_model_can_be_deleted(tmp_path: Path, world: Any) -> None:
    """Its name and its weights are gone at once; its job still tells what it was called."""
    home, settings = tmp_path / "home", {"n_epochs": 1, "batch_size": 10}
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        name = world.wait_for_end(client, job.id).fine_tuned_model
        assert len(list((home / "models").iterdir())) == 1
        assert client.models.delete(name).deleted
        assert list((home / "models").iterdir()) == []
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(name)
        assert client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model == name


def test_checkpoints_go_with_their_model(tmp_path: Path, world: Any) -> None:
    """A checkpoint can be deleted alone; deleting the final model deletes all of its job, and its list is empty then."""
    home, settings = tmp_path / "home", {"n_epochs": 4, "batch_size": 10}
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        final = world.wait_for_end(client, job.id).fine_tuned_model
        points = [point.fine_tuned_model_checkpoint for point in client.fine_tuning.jobs.checkpoints.list(job.id)]
        assert points[0] == final
        assert len(points) == 3
        for folder in (home / "models").iterdir():  # all weights, in half precision: no adapter beside a base
            assert 1_000_000 < sum(path.stat().st_size for path in folder.iterdir()) <= 10_000_000
        client.models.delete(points[2])
        left = [point.fine_tuned_model_checkpoint for point in client.fine_tuning.jobs.checkpoints.list(job.id)]
        assert left == points[:2]
        client.models.delete(final)
        assert client.fine_tuning.jobs.checkpoints.list(job.id).data == []
        assert [model.id for model in client.models.list()] == BASES
        assert list((home / "models").iterdir()) == []
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(points[1])


def test_a_model_whose_files_are_gone_is_unknown(tmp_path: Path, world: Any) -> None:
    """Somebody who empties the folder by hand gets a plain answer, not a server error."""
    home, settings = tmp_path / "home", {"n_epochs": 1, "batch_size": 10}
    with Sandbox(home) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        name = world.wait_for_end(client, job.id).fine_tuned_model
        shutil.rmtree(home / "models")
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model=name, messages=[{"role": "user", "content": "hi"}])


def test_the_list_takes_no_parameters(raw: httpx2.Client) -> None:
    """The service has none; one that is given is refused by name."""
    error = raw.get("/models?limit=3").json()["error"]
    assert (error["param"], error["code"]) == ("limit", "unknown_parameter")
