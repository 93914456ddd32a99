"""One walk through everything the API offers: each call's result, and each exchange on the wire."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
import pytest

from ftwidgets.sandbox import Sandbox

pytest.register_assert_rewrite("tests.contract.journey")

BASE = "nano-2026-11"
LINE = '{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "%d!"}]}\n'
ROWS = "".join(LINE % (number, number) for number in range(10)).encode()
OVER = ("succeeded", "failed", "cancelled")


@dataclass
class Walk:
    """What came of it: the client's objects by name of the call, and (method, path, status, bodies) of each request."""

    objects: list[tuple[str, Any]] = field(default_factory=list)
    exchanges: list[tuple[str, str, int, list[Any]]] = field(default_factory=list)

    def keep(self, name: str, result: Any) -> Any:
        """Remember a result and pass it on."""
        self.objects.append((name, result))
        return result

    def record(self, response: httpx2.Response) -> None:
        """Remember what went over the wire (a hook of the HTTP client)."""
        response.read()
        path = response.request.url.path.removeprefix("/v1")
        self.exchanges.append((response.request.method, path, response.status_code, bodies_of(response)))


def bodies_of(response: httpx2.Response) -> list[Any]:
    """Give the JSON of a response: one body, or one a chunk, or none where it is no JSON."""
    kind = response.headers["content-type"]
    if kind.startswith("application/json"):
        return [response.json()]
    if kind.startswith("text/event-stream"):
        return [json.loads(data) for data in re.findall(r"^data: (\{.*)$", response.text, re.MULTILINE)]
    return []


@pytest.fixture(scope="package")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Call every method of the client that the sandbox covers, strictly validated, in every state worth seeing."""
    done = Walk()
    with (
        Sandbox(tmp_path_factory.mktemp("contract")) as sandbox,
        httpx2.Client(transport=sandbox.transport(), event_hooks={"response": [done.record]}) as http,
        openai.OpenAI(
            api_key="x", base_url=sandbox.base_url, http_client=http, max_retries=0, _strict_response_validation=True
        ) as client,
    ):
        walk_files(client, done)
        walk_jobs(client, done)
        walk_chat(client, done)
        walk_models(client, done)
        walk_refusals(client)
        walk_the_surface(sandbox, done)
        yield done


def walk_files(client: openai.OpenAI, done: Walk) -> None:
    """Take each step in a file's life."""
    files, keep = client.files, done.keep
    keep("files.list", files.list())  # empty
    made = keep("files.create", files.create(file=("a.jsonl", ROWS), purpose="fine-tune"))
    lasting: Any = {"anchor": "created_at", "seconds": 3600}
    keep("files.create", files.create(file=("b", b"x"), purpose="user_data", expires_after=lasting))
    keep("files.retrieve", files.retrieve(made.id))
    keep("files.wait_for_processing", files.wait_for_processing(made.id))
    keep("files.list", files.list(limit=1, order="asc", purpose="fine-tune"))
    keep("files.list", list(files.list(limit=1)))
    assert keep("files.content", files.content(made.id)).read() == ROWS
    with pytest.warns(DeprecationWarning, match=r"`.content\(\)` method should be used instead"):
        keep("files.retrieve_content", files.retrieve_content(made.id))
    keep("files.delete", files.delete(made.id))


