"""Jobs that train an adapter: on a base model that was added, and on the bundled one."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

import ftwidgets
from ftwidgets.engine import NANO, Model
from ftwidgets.engine.safetensors_file import write_bfloat16
from ftwidgets.models import ModelCard
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.inference import completion
from ftwidgets.sandbox.inference.catalog import Catalog
from tests.sandbox.conftest import BASE, make_rows, upload_rows, wait_for

ADDED = "tiny-135"  # the bundled weights under another name, stored as an added model is


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of added models with one in it."""
    folder = tmp_path_factory.mktemp("models")
    (folder / ADDED).mkdir()
    nano = Model.load(NANO)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(NANO / name, folder / ADDED)
    write_bfloat16(folder / ADDED / "model.safetensors", nano.config, nano.params.named.__getitem__)  # type: ignore[attr-defined]
    ModelCard(ADDED, "nano in bfloat16", "BSD-3-Clause", "a test", 3_148_224, 512, 512).write(folder / ADDED)
    return folder


@pytest.fixture
def sandbox(tmp_path: Path, models: Path) -> Iterator[Sandbox]:
    """A sandbox that serves the added model."""
    with Sandbox(tmp_path / "home", models=models) as made:
        yield made


def start(client: openai.OpenAI, model: str = ADDED, method: str = "supervised", **settings: Any) -> str:
    """Start a job on ten rows and give its id."""
    asked = {"n_epochs": 2, "batch_size": 5, **settings}
    file = upload_rows(client, make_rows() if method == "supervised" else preference_rows())
    return client.fine_tuning.jobs.create(
        model=model,
        training_file=file,
        seed=7,
        method={"type": method, method: {"hyperparameters": asked}},  # type: ignore[arg-type]
    ).id


def preference_rows() -> list[dict[str, Any]]:
    """Questions with a better and a worse answer."""
    return [
        {
            "input": {"messages": row["messages"][:1]},
            "preferred_output": row["messages"][1:],
            "non_preferred_output": [{"role": "assistant", "content": "No idea."}],
        }
        for row in make_rows()
    ]


def finish(client: openai.OpenAI, job: str) -> Any:
    """Wait for the end of a job and give it."""

    def over() -> Any:
        found = client.fine_tuning.jobs.retrieve(job)
        return found if found.status in ("succeeded", "failed") else None

    return wait_for(over)


def say(client: openai.OpenAI, model: str, text: str = "What is 3 and one?") -> str | None:
    """Ask greedily."""
    messages: Any = [{"role": "user", "content": text}]
    return (
        client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=12).choices[0].message.content
    )


def stored(sandbox: Sandbox) -> dict[str, bytes]:
    """Give the adapters of a sandbox by the step they are of."""
    return {
        path.parent.name.split("-step-")[1]: path.read_bytes() for path in sandbox.store.home.rglob("adapter_model.safetensors")
    }


def test_an_added_model_is_listed_asked_and_tuned_by_an_adapter(sandbox: Sandbox) -> None:
    """Its tuned model and checkpoint are adapters alone; both answer, and go with the model when it is deleted."""
    client = sandbox.client()
    assert [model.id for model in client.models.list()][2:] == [ADDED]
    assert client.models.retrieve(ADDED).owned_by == "ftwidgets"
    job = finish(client, start(client))
    assert job.method.supervised.hyperparameters.to_dict() == {
        "n_epochs": 2,
        "batch_size": 5,
        "learning_rate_multiplier": 2.0,  # sentences, not labels
        "lora": True,
        "lora_r": 16,
        "lora_alpha": 32.0,
    }
    assert job.fine_tuned_model.startswith(f"ft:{ADDED}:personal:")
    folders = sorted(sandbox.store.home.glob("models/*"))
    assert [sorted(path.name for path in folder.iterdir()) for folder in folders] == [
        ["adapter_config.json", "adapter_model.safetensors", "base.sha256"]
    ] * 2
    checkpoint = client.fine_tuning.jobs.checkpoints.list(job.id).data[-1].fine_tuned_model_checkpoint
    assert say(client, ADDED) != say(client, job.fine_tuned_model)
    assert say(client, checkpoint)
    client.models.delete(job.fine_tuned_model)
    assert not list(sandbox.store.home.glob("models/*"))
    with pytest.raises(openai.PermissionDeniedError, match=f"ftwidgets models remove {ADDED}"):
        client.models.delete(ADDED)


