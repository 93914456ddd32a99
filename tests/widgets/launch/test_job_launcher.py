"""The form for a job: what it says before the button, one job for one form, and every mistake in words."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import numpy as np
import openai
import pytest

from ftwidgets import Job, launch
from ftwidgets.data.cost import prices
from ftwidgets.data.tokens import count_tokens
from ftwidgets.engine import LoraSettings, Model, auto_hyperparameters, training_memory
from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.training import adapters
from ftwidgets.widgets.launch import JobLauncher, base_facts, estimate
from ftwidgets.widgets.launch.base_facts import BaseFacts, read_facts

CHAT = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """Give a client of the kit's own sandbox that sends each request once."""
    with sandbox.client(max_retries=0) as made:
        yield made


@pytest.fixture
def train(tmp_path: Path) -> Path:
    file = tmp_path / "train.jsonl"
    file.write_text(CHAT * 12)
    return file


@pytest.fixture
def validation(tmp_path: Path) -> Path:
    file = tmp_path / "validation.jsonl"
    file.write_text(CHAT * 3)
    return file


def jobs_of(client: openai.OpenAI) -> list[str]:
    return [job.id for job in client.fine_tuning.jobs.list().data]


def told(launcher: JobLauncher, name: str) -> str:
    """What the list below the button says about a field."""
    items = re.findall(r"<li>(.+?)</li>", launcher.status.html)
    label = f"{launcher.fields[name].label}: "
    return " ".join(item.removeprefix(label) for item in items if item.startswith(label))


def is_marked(launcher: JobLauncher, name: str) -> bool:
    return "ftw-bad" in launcher.fields[name].box._dom_classes


def test_a_launch_sends_what_the_form_says(client: openai.OpenAI, train: Path, validation: Path) -> None:
    """Python and the form are one: what was given, and what was changed later, is what the job is made from."""
    launcher = JobLauncher(client, train, validation, n_epochs=np.int64(2), batch_size=4, suffix="faq")
    launcher.seed, launcher.learning_rate_multiplier = 7, 0.5
    job = launcher.launch()
    assert isinstance(job, Job)
    assert launcher.job is job
    made = job.details
    assert (made.model, made.seed, made.suffix if hasattr(made, "suffix") else "faq") == ("nano-2026-11", 7, "faq")
    assert made.method is not None
    assert made.method.supervised is not None
    chosen = made.method.supervised.hyperparameters
    assert chosen is not None
    assert (chosen.n_epochs, chosen.batch_size, chosen.learning_rate_multiplier) == (2, 4, 0.5)
    assert job.wait(timeout=60).model
    assert ":faq:" in str(job.model)


def test_the_code_makes_the_same_job(client: openai.OpenAI, train: Path, validation: Path) -> None:
    """What "Show code" shows runs as it is, and the job it makes differs in nothing but its ids."""
    launcher = JobLauncher(client, train, validation, n_epochs=1, learning_rate_multiplier=2, seed=3, suffix="x")
    by_form = launcher.launch().details
    said: list[Any] = []
    scope: dict[str, Any] = {"client": client, "print": lambda *words: said.extend(words)}
    exec(launcher.code, scope)
    by_code = client.fine_tuning.jobs.retrieve(scope["job"].id)
    assert said[0] == by_code.id != by_form.id
    for name in ("model", "seed", "method", "metadata"):
        assert getattr(by_code, name) == getattr(by_form, name)
    for name in ("training_file", "validation_file"):
        first, second = (client.files.content(getattr(job, name)).read() for job in (by_code, by_form))
        assert first == second
    for job in (by_form, by_code):
        assert Job(client, job.id).wait(timeout=60).model


