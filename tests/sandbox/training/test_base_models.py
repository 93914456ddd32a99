"""Base models that have been added: what happens to jobs and tuned models when one is removed or damaged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets import models
from ftwidgets.engine import NANO
from ftwidgets.sandbox import Sandbox

SETTINGS: Any = {"n_epochs": 12, "batch_size": 5}


@pytest.fixture
def added(tmp_path: Path) -> Path:
    """Give a folder of added models with one in it: nano's weights under the name `small`."""
    models.add(str(NANO), name="small", folder=tmp_path / "models")
    return tmp_path / "models"


def answer(client: openai.OpenAI, model: str) -> str | None:
    """Ask a model something."""
    question: Any = {"role": "user", "content": "What is 3 and one?"}
    made = client.chat.completions.create(model=model, messages=[question], temperature=0, max_completion_tokens=12)
    return made.choices[0].message.content


def weights(home: Path) -> list[bytes]:
    """Read all adapters in a state folder, the smallest first."""
    return sorted(path.read_bytes() for path in (home / "models").rglob("adapter_model.safetensors"))


def test_a_job_whose_base_model_is_gone_keeps_what_it_has_learned(added: Path, tmp_path: Path, world: Any) -> None:
    """It is paused with the reason; resumed with the model in place, it ends in the weights of a job that never stopped."""
    with Sandbox(tmp_path / "unbroken", models=added) as sandbox, sandbox.client() as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model="small", training_file=file, seed=3, hyperparameters=SETTINGS)
        assert world.wait_for_end(client, job.id).status == "succeeded"
    home = tmp_path / "broken"
    with Sandbox(home, models=added) as sandbox, sandbox.client() as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model="small", training_file=file, seed=3, hyperparameters=SETTINGS)
        world.wait_for(lambda: [event for event in client.fine_tuning.jobs.list_events(job.id) if event.type == "metrics"])
    with Sandbox(home) as sandbox, sandbox.client() as client:
        jobs = client.fine_tuning.jobs
        world.wait_for(lambda: jobs.retrieve(job.id).status == "paused")
        reason = next(event.message for event in jobs.list_events(job.id) if event.level == "error")
        assert "`small` does not exist" in reason
        assert "keeps what it has learned" in reason
    with Sandbox(home, models=added) as sandbox, sandbox.client() as client:
        client.fine_tuning.jobs.resume(job.id)
        assert world.wait_for_end(client, job.id).status == "succeeded"
    assert weights(home) == weights(tmp_path / "unbroken")


def test_the_folder_may_be_given_as_text(added: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`models=` takes what `home=` takes: a path or a string, with "~" for the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for models_folder in (str(added), "~/models"):
        with Sandbox(tmp_path / "home", models=models_folder) as sandbox, sandbox.client() as client:
            assert "small" in [model.id for model in client.models.list()]


def cut(folder: Path) -> None:
    """Cut the weights off in the middle."""
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.unlink()  # a file that is mapped must not become shorter
    weights.write_bytes(content[: len(content) // 2])


def write(name: str, text: str) -> Callable[[Path], None]:
    """Make a function that puts this text into a file of a model folder."""
    return lambda folder: (folder / name).write_text(text, encoding="utf-8") and None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, r"model\.safetensors.*damaged"),
        (write("config.json", "{"), r"config\.json cannot be read"),
        (write("config.json", "[1, 2]"), r"config\.json cannot be read"),
        (write("tokenizer.json", "{}"), r"tokenizer\.json cannot be read"),
    ],
)
def test_a_damaged_model_is_named_with_the_file(
    added: Path, tmp_path: Path, world: Any, damage: Callable[[Path], None], message: str
) -> None:
    """A chat and a job on it say which file is damaged and what to type; nothing is retried, no traceback is logged."""
    damage(added / "small")
    with Sandbox(tmp_path / "home", models=added) as sandbox, sandbox.client() as client:
        with pytest.raises(openai.InternalServerError, match=message + ".*ftwidgets models remove small") as refusal:
            answer(client, "small")
        assert refusal.value.code == "model_damaged"
        file = world.upload(client, world.rows())
        failed = world.wait_for_end(client, client.fine_tuning.jobs.create(model="small", training_file=file).id)
        assert (failed.status, failed.error.code) == ("failed", "model_damaged")


def test_the_tokenizer_of_another_model_is_noticed(added: Path, tmp_path: Path) -> None:
    """A tokenizer with more tokens than the model has weights for is named, before a token without weights is looked up."""
    import tokenizers

    path = added / "small" / "tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.add_tokens(["supercalifragilistic"])
    tokenizer.save(str(path))
    with (
        Sandbox(tmp_path / "home", models=added) as sandbox,
        sandbox.client() as client,
        pytest.raises(openai.InternalServerError, match=r"4,097 tokens and the model only 4,096.*another model"),
    ):
        answer(client, "small")


def test_a_full_disk_pauses_a_job(added: Path, tmp_path: Path, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps what it has learned and names the file; with room again and resumed, it ends as if nothing had happened."""
    import safetensors.numpy

    from ftwidgets.engine import safetensors_file

    def disk_full(*_: Any, **__: Any) -> None:
        raise safetensors.SafetensorError("I/O error: No space left on device (os error 28)")

    settings: Any = {"n_epochs": 2, "batch_size": 5}
    with Sandbox(tmp_path / "home", models=added) as sandbox, sandbox.client() as client:
        jobs, file = client.fine_tuning.jobs, world.upload(client, world.rows())
        with monkeypatch.context() as patch:
            patch.setattr(safetensors_file, "save_file", disk_full)
            job = jobs.create(model="small", training_file=file, hyperparameters=settings)
            world.wait_for(lambda: jobs.retrieve(job.id).status == "paused")
        reason = next(event.message for event in jobs.list_events(job.id) if event.level == "error")
        assert "No space left on device" in reason
        assert "keeps what it has learned" in reason
        assert not list((tmp_path / "home").rglob("*.safetensors"))
        jobs.resume(job.id)
        assert world.wait_for_end(client, job.id).status == "succeeded"
        assert [event.data["step"] for event in jobs.list_events(job.id) if event.type == "metrics"] == [4, 3, 2, 1]


def test_a_job_that_runs_out_of_memory_says_so(
    added: Path, tmp_path: Path, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When others took the memory meanwhile, the job fails with what to change, not with an internal error."""
    from ftwidgets.engine import Trainer

    def no_memory(*_: Any) -> None:
        raise MemoryError("Unable to allocate 444. KiB")

    monkeypatch.setattr(Trainer, "__iter__", no_memory)
    with Sandbox(tmp_path / "home", models=added) as sandbox, sandbox.client() as client:
        file = world.upload(client, world.rows())
        failed = world.wait_for_end(client, client.fine_tuning.jobs.create(model="small", training_file=file).id)
        assert (failed.status, failed.error.code) == ("failed", "insufficient_memory")
        assert "smaller batch_size" in failed.error.message