def test_an_adapter_that_learns_labels_takes_half_the_rate_and_larger_batches(sandbox: Sandbox) -> None:
    """`auto` looks at the answers: a word each here. The bundled model's own weights keep multiplier 1 and batches of 4."""
    client = sandbox.client()
    rows = make_rows()
    for n, row in enumerate(rows):
        row["messages"][1]["content"] = "yes" if n % 2 else "no"
    file = upload_rows(client, rows)
    for model, batch_size in ((ADDED, 8), (BASE, 4)):
        job = client.fine_tuning.jobs.create(model=model, training_file=file, hyperparameters={"n_epochs": 1})
        chosen = finish(client, job.id).hyperparameters
        assert (chosen.learning_rate_multiplier, chosen.batch_size) == (1.0, batch_size)


def test_all_adapters_of_a_base_share_its_weights(sandbox: Sandbox, models: Path) -> None:
    """Loaded once, whatever number of tuned models is asked."""
    client = sandbox.client()
    names = [finish(client, start(client, n_epochs=1, lora_r=rank)).fine_tuned_model for rank in (2, 4)]
    catalog = Catalog(sandbox.store, models=models)
    first, second, base = (catalog.load(name) for name in (*names, ADDED))
    assert first.params.base is second.params.base is base.params  # type: ignore[attr-defined]


@pytest.mark.parametrize(("method", "settings"), [("supervised", {}), ("supervised", {"lora_dropout": 0.2}), ("dpo", {})])
def test_a_job_that_is_stopped_ends_in_the_same_bytes(tmp_path: Path, models: Path, method: str, settings: Any) -> None:
    """Closed in the middle and opened again, it writes the adapter that an undisturbed job writes."""
    with Sandbox(tmp_path / "calm", models=models) as calm:
        assert finish(calm.client(), start(calm.client(), method=method, n_epochs=6, **settings)).status == "succeeded"
        expected = stored(calm)
    with Sandbox(tmp_path / "stopped", models=models) as sandbox:
        client = sandbox.client()
        job = start(client, method=method, n_epochs=6, **settings)
        wait_for(lambda: any(event.type == "metrics" for event in client.fine_tuning.jobs.list_events(job)))
    with Sandbox(tmp_path / "stopped", models=models) as sandbox:
        assert finish(sandbox.client(), job).status == "succeeded"
        assert len(expected) == 3
        assert stored(sandbox) == expected


def test_dropout_is_shown_and_noted_beside_the_adapter(sandbox: Sandbox) -> None:
    """In the job's settings and in PEFT's file; it changes what is learned, and a job that goes on may choose another."""
    client = sandbox.client()
    plain, dropped = (finish(client, start(client, lora_r=4, **more)) for more in ({}, {"lora_dropout": 0.25}))
    assert dropped.method.supervised.hyperparameters.lora_dropout == 0.25
    assert not hasattr(plain.method.supervised.hyperparameters, "lora_dropout")
    plain_file, dropped_file = (
        next(sandbox.store.home.glob(f"models/{job.id}-step-*/adapter_config.json")) for job in (plain, dropped)
    )
    assert json.loads(dropped_file.read_text())["lora_dropout"] == 0.25
    weights = (file.with_name("adapter_model.safetensors").read_bytes() for file in (plain_file, dropped_file))
    assert len(set(weights)) == 2
    again = finish(client, start(client, model=dropped.fine_tuned_model, lora_dropout=0.1))
    assert again.method.supervised.hyperparameters.lora_dropout == 0.1
    without = finish(client, start(client, model=dropped.fine_tuned_model))
    assert not hasattr(without.method.supervised.hyperparameters, "lora_dropout")