def test_an_uploaded_file_can_be_chosen(client: openai.OpenAI, train: Path) -> None:
    """Without files the form lists what is uploaded; what is chosen there is used by its id, also in the code."""
    with train.open("rb") as file:
        uploaded = client.files.create(file=file, purpose="fine-tune")
    launcher = JobLauncher(client)
    with pytest.raises(DataError, match="Training file: There is no training file yet"):
        launcher.launch()
    names = {value: name for name, value in launcher.fields["train_file"].control.options}
    assert re.fullmatch(r"train\.jsonl, 12 rows, uploaded today \d\d:\d\d", names[uploaded.id])
    launcher.train_file = uploaded.id
    assert launcher.fields["train_file"].control.label == names[uploaded.id]
    assert launcher.estimate is not None
    assert f'training_file="{uploaded.id}"' in launcher.code
    assert launcher.launch().cancel().details.training_file == uploaded.id


def test_two_fast_clicks_make_one_job(client: openai.OpenAI, train: Path) -> None:
    """The button is off before the first launch begins; afterwards it says so, and a change offers another job."""
    launcher = JobLauncher(client, train, n_epochs=1)
    launcher._button.click()
    assert launcher._button.disabled
    launcher._button.click()
    job = launcher.wait(30)
    assert jobs_of(client) == [job.id]
    launcher._work._thread and launcher._work._thread.join()
    assert (launcher._button.description, launcher._button.disabled) == ("Launched", False)
    launcher._button.click()
    assert launcher.wait(30) is job
    assert jobs_of(client) == [job.id]
    assert "Nothing was launched twice" in launcher.status.html
    assert "ftw-wrong" not in launcher.status.html
    launcher.n_epochs = 2
    assert (launcher._button.description, launcher._button.disabled) == ("Launch another", False)
    launcher.n_epochs = 1
    assert launcher._button.description == "Launched"
    job.cancel()


def test_many_threads_make_one_job(client: openai.OpenAI, train: Path) -> None:
    """However many ask at once, the same form is one job."""
    launcher = JobLauncher(client, train)
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(launcher.launch().id)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert jobs_of(client) == made[:1]
    launcher.job.cancel()  # type: ignore[union-attr]


def test_the_same_again_after_a_cancelled_job_or_a_changed_file(client: openai.OpenAI, train: Path) -> None:
    """A job in vain and a file that was mended are reasons for another one; the button learns of it by Refresh."""
    launcher = JobLauncher(client, train, n_epochs=50)
    first = launcher.launch()
    first.cancel()
    launcher._refresh_button.click()
    assert launcher._button.description == "Launch another"
    second = launcher.launch()
    assert second.id != first.id
    train.write_text(CHAT * 13)
    launcher.refresh()
    assert launcher._button.description == "Launch another"
    third = launcher.launch()
    assert len({first.id, second.id, third.id}) == 3
    for job in (second, third):
        job.cancel()


def test_a_job_that_is_gone_is_launched_again(client: openai.OpenAI, train: Path) -> None:
    """Where a service has forgotten a job, Refresh and the button do not end in its 404."""
    launcher = JobLauncher(client, train, n_epochs=50)
    launcher.launch().cancel()
    launcher._launched.job = Job(client, "ftjob-gone")
    launcher._refresh_button.click()
    assert launcher._button.description == "Launch another"
    again = launcher.launch()
    assert again.id in jobs_of(client)
    again.cancel()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("n_epochs", "abc", "Write auto, or a whole number from 1 to 50"),
        ("n_epochs", "0", "from 1 to 50"),
        ("n_epochs", "51", "from 1 to 50"),
        ("n_epochs", "2.5", "whole number"),
        ("batch_size", "-1", "from 1 to 256"),
        ("learning_rate_multiplier", "0,5", "Write 0.5, with a point"),
        ("learning_rate_multiplier", "0", "a number above 0"),
        ("learning_rate_multiplier", "nan", "a number above 0"),
        ("learning_rate_multiplier", "1e999", "a number above 0"),
        ("seed", "-4", "from 0 to 2147483647"),
        ("seed", "9999999999", "from 0 to 2147483647"),
        ("suffix", "a/b", "&quot;/&quot; is in it"),
        ("suffix", "x" * 65, "has 65 characters"),
        ("suffix", "<b>", "&lt;b&gt;"),
        ("train_file", "my_data/trian.jsonl", "does not exist"),
        ("train_file", "datasets/support_faq.csv", "is a table"),
        ("validation_file", "gone.jsonl", "There is no file"),
        ("train_file", "~nobody-here/train.jsonl", "nobody here has a home folder"),
        ("method", "dpo", "example answers only"),
    ],
)
def test_a_bad_value_is_said_in_the_list(client: openai.OpenAI, train: Path, name: str, text: str, words: str) -> None:
    """Each gets a red edge and a sentence as it is typed; launching is refused with the field's name; nothing is uploaded."""
    launcher = JobLauncher(client, train)
    assert not is_marked(launcher, name)
    launcher.fields[name].text = text
    assert words in told(launcher, name)
    assert is_marked(launcher, name)
    label = launcher.fields[name].label
    with pytest.raises(DataError, match=f"^{label}: "):
        launcher.launch()
    launcher._button.click()
    with pytest.raises(DataError):
        launcher.wait(10)
    assert "Nothing was launched." in launcher.status.html
    assert label in launcher.status.html
    assert client.files.list().data == []
    assert launcher.static_text()


