"""Jobs on a recorded service: the quirks of OpenAI, Nebius and Microsoft Foundry, and of a bad line."""

import base64
import itertools
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import openai
import pytest

from ftwidgets.errors import DataError, JobCancelled, JobFailed, JobTimeout
from ftwidgets.jobs import job as jobs
from ftwidgets.jobs import polling
from ftwidgets.jobs.curve import COLUMNS
from ftwidgets.jobs.job import Job, launch, upload
from ftwidgets.providers import TERMINAL_STATUSES

Answer = Callable[[httpx2.Request], httpx2.Response]
LINE = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'


class Service:
    """A service that tells what its test gave it, and keeps what it was asked."""

    def __init__(self, **routes: Any) -> None:
        self.asked: list[httpx2.Request] = []
        self.routes = routes  # "jobs", "events", "checkpoints", "files", "content", "create", "cancel"

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request by its route."""
        self.asked.append(request)
        route = self.routes.get(self.name(request), httpx2.Response(404, json={"error": {"message": "no such route"}}))
        answer = route(request) if callable(route) else route
        if isinstance(answer, httpx2.Response):
            return answer
        if isinstance(answer, bytes):
            return httpx2.Response(200, content=answer)
        return httpx2.Response(200, json=answer)

    def name(self, request: httpx2.Request) -> str:
        """Name the route of a request."""
        last = request.url.path.rsplit("/", 1)[-1]
        if last in {"events", "checkpoints", "cancel", "content"}:
            return last
        if request.method == "POST":
            return "upload" if last == "files" else "create"
        return "files" if "/files/" in request.url.path else "jobs"

    def count(self, name: str) -> int:
        """Count the requests of a route."""
        return sum(self.name(request) == name for request in self.asked)

    def client(self) -> openai.OpenAI:
        """Make a client of this service."""
        transport = httpx2.MockTransport(self)
        return openai.OpenAI(
            base_url="http://service.invalid/v1",
            api_key="k",
            max_retries=0,
            http_client=httpx2.Client(transport=transport),
        )

    def job(self) -> Job:
        """Make the handle of its job."""
        return Job(self.client(), "ftjob-1")


def described(status: str, **fields: Any) -> dict[str, Any]:
    """Describe a job as OpenAI does."""
    done = status in TERMINAL_STATUSES
    return {
        "id": "ftjob-1",
        "object": "fine_tuning.job",
        "created_at": 100,
        "error": {},
        "fine_tuned_model": "ft:gpt-4o:org::abc" if status == "succeeded" else None,
        "finished_at": 200 if done else None,
        "hyperparameters": {"n_epochs": 3},
        "model": "gpt-4o",
        "organization_id": "org-1",
        "result_files": [],
        "seed": 1,
        "status": status,
        "trained_tokens": None,
        "training_file": "file-1",
        "validation_file": None,
    } | fields


def event(number: int, created_at: int, message: str = "", **data: Any) -> dict[str, Any]:
    kind = "metrics" if data else "message"
    fields = {"id": f"ftevent-{number}", "created_at": created_at, "level": "info", "message": message or str(number)}
    return {"object": "fine_tuning.job.event", "type": kind, "data": data or None} | fields


def listed(items: list[dict[str, Any]], *, page: int = 100) -> Answer:
    """List items as a cursor-paged endpoint does, in the order given."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        after = request.url.params.get("after")
        start = 1 + next(i for i, item in enumerate(items) if item["id"] == after) if after else 0
        data = items[start : start + page]
        return httpx2.Response(
            200, json={"object": "list", "data": data, "has_more": start + page < len(items), "first_id": None}
        )

    return answer


def statuses(*names: str, **fields: Any) -> Answer:
    """Answer with one status after another, and with the last for ever."""
    left = itertools.chain(names, itertools.repeat(names[-1]))
    return lambda _: httpx2.Response(200, json=described(next(left), **fields))


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def monotonic(self) -> float:
        """Stand in for `time.monotonic`."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`."""
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs, "monotonic", clock.monotonic)
    monkeypatch.setattr(polling, "monotonic", clock.monotonic)
    monkeypatch.setattr(jobs, "sleep", clock.sleep)
    return clock