def walk_jobs(client: openai.OpenAI, done: Walk) -> None:
    """See jobs that are new, running, cancelled, failed and succeeded."""
    jobs, keep = client.fine_tuning.jobs, done.keep
    keep("jobs.list", jobs.list())  # empty
    file = client.files.create(file=("a.jsonl", ROWS), purpose="fine-tune").id
    short = client.files.create(file=("a.jsonl", b"".join(ROWS.splitlines(keepends=True)[:3])), purpose="fine-tune").id
    method: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 5}}}
    given: Any = {"validation_file": file, "suffix": "walk", "seed": 1, "metadata": {"a": "b"}, "method": method}
    long = keep("jobs.create", jobs.create(model=BASE, training_file=file, hyperparameters={"n_epochs": 50}))
    good = keep("jobs.create", jobs.create(model=BASE, training_file=file, **given))
    bad = keep("jobs.create", jobs.create(model=BASE, training_file=short))
    while keep("jobs.list_events", jobs.list_events(long.id)).data[0].type != "metrics":
        pass
    keep("jobs.retrieve", jobs.retrieve(long.id))  # running
    keep("checkpoints.list", jobs.checkpoints.list(long.id))  # empty
    keep("jobs.cancel", jobs.cancel(long.id))
    for job in (good, bad):
        while keep("jobs.retrieve", jobs.retrieve(job.id)).status not in OVER:
            pass
    assert jobs.retrieve(good.id).status == "succeeded"
    assert jobs.retrieve(bad.id).status == "failed"
    keep("jobs.list", jobs.list(limit=2, metadata={"a": "b"}))
    keep("jobs.list", list(jobs.list(limit=1)))
    for job in (good, bad, long):
        keep("jobs.list_events", jobs.list_events(job.id, limit=100))
    keep("jobs.list_events", list(jobs.list_events(good.id, limit=3)))
    keep("checkpoints.list", jobs.checkpoints.list(good.id, limit=10))
    keep("checkpoints.list", list(jobs.checkpoints.list(good.id, limit=1)))


def walk_chat(client: openai.OpenAI, done: Walk) -> None:
    """Ask, plain and streamed, with little and with much."""
    tuned = client.fine_tuning.jobs.list(metadata={"a": "b"}).data[0].fine_tuned_model
    ask: Any = {"model": tuned, "messages": [{"role": "user", "content": "3?"}], "max_tokens": 8}
    much: Any = {"n": 2, "logprobs": True, "top_logprobs": 2, "temperature": 1.5, "seed": 1, "stop": ["zz"]}
    chat, keep = client.chat.completions, done.keep
    keep("chat.create", chat.create(**ask))
    keep("chat.create", chat.create(**ask, **much, metadata={"a": "b"}))
    keep("chat.stream", list(chat.create(**ask, stream=True)))
    keep("chat.stream", list(chat.create(**ask, **much, stream=True, stream_options={"include_usage": True})))


def walk_models(client: openai.OpenAI, done: Walk) -> None:
    """Look at every model and delete a tuned one."""
    models, keep = client.models, done.keep
    listed = keep("models.list", models.list())
    for model in listed.data:
        keep("models.retrieve", models.retrieve(model.id))
    keep("models.delete", models.delete(listed.data[-1].id))


def walk_refusals(client: openai.OpenAI) -> None:
    """Be refused in each way."""
    for call, error in (
        (lambda: client.files.retrieve("file-x"), openai.NotFoundError),
        (lambda: client.models.delete(BASE), openai.PermissionDeniedError),
        (lambda: client.fine_tuning.jobs.create(model="gpt-4o", training_file="f"), openai.BadRequestError),
        (lambda: client.fine_tuning.jobs.pause("ftjob-x"), openai.NotFoundError),
        (lambda: client.uploads.cancel("upload_x"), openai.NotFoundError),
        (lambda: client.responses.create(model="gpt-4o", input="x"), openai.NotFoundError),
    ):
        with pytest.raises(error):
            call()


def walk_the_surface(sandbox: Sandbox, done: Walk) -> None:
    """Make every call that the table of the surface has, and tune by preferences."""
    from tests.contract.journey.traveller import Target, Traveller  # not before their asserts are rewritten
    from tests.contract.surface import CALLS

    def http() -> httpx2.Client:
        return httpx2.Client(transport=sandbox.transport(), event_hooks={"response": [done.record]})

    traveller = Traveller(Target(sandbox.base_url, BASE, http=http))
    for call in CALLS:
        if not call.not_served:
            done.keep(call.name, call.example(traveller))
    done.keep("jobs.retrieve", traveller.preferring)
    done.keep("jobs.list_events", list(traveller.jobs.list_events(traveller.preferring.id)))
    traveller.close()