def test_what_is_in_no_menu(client: openai.OpenAI, train: Path) -> None:
    """A method that does not exist is refused in words; a model need not be listed, for it may be newer than the list."""
    with pytest.raises(ValueError, match='Method: "sft" is not in the menu'):
        JobLauncher(client, train, method="sft")
    launcher = JobLauncher(client, train)
    launcher.model = "ft:nano-2026-11:personal:new:\N{GRINNING FACE}"
    assert launcher.settings().model == "ft:nano-2026-11:personal:new:\N{GRINNING FACE}"
    sent: dict[str, Any] = {}
    calls = SimpleNamespace(create=lambda **given: sent.update(given) or SimpleNamespace(id="", status=""))
    files = SimpleNamespace(create=lambda **given: SimpleNamespace(id="file-1"))
    exec(launcher.code, {"client": SimpleNamespace(fine_tuning=SimpleNamespace(jobs=calls), files=files)})
    assert sent["model"] == launcher.model
    launcher.refresh()
    assert launcher.model == sent["model"]


def test_an_empty_hyperparameter_is_auto(client: openai.OpenAI, train: Path) -> None:
    """A field that was emptied is no mistake: the service chooses."""
    launcher = JobLauncher(client, train)
    launcher.n_epochs = launcher.batch_size = launcher.learning_rate_multiplier = ""
    assert launcher.settings().hyperparameters == {}


def test_a_file_that_vanishes_is_said(client: openai.OpenAI, train: Path) -> None:
    """A file that was there when the form was made and is not there at the click: a sentence, and a live button."""
    launcher = JobLauncher(client, train)
    train.unlink()
    launcher._button.click()
    with pytest.raises(DataError, match="Training file: There is no file"):
        launcher.wait(10)
    assert "There is no file" in launcher.status.html
    assert not launcher._button.disabled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CHAT * 5, "There are 5 examples in the file; a job needs at least 10."),
        (CHAT * 11 + "not json\n", "Line 12 is not a chat in JSON"),
        (CHAT * 11 + '{"prompt": "a", "completion": "b"}\n', "Line 12 is not a chat"),
    ],
)
def test_a_doubtful_file_is_said_before_the_launch(client: openai.OpenAI, train: Path, text: str, words: str) -> None:
    """What the service would refuse later is told now; the service stays the judge."""
    train.write_text(text)
    assert words in told(JobLauncher(client, train), "train_file")


def test_a_refusal_of_the_service_is_said(client: openai.OpenAI, train: Path) -> None:
    """The service's own words reach the status line, and the button lives."""
    train.write_text(CHAT * 11 + "not json\n")
    launcher = JobLauncher(client, train)
    launcher._button.click()
    with pytest.raises(openai.BadRequestError):
        launcher.wait(10)
    assert "The service rejected the request (400)" in launcher.status.html
    assert not launcher._button.disabled