def test_a_job_that_goes_on_from_an_adapter_keeps_its_size(sandbox: Sandbox) -> None:
    """Another rank fails with both; left out, the adapter is trained further."""
    client = sandbox.client()
    tuned = finish(client, start(client, lora_r=4)).fine_tuned_model
    again = finish(client, start(client, model=tuned))
    assert (again.status, again.method.supervised.hyperparameters.lora_r) == ("succeeded", 4)
    other = finish(client, start(client, model=tuned, lora_r=8))
    assert (other.error.code, other.error.param) == ("invalid_hyperparameters", "hyperparameters")
    assert "lora_r 4 and lora_alpha 8" in other.error.message


@pytest.mark.parametrize(
    ("model", "settings", "words"),
    [
        (BASE, {"lora_r": 4}, 'Set "lora" to true'),
        (BASE, {"lora_dropout": 0.1}, 'Set "lora" to true'),
        (ADDED, {"lora": False, "lora_alpha": 4}, '"lora" is false'),
        (BASE, {"lora": True, "lora_r": 256}, "lora_r is 256, and the model's matrices have 192 rows"),
    ],
)
def test_settings_that_do_not_go_together_fail_the_job(sandbox: Sandbox, model: str, settings: Any, words: str) -> None:
    """In validation, with what to do."""
    job = finish(sandbox.client(), start(sandbox.client(), model=model, **settings))
    assert job.error.code == "invalid_hyperparameters"
    assert words in job.error.message


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"lora_r": 0}, "lora_r"),
        ({"lora_alpha": -1}, "lora_alpha"),
        ({"lora": "yes"}, "lora"),
        ({"lora_dropout": -0.1}, "lora_dropout.*Expected a value >= 0"),
        ({"lora_dropout": 1}, "lora_dropout.*Expected a value < 1"),
        ({"lora_rank": 4}, "lora_rank"),
    ],
)
def test_settings_out_of_range_are_a_400_that_names_them(sandbox: Sandbox, settings: Any, param: str) -> None:
    """With the range; so is one that this sandbox does not have."""
    with pytest.raises(openai.BadRequestError, match=param):
        start(sandbox.client(), **settings)


def test_the_bundled_model_can_be_tuned_by_an_adapter_and_the_added_one_as_a_whole(sandbox: Sandbox) -> None:
    """Where a job says so; the whole one is stored as a model of its own."""
    client = sandbox.client()
    small = finish(client, start(client, model=BASE, lora=True))
    whole = finish(client, start(client, lora=False))
    assert small.method.supervised.hyperparameters.lora_r == 16
    assert not hasattr(whole.method.supervised.hyperparameters, "lora_r")
    assert say(client, small.fine_tuned_model)
    assert say(client, whole.fine_tuned_model)
    assert len(list(sandbox.store.home.glob("models/*/model.safetensors"))) == 2


def test_an_adapter_is_never_put_on_other_weights_of_the_same_name(tmp_path: Path, models: Path) -> None:
    """Its answers would be nonsense, and nobody would know why; with the earlier weights it answers again."""
    own = tmp_path / "models"
    shutil.copytree(models, own)
    weights = own / ADDED / "model.safetensors"
    before = weights.read_bytes()
    with Sandbox(tmp_path / "home", models=own) as sandbox:
        tuned = finish(sandbox.client(), start(sandbox.client(), n_epochs=1)).fine_tuned_model
        answer = say(sandbox.client(), tuned)
    weights.write_bytes(before[:-64] + bytes(64))
    other = f"adapter to `{ADDED}`, and the weights of that name .* are other ones"
    with Sandbox(tmp_path / "home", models=own) as sandbox, pytest.raises(openai.NotFoundError, match=other):
        say(sandbox.client(), tuned)
    weights.write_bytes(before)
    with Sandbox(tmp_path / "home", models=own) as sandbox:
        assert say(sandbox.client(), tuned) == answer