# Waiting


def test_wait_asks_through_every_status_until_the_job_has_succeeded(clock: Clock) -> None:
    """A job that stays in `validating_files` and `queued` for a while is not over; a finished one is left alone."""
    service = Service(jobs=statuses(*["validating_files"] * 3, "queued", "queued", "running", "running", "succeeded"))
    job = service.job()
    assert job.wait() is job
    assert (job.status, job.model, job.error) == ("succeeded", "ft:gpt-4o:org::abc", None)
    assert service.count("jobs") == 8
    assert len(clock.naps) == 7


def test_wait_ends_on_a_status_nobody_knows(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """`paused` and inventions of a service do not loop for ever: the time is up and the message says how to go on."""
    job = Service(jobs=statuses("running", "paused")).job()
    with pytest.raises(JobTimeout, match=r"still \"paused\" after 7 s; it goes on.*resume\(.ftjob-1.\)"):
        job.wait(timeout=7)
    assert clock.now == pytest.approx(7)
    with pytest.raises(JobTimeout) as caught:
        job.wait(timeout=0)
    assert ".wait() again" not in str(caught.value)  # by itself a paused job does not go on
    monkeypatch.setattr(jobs, "DAY", 60.0)
    with pytest.raises(JobTimeout, match="after 60 s"):
        job.wait()


def test_wait_without_time_looks_once(clock: Clock) -> None:
    """`wait(timeout=0)` is a look: it returns for a finished job and raises for another, without sleeping."""
    assert Service(jobs=statuses("succeeded")).job().wait(timeout=0).model
    with pytest.raises(JobTimeout):
        Service(jobs=statuses("queued")).job().wait(timeout=0)
    assert clock.naps == []


@pytest.mark.parametrize(("seconds", "longest"), [(0.0, 0.25), (0.03, 1.5), (0.2, 5.0)])
def test_pauses_grow_and_fit_the_distance(clock: Clock, seconds: float, longest: float) -> None:
    """Pauses start at 0.1 s and grow, to 0.25 s for a service that answers at once and to 5 s for a distant one."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        clock.now += seconds
        return httpx2.Response(200, json=described("running"))

    with pytest.raises(JobTimeout):
        Service(jobs=answer).job().wait(timeout=100)
    assert clock.naps[0] == 0.1
    assert all(later > 0.999 * earlier for earlier, later in itertools.pairwise(clock.naps[:-1]))
    assert max(clock.naps) == pytest.approx(longest)


def test_a_failed_job_says_why(clock: Clock) -> None:
    """JobFailed carries the code, the message and the parameter."""
    error = {"code": "invalid_n_examples", "message": "Training file has 7 example(s)", "param": "training_file"}
    job = Service(jobs=statuses("running", "failed", error=error)).job()
    with pytest.raises(JobFailed, match=r"failed: invalid_n_examples: Training file has 7 example\(s\) \(in training_file"):
        job.wait()
    assert job.error is not None
    assert job.model is None


def test_a_job_that_failed_without_a_reason_tells_its_last_error_event(clock: Clock) -> None:
    """Where the service writes `error: {}`, the reason is looked for in the events."""
    events = listed([event(2, 102, "out of memory") | {"level": "error"}, event(1, 101, "started")])
    with pytest.raises(JobFailed, match="failed: out of memory"):
        Service(jobs=statuses("failed"), events=events).job().wait()
    with pytest.raises(JobFailed, match="gave no reason"):
        Service(jobs=statuses("failed", error=None), events=listed([])).job().wait()


def test_a_cancelled_job_is_not_a_failure(clock: Clock) -> None:
    """JobCancelled is its own exception."""
    with pytest.raises(JobCancelled, match="ftjob-1 was cancelled"):
        Service(jobs=statuses("running", "cancelled")).job().wait()


def lost(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("no route", request=request)


@pytest.mark.parametrize(
    "trouble",
    [lost, lambda _: httpx2.Response(503, json={"error": {}}), lambda _: httpx2.Response(429, json={"error": {}})],
    ids=["connection", "503", "429"],
)
def test_wait_survives_a_service_that_does_not_answer_for_a_while(clock: Clock, trouble: Answer) -> None:
    """A lost line, a 503 and a 429 are waited out."""
    answers = iter([described("running"), trouble, trouble, trouble, described("succeeded")])

    def answer(request: httpx2.Request) -> Any:
        now = next(answers)
        return now(request) if callable(now) else now

    assert Service(jobs=answer).job().wait().status == "succeeded"


def test_wait_gives_up_on_a_service_that_stays_silent(clock: Clock) -> None:
    """After two minutes of silence the client's own exception comes out, with a note on how to go on."""
    with pytest.raises(openai.APIConnectionError) as caught:
        Service(jobs=lost).job().wait()
    assert 120 < clock.now < 130
    assert "Job(client, 'ftjob-1').wait()" in caught.value.__notes__[0]
    with pytest.raises(JobTimeout, match="without an answer"):
        Service(jobs=lost).job().wait(timeout=5)


def test_wait_does_not_hide_a_real_refusal(clock: Clock) -> None:
    """A wrong key or a job nobody knows comes out at once, as the client's own exception."""
    refused = httpx2.Response(404, json={"error": {"message": "no such job", "code": None, "type": None, "param": None}})
    with pytest.raises(openai.NotFoundError, match="no such job"):
        Service(jobs=refused).job().wait()
    assert clock.naps == []


# Events


def test_events_are_told_once_and_in_order_as_they_come(clock: Clock) -> None:
    """`on_event` gets every event from the first, each once, oldest first, the last ones after the end included."""
    grown = [
        [event(1, 100)],
        [event(2, 100), event(1, 100)],
        [event(n, 101) for n in (4, 3)] + [event(2, 100), event(1, 100)],
    ]
    rest = iter(grown)
    service = Service(jobs=statuses("queued", "running", "succeeded"), events=lambda r: listed(next(rest))(r))
    told: list[str] = []
    service.job().wait(on_event=lambda e: told.append(e.message))
    assert told == ["1", "2", "3", "4"]


def test_an_error_in_on_event_is_the_callers(clock: Clock) -> None:
    """What `on_event` raises is not taken for trouble of the service, even where it looks the same."""

    def broken(_: object) -> None:
        raise openai.APIConnectionError(request=httpx2.Request("GET", "http://elsewhere.invalid"))

    service = Service(jobs=statuses("running"), events=listed([event(1, 1)]))
    with pytest.raises(openai.APIConnectionError):
        service.job().wait(on_event=broken)
    assert clock.naps == []


NEWEST_FIRST = [event(n, 100 + n // 4) for n in range(9, 0, -1)]  # four events a second


@pytest.mark.parametrize("page", [1, 2, 3, 100])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_events_come_oldest_first_from_any_service(page: int, oldest_first: bool) -> None:
    """OpenAI's newest-first pages and Nebius' oldest-first ones read the same, also within one second."""
    items = NEWEST_FIRST[::-1] if oldest_first else NEWEST_FIRST
    if oldest_first and page < 4:
        items = [item | {"created_at": 100 + int(item["message"])} for item in items]  # a tie on page one is OpenAI's
    job = Service(events=listed(items, page=page)).job()
    assert [found.message for found in job.events] == [str(n) for n in range(1, 10)]


def test_metrics_within_one_second_are_put_in_the_order_of_their_steps() -> None:
    """Where all events share one second, the steps tell which way the listing runs."""
    for order in (1, -1):
        items = [event(n, 100, step=n, train_loss=1.0 / n) for n in range(1, 6)][::order]
        assert [found.message for found in Service(events=listed(items)).job().events] == list("12345")


def test_a_listing_that_shows_an_item_twice_or_never_ends_is_read_once() -> None:
    """Pages that overlap are merged by id, and a service that gives its last page for ever is not asked for ever."""
    pages = itertools.chain([NEWEST_FIRST[:5], NEWEST_FIRST[3:]], itertools.repeat(NEWEST_FIRST[-2:]))
    service = Service(events=lambda _: {"object": "list", "data": next(pages), "has_more": True})
    assert [found.message for found in service.job().events] == [str(n) for n in range(1, 10)]
    assert service.count("events") == 3


def test_a_long_listing_is_not_read_again_to_find_the_news() -> None:
    """Once a newest-first listing was read, the next look stops at the first event it knows."""
    items = [event(n, n) for n in range(60, 0, -1)]
    service = Service(events=lambda r: listed(items, page=10)(r))
    job = service.job()
    assert len(job.events) == 60
    items[:0] = [event(61, 61)]
    assert job.events[-1].message == "61"
    assert service.count("events") == 6 + 1


# The curve


def test_the_curve_is_read_from_metrics_events() -> None:
    """One row a step, by step, the services' long names shortened, what was not measured NaN."""
    first = {"step": 1, "total_steps": 2, "train_loss": 2.5, "train_mean_token_accuracy": 0.25}
    last = {"step": 2, "total_steps": 2, "train_loss": 2.0, "train_mean_token_accuracy": 0.5, "valid_loss": 2.25}
    last |= {"valid_mean_token_accuracy": 0.375, "full_valid_loss": 2.3, "full_valid_mean_token_accuracy": 0.4}
    events = [event(9, 9), event(3, 3, **last), event(2, 2, **first), event(1, 1)]
    table = Service(jobs=statuses("running"), events=listed(events)).job().curve
    assert tuple(table.columns) == COLUMNS
    assert table["step"].tolist() == [1, 2]
    assert table.iloc[1].tolist() == [2, 2.0, 0.5, 2.25, 0.375, 2.3, 0.4]
    assert math.isnan(table["valid_loss"][0])


def test_the_curve_is_read_from_the_result_file_where_no_events_carry_it() -> None:
    """OpenAI's base64 is fetched and read; `tests/jobs/test_curve.py` has the other formats."""
    content = base64.b64encode(b"step,train_loss,train_accuracy,valid_loss\n1,2.5,0.25,\n2,2.0,0.5,2.25\n")
    file = {"id": "file-r", "object": "file", "bytes": len(content), "filename": "step_metrics.csv", "created_at": 1}
    service = Service(
        jobs=statuses("succeeded", result_files=["file-r"]),
        events=listed([event(1, 1)]),
        files=file | {"purpose": "fine-tune-results", "status": "processed"},
        content=content,
    )
    table = service.job().curve
    assert tuple(table.columns) == COLUMNS
    assert table["train_accuracy"].tolist() == [0.25, 0.5]


def test_a_service_without_metrics_has_an_empty_curve() -> None:
    """Nebius: starts at running, events oldest first and without metrics, weights among the results, no model."""
    messages = ["Job is submitted", "Dataset 'training' processed successfully", "Training completed successfully"]
    weights = {"id": "file-w", "object": "file", "bytes": 5 * 2**30, "filename": "adapter.safetensors", "created_at": 1}
    service = Service(
        jobs=statuses("running", "succeeded", error=None, result_files=["file-w"], fine_tuned_model=None, method=None),
        events=listed([event(n, 100 + n, message) for n, message in enumerate(messages)]),
        files=weights | {"purpose": "fine-tune-results", "status": "processed"},
        checkpoints=httpx2.Response(404, json={"error": {"message": "no such route"}}),
    )
    told: list[str] = []
    job = service.job().wait(on_event=lambda e: told.append(e.message))
    assert told == messages
    assert job.model is None
    assert job.error is None
    assert list(job.curve.columns) == list(COLUMNS)
    assert len(job.curve) == 0
    assert service.count("content") == 0  # five gigabytes of weights stay where they are


def test_checkpoints_come_in_the_order_of_their_steps() -> None:
    """Newest-first listings and several pages make no difference."""
    items = [
        {"id": f"ftckpt_{n}", "created_at": 100, "step_number": n, "fine_tuned_model_checkpoint": f"ft:m:o::{n}"}
        for n in (300, 200, 100)
    ]
    found = Service(checkpoints=listed(items, page=2)).job().checkpoints
    assert [checkpoint.step_number for checkpoint in found] == [100, 200, 300]


# Cancelling


def test_cancelling_stops_a_running_job() -> None:
    """The service is asked, and the handle knows the new status without asking again."""
    service = Service(jobs=statuses("running"), cancel=described("cancelled"))
    job = service.job().cancel()
    assert job.status == "cancelled"
    assert (service.count("cancel"), service.count("jobs")) == (1, 1)


def test_cancelling_a_finished_job_is_no_crash() -> None:
    """A finished job stays what it was, also when it finished between the look and the request."""
    service = Service(jobs=statuses("succeeded"))
    assert service.job().cancel().status == "succeeded"
    assert service.count("cancel") == 0
    refusal = httpx2.Response(400, json={"error": {"message": "Job has already completed", "code": None}})
    assert Service(jobs=statuses("running", "succeeded"), cancel=refusal).job().cancel().status == "succeeded"
    with pytest.raises(openai.BadRequestError):
        Service(jobs=statuses("running"), cancel=refusal).job().cancel()


def test_a_job_shows_what_was_last_seen_of_it(clock: Clock) -> None:
    """The repr tells id and status without asking the service."""
    service = Service(jobs=statuses("running", "succeeded"))
    job = service.job()
    assert repr(job) == "Job('ftjob-1')"
    assert job.status == "running"
    clock.now += 75
    assert repr(job) == "Job('ftjob-1', running, seen 0:01:15 ago)"
    assert job.status == "succeeded"
    assert repr(job) == "Job('ftjob-1', succeeded)"
    assert service.count("jobs") == 2


# Launching


def launched(tmp_path: Path, **options: Any) -> tuple[dict[str, Any], Service]:
    uploads = itertools.count(1)
    service = Service(upload=lambda _: {"id": f"file-{next(uploads)}", "object": "file"}, create=described("queued"))
    train = tmp_path / "train.jsonl"
    train.write_text(LINE)
    job = launch(service.client(), options.pop("training_file", train), model="m", **options)
    assert job.id == "ftjob-1"
    return json.loads(service.asked[-1].content), service


def test_launch_uploads_a_path_and_leaves_out_what_was_not_given(tmp_path: Path) -> None:
    """The plainest request is the model and the file; a service's defaults stay the service's."""
    body, service = launched(tmp_path)
    assert body == {"model": "m", "training_file": "file-1"}
    assert b'name="purpose"\r\n\r\nfine-tune' in service.asked[0].content
    assert LINE.encode() in service.asked[0].content


def test_launch_sends_the_modern_method(tmp_path: Path) -> None:
    """Hyperparameters travel in `method`; `"auto"` travels as nothing; extras travel as they are."""
    valid = tmp_path / "valid.jsonl"
    valid.write_text(LINE)
    options = {"n_epochs": 4, "batch_size": "auto", "learning_rate_multiplier": 0.5, "seed": 0, "suffix": "faq"}
    extra = {"trainingType": "Standard"}
    body, _ = launched(tmp_path, training_file="file-x", validation_file=str(valid), extra_body=extra, **options)
    assert body == {
        "model": "m",
        "training_file": "file-x",
        "validation_file": "file-1",
        "method": {
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 4, "learning_rate_multiplier": 0.5}},
        },
        "seed": 0,
        "suffix": "faq",
        "trainingType": "Standard",
    }


def test_launch_takes_numbers_of_numpy(tmp_path: Path) -> None:
    """A number from a DataFrame or a loop over `np.arange` is a number: the request carries it as a plain one."""
    options = {"n_epochs": np.int64(4), "batch_size": np.int32(8), "learning_rate_multiplier": np.float32(0.5)}
    body, _ = launched(tmp_path, seed=np.int64(7), **options)
    assert body["method"]["supervised"]["hyperparameters"] == {
        "n_epochs": 4,
        "batch_size": 8,
        "learning_rate_multiplier": 0.5,
    }
    assert body["seed"] == 7


def test_an_adapter_is_asked_for_among_the_hyperparameters(tmp_path: Path) -> None:
    """By Nebius' and PEFT's names; also `lora=False`, which is not the same as nothing."""
    body, _ = launched(tmp_path, lora=True, lora_r=np.int64(8), lora_alpha=16.0, lora_dropout=0.1)
    expected = {"lora": True, "lora_r": 8, "lora_alpha": 16.0, "lora_dropout": 0.1}
    assert body["method"]["supervised"]["hyperparameters"] == expected
    body, _ = launched(tmp_path, lora=False, n_epochs=2)
    assert body["method"]["supervised"]["hyperparameters"] == {"n_epochs": 2, "lora": False}


def test_nebius_gets_the_adapter_where_it_reads_hyperparameters() -> None:
    """In the older field, beside the epochs."""
    sent: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        return httpx2.Response(200, json=described("queued"))

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    address = "https://api.tokenfactory.nebius.com/v1/"
    with openai.OpenAI(base_url=address, api_key="k", max_retries=0, http_client=http) as client:
        launch(client, "file-1", model="m", n_epochs=3, lora=True, lora_r=8)
    assert sent[0]["hyperparameters"] == {"n_epochs": 3, "lora": True, "lora_r": 8}
    assert "method" not in sent[0]


def no_such_files(tmp_path: Path) -> Iterable[tuple[str | Path, str]]:
    yield tmp_path / "trian.jsonl", r"there is no file .*trian.jsonl.*Did you mean train.jsonl\?"
    yield str(tmp_path / "trian.jsonl"), r"Did you mean train.jsonl\?"
    yield "no-such-file.jsonl", "there is no file"
    yield str(tmp_path / "nowhere" / "train.jsonl"), "folder .*nowhere.* does not exist"
    yield tmp_path, "is a folder"
    yield "tests", "is a folder"
    yield LINE * 200, "not by what is in it"
    yield {"id": "file-1"}, "by its id if it is uploaded, not by {'id': 'file-1'}"  # type: ignore[misc]


def test_a_mistyped_path_is_a_clear_error(tmp_path: Path) -> None:
    """Nothing is sent, and the message names the file and the likely one."""
    (tmp_path / "train.jsonl").write_text(LINE)
    for path, message in no_such_files(tmp_path):
        service = Service()
        with pytest.raises(DataError, match=message):
            launch(service.client(), path, model="m")
        assert service.asked == []


def test_a_table_is_not_uploaded(tmp_path: Path) -> None:
    """Who uploads the CSV itself is told which function makes JSONL of it."""
    (tmp_path / "faq.csv").write_text("Prompt,Completion\n")
    with pytest.raises(DataError, match=r"ftwidgets\.prepare"):
        upload(Service().client(), tmp_path / "faq.csv")


def test_the_home_folder_of_nobody_is_no_file() -> None:
    """A path that begins with an unknown user is a sentence too."""
    with pytest.raises(DataError, match=r'cannot be "~nobody-here/train\.jsonl": nobody here has a home folder'):
        upload(Service().client(), "~nobody-here/train.jsonl")
    with pytest.raises(DataError, match="nobody here has a home folder"):
        launch(Service().client(), "~nobody-here/train.jsonl", model="m")


def test_a_mistyped_file_id_is_the_services_to_refuse(tmp_path: Path) -> None:
    """A word that is no path goes to the service, whose own exception comes out."""
    refusal = httpx2.Response(400, json={"error": {"message": "file-zzz does not exist", "param": "training_file"}})
    with pytest.raises(openai.BadRequestError, match="file-zzz does not exist"):
        launch(Service(create=refusal).client(), "file-zzz", model="m")