def test_validating_with_the_training_file_is_questioned(client: openai.OpenAI, train: Path) -> None:
    """The loss of the training file is no validation."""
    assert "This is the training file" in told(JobLauncher(client, train, train), "validation_file")


def test_a_service_that_does_not_answer_is_said() -> None:
    """The form still stands, with the reason, and launches nothing."""

    def lost(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    http_client = httpx2.Client(transport=httpx2.MockTransport(lost))
    client = openai.OpenAI(base_url="http://service.invalid/v1", api_key="k", max_retries=0, http_client=http_client)
    launcher = JobLauncher(client, "file-1")
    assert "does not answer" in launcher.status.html
    assert "no base model" in told(launcher, "model")
    assert launcher.train_file == "file-1"


def test_an_answer_that_is_no_answer_is_said(train: Path) -> None:
    """A page of HTML, as at an address without /v1: the form stands, and says so."""
    page = httpx2.Response(200, text="<html>", headers={"content-type": "text/html"})
    http_client = httpx2.Client(transport=httpx2.MockTransport(lambda _request: page))
    client = openai.OpenAI(base_url="http://service.invalid", api_key="k", http_client=http_client)
    assert "no API like OpenAI" in JobLauncher(client, "file-1").status.html
    for file in ("file-1", train):
        launcher = JobLauncher(client, file, model="m")
        launcher._button.click()
        with pytest.raises(FtwidgetsError, match="without the id"):
            launcher.wait(20)
        assert "without the id" in launcher.status.html


@pytest.mark.parametrize("data", [["a"], [None], [{}], [{"id": None}]])
def test_a_list_of_anything_else_is_no_traceback(data: list[object]) -> None:
    """The form stands, with no model in the menu."""
    http_client = httpx2.Client(transport=httpx2.MockTransport(lambda _request: httpx2.Response(200, json={"data": data})))
    client = openai.OpenAI(base_url="http://service.invalid", api_key="k", http_client=http_client)
    assert "no base model" in told(JobLauncher(client, "file-1"), "model")


def test_an_outage_that_is_over_is_not_told_any_more(
    client: openai.OpenAI, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refresh takes back what the last one said."""
    launcher = JobLauncher(client, train)
    with monkeypatch.context() as gone:
        gone.setattr(launcher._options, "_client", client.with_options(base_url="http://127.0.0.1:9/none"))
        launcher.refresh()
    assert "ftw-wrong" in launcher.status.html
    launcher.refresh()
    assert "ftw-wrong" not in launcher.status.html


def test_a_file_that_cannot_be_fetched_is_not_asked_for_at_every_key() -> None:
    """Typing does not wait for a service that has been asked already; Refresh asks again."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/content"):
            return httpx2.Response(500)
        file = {"id": "file-1", "object": "file", "bytes": 9, "created_at": 1, "filename": "a.jsonl", "purpose": "fine-tune"}
        return httpx2.Response(200, json={"object": "list", "data": [file]})

    http_client = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(base_url="http://service.invalid/v1", api_key="k", max_retries=0, http_client=http_client)
    launcher = JobLauncher(client, "file-1")
    for text in ("1", "12", "1"):
        launcher.n_epochs = text
    assert sum(path.endswith("/content") for path in asked) == 1
    launcher.refresh()
    assert sum(path.endswith("/content") for path in asked) == 2


# ---------------------------------------------------------------------------
# The estimate


def finished(seconds: int, tokens: int, status: str = "succeeded", model: str = "m") -> Any:
    return SimpleNamespace(status=status, model=model, trained_tokens=tokens, created_at=100, finished_at=100 + seconds)


def test_the_estimate_counts_tokens_times_epochs(client: openai.OpenAI, train: Path) -> None:
    """Twelve chats, by the tokenizer of the sandbox, eight epochs by the published rule; here it costs nothing."""
    launcher = JobLauncher(client, train)
    (each,) = count_tokens([{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}])
    found = launcher.estimate
    assert found is not None
    assert (found.trained_tokens, found.n_epochs) == (12 * each * 8, 8)
    assert found.seconds == found.trained_tokens / estimate.SANDBOX_TOKENS_PER_SECOND
    assert "on two idle cores" in found.time
    assert found.money.startswith("Nothing here.")
    assert found.time in launcher.static_text()
    launcher.n_epochs = 2
    assert launcher.estimate is not None
    assert launcher.estimate.trained_tokens == 12 * each * 2


def test_the_estimate_is_what_the_service_counts(client: openai.OpenAI, train: Path) -> None:
    """The job reports exactly the tokens that were announced, and the next estimate goes by that job's pace."""
    launcher = JobLauncher(client, train, n_epochs=2)
    announced = launcher.estimate
    assert announced is not None
    details = launcher.launch().wait(timeout=60).details
    assert details.trained_tokens == announced.trained_tokens
    launcher.refresh()
    again = launcher.estimate
    assert again is not None
    assert "as your last job ran" in again.time
    assert details.finished_at is not None
    assert again.seconds == pytest.approx(max(1, details.finished_at - details.created_at))


def test_the_pace_is_the_median_of_jobs_that_succeeded_on_this_model() -> None:
    """Failed jobs and other models do not count; the sandbox has a figure of its own. Nobody waits behind a paused job."""
    ran = [finished(10, 1000), finished(10, 3000), finished(10, 9000), finished(0, 9000, "failed"), finished(0, 9, model="x")]
    found = estimate.training_speed(ran, "m", sandbox=True)
    assert found is not None
    assert (found.tokens_per_second, found.source) == (300, "the median of your last 3 here")
    assert estimate.training_speed([], "m", sandbox=False) is None
    standard = estimate.training_speed([], "m", sandbox=True)
    assert standard is not None
    assert "two idle cores" in standard.source
    assert len(estimate.waiting([*ran, finished(0, 0, "running"), finished(0, 0, "paused")])) == 1


def test_the_time_in_the_queue_is_not_training_time() -> None:
    """Three jobs started at once, one trained after the other: each took ten seconds, wherever it stood in the queue."""
    ran = [finished(10, 1000), finished(20, 1000), finished(30, 1000)]
    found = estimate.training_speed(ran, "m", sandbox=True)
    assert found is not None
    assert found.tokens_per_second == 100


@pytest.fixture
def with_tiny(tmp_path: Path, added: Path) -> Iterator[openai.OpenAI]:
    """Give a client of a sandbox to which a base model was added, with a token a byte."""
    with Sandbox(tmp_path / "home", models=added.parent) as sandbox, sandbox.client(max_retries=0) as made:
        yield made


def test_an_added_model_is_counted_and_estimated_by_itself(with_tiny: openai.OpenAI, train: Path, added: Path) -> None:
    """Its own tokens, as the job then trains them; size, speed and memory of this machine; the next estimate by that job."""
    launcher = JobLauncher(with_tiny, train, model="tiny", n_epochs=1, batch_size=4)
    assert ("tiny", "tiny") in launcher.fields["model"].control.options
    announced = launcher.estimate
    assert announced is not None
    (each,) = count_tokens(
        [{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}], "tiny"
    )
    assert announced.trained_tokens == 12 * each
    assert "from how fast this machine multiplies matrices" in announced.time
    assert "reads 1,024 tokens" in launcher.static_text()
    assert "GB in all" in launcher.static_text()
    assert launcher.launch().wait(timeout=60).details.trained_tokens == announced.trained_tokens
    launcher.refresh()
    assert launcher.estimate is not None
    assert "as your last job ran" in launcher.estimate.time


@pytest.mark.parametrize("n_examples", [10, 99, 100, 5000])
def test_the_usual_settings_are_the_sandboxs(n_examples: int) -> None:
    """What the launcher takes for "auto" in its estimate of memory: the batch, and the adapter's rank."""
    assert base_facts.usual_batch(n_examples) == auto_hyperparameters(n_examples).batch_size
    assert base_facts.RANK == adapters.RANK


@pytest.mark.parametrize(("rank", "whole"), [(None, False), (4, False), (None, True)])
def test_the_memory_is_what_the_engine_counts(
    with_tiny: openai.OpenAI, train: Path, added: Path, rank: int | None, whole: bool
) -> None:
    """By the model's body alone the launcher comes to the figures by which the sandbox accepts or rejects the job."""
    facts = read_facts(with_tiny.models.retrieve("tiny"))
    assert facts is not None
    model, lengths = Model.load(added, context=1024), [30, 7, 500, 41, 200]
    lora = None if whole else LoraSettings(rank or 16, 32.0)
    for way, keep in (("kept", "all"), ("recomputed", "inputs")):
        counted = training_memory(model, lora, lengths, 3, keep)
        assert facts.job_memory(way, lengths, 3, rank, whole=whole) == counted


def test_what_is_said_about_memory() -> None:
    """Enough; enough for the slower way; not enough: each in words, with what is free."""
    way = {"per_token": 10**6, "per_token_of_longest": 0}
    memory = {"free": 10**9, "weights": 0, "per_rank": 0, "all_weights": 0, "kept": way}
    facts = BaseFacts(10**6, 10**6, 1024, 100.0, {**memory, "recomputed": {**way, "per_token": 10**5}})
    needs = [facts.need([n], batch_size=1, rank=None, whole=False) for n in (100, 1000, 10_000)]
    texts = [need.text for need in needs]
    assert [(need.figure, need.too_large) for need in needs] == [
        ("0.2 GB", False),
        ("0.2 GB", False),
        ("1.1 GB: too much", True),
    ]
    assert texts[0] == "About 0.2 GB in all; 1.0 GB are free."
    assert "computed twice, since only 1.0 GB are free" in texts[1]
    assert texts[2].startswith("The job needs about 1.0 GB, and 1.0 GB are free: it will be rejected.")
    odd = openai.types.Model.model_validate(
        {"id": "x", "object": "model", "created": 1, "owned_by": "y", "ftwidgets": {"a": 1}}
    )
    assert read_facts(odd) is None


def test_an_adapter_is_chosen_in_the_form(with_tiny: openai.OpenAI, train: Path) -> None:
    """Rank and kind go into the request and the code, and only where they are set; a bad rank is told at its field."""
    launcher = JobLauncher(with_tiny, train, model="tiny", n_epochs=1)
    assert "lora" not in launcher.code
    launcher.lora, launcher.lora_r = True, 4
    assert '"lora": True, "lora_r": 4' in launcher.code
    assert "What is trained: An adapter (LoRA)" in launcher.static_text()
    chosen = launcher.launch().wait(timeout=60).details.method.supervised.hyperparameters  # type: ignore[union-attr]
    assert (chosen.lora, chosen.lora_r) == (True, 4)  # type: ignore[union-attr]
    launcher.lora_r = "half"
    assert "from 1 to 256" in told(launcher, "lora_r")


def test_a_rank_without_an_adapter_is_told_before_the_launch(with_tiny: openai.OpenAI, train: Path) -> None:
    """The bundled model trains all weights unless an adapter is chosen, an added one the other way round."""
    launcher = JobLauncher(with_tiny, train, model="nano-2026-11", lora_r=4)
    assert "This job trains all weights." in told(launcher, "lora_r")
    launcher.lora = True
    assert told(launcher, "lora_r") == ""
    launcher.model, launcher.lora = "tiny", ""
    assert told(launcher, "lora_r") == ""
    launcher.lora = False
    assert "An adapter (LoRA)" in told(launcher, "lora_r")
    assert not is_marked(launcher, "lora_r")


def test_a_service_without_adapters_is_not_asked_for_one(train: Path) -> None:
    """At OpenAI the fields are not there, and `launch` says why in a sentence; nothing is sent."""

    def reject(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(500, json={"error": {"message": "down"}})

    http = httpx2.Client(transport=httpx2.MockTransport(reject))
    with openai.OpenAI(api_key="k", max_retries=0, http_client=http, base_url="https://api.openai.com/v1") as other:
        launcher = JobLauncher(other, train, model="m")
        assert not launcher.fields["lora"].offered
        assert "LoRA" not in launcher.static_text()
        with pytest.raises(DataError, match="OpenAI chooses by itself what a job trains: leave out lora_r"):
            launch(other, train, model="m", lora_r=8)


def test_a_model_that_could_be_added_is_named(client: openai.OpenAI, with_tiny: openai.OpenAI, train: Path) -> None:
    """With the command, beside where the figures come from."""
    assert "type ftwidgets models add smollm2-135m" in JobLauncher(client, train)._estimate_view.basis.html


def test_rows_beyond_the_context_are_told_and_not_counted(client: openai.OpenAI, train: Path) -> None:
    """The end of a long row is not trained on: the estimate has the tokens that the job reports."""
    row = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "word " * 600}]}
    train.write_text(CHAT * 11 + json.dumps(row) + "\n")
    launcher = JobLauncher(client, train, n_epochs=1)
    warning = "There is 1 example of more than 512 tokens; nano-2026-11 does not read what is beyond."
    assert warning in told(launcher, "train_file")
    assert launcher.estimate is not None
    announced = launcher.estimate.trained_tokens
    assert launcher.launch().wait(timeout=60).details.trained_tokens == announced


