"""Base models that have been added: what happens to jobs and tuned models when one is removed or damaged."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from ftwidgets import models
from ftwidgets.cli import main
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


def retype_context(folder: Path) -> None:
    """Put a word where the card has the number of tokens."""
    card = folder / "model_card.json"
    card.write_text(card.read_text(encoding="utf-8").replace('"context": 512', '"context": "long"'), encoding="utf-8")


def write(name: str, text: str) -> Callable[[Path], None]:
    """Make a function that puts this text into a file of a model folder, and leaves the file as long as it was."""

    def overwrite(folder: Path) -> None:
        size = (folder / name).stat().st_size
        (folder / name).write_text(text.ljust(size), encoding="utf-8")

    return overwrite


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, r"model\.safetensors has [\d,]+ bytes and should have [\d,]+"),
        (lambda folder: (folder / "config.json").unlink(), r"config\.json is missing"),
        (lambda folder: (folder / "model_card.json").unlink(), r"model_card\.json is missing"),
        (write("model_card.json", "{"), r"model_card\.json cannot be read"),
        (write("model_card.json", '{"files": {}}'), r"model_card\.json cannot be read"),
        (retype_context, r"model_card\.json cannot be read.*context is 'long'"),
    ],
)
def test_terminal_and_api_agree_on_a_damaged_model(
    added: Path,
    tmp_path: Path,
    world: Any,
    damage: Callable[[Path], None],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither offers it; whatever asks for it gets the reason and the commands that repair it, and so does an adapter to it."""
    monkeypatch.setenv("FTWIDGETS_MODELS", str(added))
    with Sandbox(tmp_path / "home", models=added) as sandbox, sandbox.client() as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model="small", training_file=file, hyperparameters={"n_epochs": 1})
        tuned = world.wait_for_end(client, job.id).fine_tuned_model
    damage(added / "small")
    repair = "ftwidgets models remove small, then ftwidgets models add PATH --as small"
    assert main.main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert re.search(f"small .*damaged: .*{message}.*{repair}", listed)
    with Sandbox(tmp_path / "home", models=added) as sandbox, sandbox.client() as client:
        assert "small" not in [model.id for model in client.models.list()]
        for ask in (
            lambda: answer(client, "small"),
            lambda: answer(client, tuned),
            lambda: client.models.retrieve("small"),
            lambda: client.fine_tuning.jobs.create(model="small", training_file=file),
        ):
            with pytest.raises(openai.InternalServerError, match=f"`small` is damaged.*{message}.*{repair}") as refusal:
                ask()
            assert refusal.value.code == "model_damaged"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (write("config.json", "{"), r"config\.json cannot be read"),
        (write("config.json", "[1, 2]"), r"config\.json cannot be read"),
        (write("tokenizer.json", "{}"), r"tokenizer\.json cannot be read"),
    ],
)
def test_a_file_that_is_damaged_inside_is_named(
    added: Path, tmp_path: Path, world: Any, damage: Callable[[Path], None], message: str
) -> None:
    """Its size is right, so only loading it shows the damage; a chat and a job name the file and say what to type."""
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
    replace(models.ModelCard.read(path.parent), files={}).write(path.parent)  # a card that has no sizes to compare
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