def test_without_its_base_an_adapter_says_how_to_get_it_back(tmp_path: Path, models: Path) -> None:
    """The tuned model stays listed; asking it, and a job on it, name the model to add."""
    own = tmp_path / "models"
    shutil.copytree(models, own)
    with Sandbox(tmp_path / "home", models=own) as sandbox:
        tuned = finish(sandbox.client(), start(sandbox.client(), n_epochs=1)).fine_tuned_model
    shutil.rmtree(own / ADDED)
    with Sandbox(tmp_path / "home", models=own) as sandbox:
        client = sandbox.client()
        assert tuned in [model.id for model in client.models.list()]
        with pytest.raises(openai.NotFoundError, match=f"ftwidgets models add PATH --as {ADDED}"):
            say(client, tuned)
        job = finish(client, start(client, model=tuned))
        assert job.error.code == "model_not_found"
        assert f"ftwidgets models add PATH --as {ADDED}" in job.error.message


def test_a_job_that_cannot_fit_fails_with_the_figures(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it needs, what is free, what to change; nothing is trained."""
    monkeypatch.setattr("ftwidgets.engine.available_memory", lambda: 1_000_000)
    job = finish(sandbox.client(), start(sandbox.client()))
    assert (job.status, job.error.code) == ("failed", "insufficient_memory")
    assert "0.0 GB are free" in job.error.message
    assert "batch_size (now 5)" in job.error.message


def test_where_memory_is_short_layers_are_computed_twice_with_the_same_result(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's events say so, and the adapter has the same bytes."""
    results = []
    for n, free in enumerate((10**12, 12_000_000)):
        monkeypatch.setattr("ftwidgets.engine.available_memory", lambda free=free: free)
        with Sandbox(tmp_path / str(n), models=models) as sandbox:
            client = sandbox.client()
            job = start(client, lora_r=2)
            assert finish(client, job).status == "succeeded"
            warnings = [event.message for event in client.fine_tuning.jobs.list_events(job) if event.level == "warn"]
            assert [("computed twice" in warning) for warning in warnings] == [True] * n
            results.append(stored(sandbox))
    assert results[0] == results[1]


def test_answers_that_are_generated_together_are_those_of_one_alone(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve at once, of different lengths, one of them given up in the middle; streamed and whole."""
    monkeypatch.setattr(completion, "LARGE", 0)
    texts = [f"What is {n} and one? " * (n + 1) for n in range(12)]
    alone = [say(sandbox.client(), ADDED, text) for text in texts]

    async def ask(client: openai.AsyncOpenAI, text: str) -> str | None:
        messages: Any = [{"role": "user", "content": text}]
        answer = await client.chat.completions.create(model=ADDED, messages=messages, temperature=0, max_tokens=12)
        return answer.choices[0].message.content

    async def give_up(client: openai.AsyncOpenAI) -> None:
        messages: Any = [{"role": "user", "content": "Tell me a long story."}]
        stream = await client.chat.completions.create(model=ADDED, messages=messages, stream=True, max_tokens=300)
        async for _ in stream:
            await stream.close()
            break

    async def all_at_once() -> list[Any]:
        async with sandbox.async_client() as client:
            found = await asyncio.gather(give_up(client), *(ask(client, text) for text in texts))
            return [*found[1:], await ask(client, texts[0])]

    assert asyncio.run(all_at_once()) == [*alone, alone[0]]


def test_evaluate_and_job_know_adapters(sandbox: Sandbox) -> None:
    """The kit's own functions take an added model as any other."""
    client = sandbox.client()
    job = ftwidgets.launch(client, upload_rows(client, make_rows()), model=ADDED, n_epochs=1, seed=1)
    assert job.wait(timeout=60).status == "succeeded"
    result = ftwidgets.evaluate(client, {"base": ADDED, "tuned": job.model or ""}, make_rows(3))
    assert set(result.answers.columns) >= {"base", "tuned"}