@pytest.mark.parametrize("n_examples", [1, 3, 4, 12, 33, 34, 100, 8333, 8334, 25_000, 100_000])
def test_auto_epochs_are_the_engine_s(n_examples: int) -> None:
    """The form says how many epochs "auto" will be; the engine takes as many."""
    found = estimate.estimate(estimate.FileCount(n_examples, 100), None, "m", None, sandbox=True)
    assert found.n_epochs == auto_hyperparameters(n_examples).n_epochs


def test_auto_epochs_of_sentences_are_the_jobs(client: openai.OpenAI, train: Path) -> None:
    """Few whole sentences: the small model takes eight epochs, an adapter to it three; the form says so before, and why."""
    answer = {"role": "assistant", "content": "We open at nine and close at six."}
    row = {"messages": [{"role": "user", "content": "hours?"}, answer]}
    train.write_text((json.dumps(row) + "\n") * 40)
    for lora, epochs in ((None, 8), (True, 3)):
        launcher = JobLauncher(client, train, lora=lora)
        assert launcher.estimate is not None
        assert launcher.estimate.n_epochs == epochs
        assert ("published rule says 3" in launcher.estimate.time) == (epochs == 8)
        assert launcher.launch().wait(timeout=60).details.hyperparameters.n_epochs == epochs


def test_the_money_of_another_service_is_dated() -> None:
    """A known model has a price with its date; of an unknown one the form says that it does not know."""
    priced = next(price for price in prices() if price.provider != "sandbox")
    found = estimate.FileCount(100, 1_000_000)
    known = estimate.estimate(found, 2, priced.model, None, sandbox=False)
    assert f"{2 * priced.usd_per_million_tokens:.2f} USD" in known.money
    assert priced.as_of in known.money
    assert known.time.startswith("Not known")
    assert estimate.estimate(found, 2, "someones-model", None, sandbox=False).money.startswith("Not known")


def test_a_long_file_is_counted_by_its_first_rows() -> None:
    """Of 5,000 rows the tokens of 2,000 are counted and the rest is taken to be like them."""
    line = CHAT.encode()
    assert estimate.count_file([line] * 5000).tokens == 5000 * estimate.count_file([line] * 10).tokens // 10


def test_how_a_time_is_put() -> None:
    """As precisely as an estimate deserves."""
    assert [estimate.duration(s) for s in (0.2, 17.4, 400, 9000)] == [
        "About 1 s",
        "About 17 s",
        "About 7 minutes",
        "About 2 hours",
    ]
