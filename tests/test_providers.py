"""The services we know: what is told about them, and what is really sent to them.

No service is asked. A client of `connect` is given a transport that answers with what others published of real runs
(`tests/recorded/`, each with its source), so what is asserted is the request as it would leave this computer.
"""

import base64
import datetime
import json
import math
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from ftwidgets import connect, connect_async, launch, providers
from ftwidgets.data.cost import prices
from ftwidgets.errors import DataError, FtwidgetsError, JobTimeout
from ftwidgets.jobs import job as jobs
from ftwidgets.jobs.job import Job
from ftwidgets.providers import Provider, provider

RECORDED = Path(__file__).parent / "recorded"
LINE = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'
FOUNDRY = "https://somebody.openai.azure.com/openai/v1/"
ADDRESS = {"openai": "https://api.openai.com/v1", "nebius": "https://api.tokenfactory.nebius.com/v1", "foundry": FOUNDRY[:-1]}
NAMES = list(ADDRESS)
PAGE = (Path(__file__).parents[1] / "docs" / "providers.md").read_text(encoding="utf-8")


class Recorded:
    """A service that answers as it was recorded, and keeps what it was sent."""

    def __init__(self, name: str) -> None:
        self.says: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        self.sent: list[httpx2.Request] = []
        self._left = iter(self.says["retrieve"])
        self._last: dict[str, Any] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer by method and the end of the path."""
        request.read()
        self.sent.append(request)
        match request.method, request.url.path.rsplit("/v1/", 1)[-1].split("/"):
            case "POST", ["files"]:
                return httpx2.Response(200, json=self.says["upload"])
            case "POST", ["fine_tuning", "jobs"]:
                if json.loads(request.content)["model"] == "unknown":
                    return httpx2.Response(self.says["refusal"]["status"], json=self.says["refusal"]["body"])
                return httpx2.Response(200, json=self.says["create"])
            case "GET", ["fine_tuning", "jobs", _]:
                self._last = next(self._left, self._last)
                return httpx2.Response(200, json=self._last)
            case "GET", ["fine_tuning", "jobs", _, ("events" | "checkpoints") as what]:
                return httpx2.Response(200, json={"object": "list", "data": self.says[what], "has_more": False})
            case "GET", ["files", file]:
                return httpx2.Response(200, json=self.says["files"][file])
            case "GET", ["files", file, "content"]:
                return httpx2.Response(200, content=self.says["contents"][file].encode())
            case "POST", ["", "v0", "models"]:
                return httpx2.Response(200, json=self.says["deployed"])
            case "POST", ["chat", "completions"]:
                return httpx2.Response(200, json=self.says["chat"])
        return httpx2.Response(404, json={"error": {"message": f"no such route: {request.url.path}"}})

    def client(self, name: str) -> openai.OpenAI:
        """Give the client that `connect` makes, with this service at the other end."""
        made = connect(name, **({"base_url": FOUNDRY} if name == "foundry" else {}))
        return made.with_options(http_client=httpx2.Client(transport=httpx2.MockTransport(self)))


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for known in providers.providers():
        if known.key_variable:
            monkeypatch.setenv(known.key_variable, f"key-of-{known.name}")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-mine")
    monkeypatch.setattr(jobs, "sleep", lambda _: None)


@pytest.fixture
def train(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text(LINE)
    return path


pytestmark = pytest.mark.filterwarnings("ignore:From 2026-05-07:UserWarning")


# What is told


def test_every_entry_has_its_date_and_its_sources() -> None:
    """What is not dated and not sourced is no data; days are days, in the order in which doors close."""
    for known in providers.providers():
        assert datetime.date.fromisoformat(known.as_of) <= datetime.date.today()
        assert known.sources
        assert known.note.endswith(".")
        doors = (known.closed_to_newcomers, known.closed_to_inactive, known.no_new_jobs, known.models_end)
        days = [day for day in doors if day]
        assert days == sorted(days, key=datetime.date.fromisoformat)
    assert [known.name for known in providers.providers()] == ["sandbox", "openai", "nebius", "foundry"]


@pytest.mark.parametrize(
    ("day", "open_"), [("2026-05-06", True), ("2026-05-07", False), ("2026-11-22", False), ("2027-02-01", False)]
)
def test_openai_is_closed_to_newcomers_from_its_day_on(day: str, open_: bool) -> None:
    """The day before, one could begin; on the day, no more."""
    assert provider("openai").takes_newcomers(datetime.date.fromisoformat(day)) is open_
    assert provider("nebius").takes_newcomers(datetime.date.fromisoformat(day))


def test_connecting_to_openai_says_which_doors_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four days, and what to do instead; the warning points at the line that connects; others give none."""
    with pytest.warns(
        UserWarning, match=r"2026-05-07 .*2026-07-02 .*2027-01-06 .*2027-01-14 .*ftwidgets\.connect\(\)"
    ) as caught:
        connect("openai")
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="2027-01-06") as caught:
        connect_async("openai")
    assert caught[0].filename == __file__
    connect("nebius")  # a warning would be an error here
    connect("https://api.openai.com/v1")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.tokenfactory.nebius.com/v1/", "nebius"),
        (FOUNDRY, "foundry"),
        ("https://x.services.ai.azure.com/api/projects/p/openai/v1/", "foundry"),
        ("http://sandbox.ftwidgets.invalid/v1/", "sandbox"),
        ("http://12.sandbox.ftwidgets.invalid/v1/", "sandbox"),
        ("http://localhost:8000/v1", None),
        ("https://api.openai.com.evil.invalid/v1", None),
        ("https://evil-openai.azure.com/v1", None),
        ("", None),
    ],
)
def test_an_address_is_known_by_its_host(address: str, name: str | None) -> None:
    """The whole name of the computer counts, not a piece of it."""
    found = providers.provider_at(address)
    assert (found and found.name) == name


# What a customer needs to know


def test_every_fact_has_its_date_and_its_source() -> None:
    """Each of the eight questions is answered for each service, or its source says why it is not."""
    facts = providers.facts()
    assert [(fact.service, fact.about) for fact in facts] == [
        (name, about) for name in providers.SERVICES for about in providers.ABOUT
    ]
    for fact in facts:
        assert datetime.date(2025, 1, 1) < datetime.date.fromisoformat(fact.as_of) <= datetime.date.today()
        assert fact.source
        assert fact.says is None or fact.says.strip() == fact.says != ""
    assert {known.name for known in providers.providers()} < set(providers.SERVICES)
    assert [fact.about for fact in providers.facts("nebius")] == list(providers.ABOUT)


def test_no_price_is_older_than_its_date_says() -> None:
    """A price has a number, what it is for, and no date that its source does not bear; what is not verified has no number."""
    for fact in providers.facts():
        assert (fact.usd is None) == (fact.per == "")
        if fact.usd:
            assert fact.says is not None
            assert f"{fact.usd:g}" in fact.says.replace("0.50", "0.5")
        if fact.usd and fact.service != "openai":
            assert fact.as_of in fact.source
    assert str(providers.facts("foundry")[1]) == "not verified (2026-10-05)"


def test_the_date_line_grows_older_by_itself() -> None:
    """Nobody has to remember to change it."""
    assert providers.date_line(datetime.date(2026, 11, 30)).startswith("The oldest price here is of 2026-03-19, 256 days ago.")
    assert ", 366 days ago." in providers.date_line(datetime.date(2027, 3, 20))


def test_the_prices_to_estimate_with_are_those_of_the_facts() -> None:
    """One price in two places is the same price, of the same day."""
    for fact in providers.facts():
        if fact.about == "training" and fact.usd:
            same = [price for price in prices() if price.provider == providers.SERVICES[fact.service]]
            assert (fact.usd, fact.as_of) in {(price.usd_per_million_tokens, price.as_of) for price in same}


def test_the_facts_agree_with_the_profiles() -> None:
    """Who takes newcomers, and where a model must be deployed, is the same in both."""
    for known in providers.providers():
        told = {fact.about: fact.says or "" for fact in providers.facts(known.name)}
        assert told["newcomers"].startswith("yes") == known.takes_newcomers()
        assert told["deployment"].startswith("none") == (known.deploy == "")
        for day in (known.closed_to_newcomers, known.closed_to_inactive, known.no_new_jobs):
            assert day is None or day in told["newcomers"]


def test_the_page_shows_the_facts() -> None:
    """Both tables of docs/providers.md are the data."""
    for name, label in providers.SERVICES.items():
        told = {fact.about: str(fact) for fact in providers.facts(name)}
        assert row(label, *(told[about] for about in ("training", "hosting", "asking"))) in PAGE
        assert row(label, *(told[about] for about in ("newcomers", "method", "deployment", "losses", "weights"))) in PAGE


# What is sent


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_job_goes_to_the_right_place_with_the_right_key(name: str, train: Path) -> None:
    """Upload, job, looks, events, checkpoints and chat: each at its published path, signed with that service's key."""
    service = Recorded(name)
    client = service.client(name)
    job = launch(client, train, model=service.says["model"], suffix="faq", seed=42).wait()
    assert job.events
    assert len(job.checkpoints) == len(service.says["checkpoints"])
    job.curve  # noqa: B018 - for what it sends
    answer = client.chat.completions.create(model=service.says["chat_model"], messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "Hello"
    id_ = service.says["create"]["id"]
    paths = {f"{request.method} {str(request.url).split('?')[0].removeprefix(ADDRESS[name])}" for request in service.sent}
    assert paths >= {
        "POST /files",
        "POST /fine_tuning/jobs",
        f"GET /fine_tuning/jobs/{id_}",
        f"GET /fine_tuning/jobs/{id_}/events",
        f"GET /fine_tuning/jobs/{id_}/checkpoints",
        "POST /chat/completions",
    }
    assert {request.headers["authorization"] for request in service.sent} == {f"Bearer key-of-{name}"}
    assert json.loads(service.sent[-1].content) == {
        "model": service.says["chat_model"],
        "messages": [{"role": "user", "content": "Hi"}],
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_openais_reaches_another_service(name: str, train: Path) -> None:
    """Organisation, project, key and administrator's key of the environment are OpenAI's alone."""
    service = Recorded(name)
    client = service.client(name)
    launch(client, train, model=service.says["model"])
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.checkpoints.permissions.list("ft:x")
    for request in service.sent:
        told = " ".join(f"{header}: {value}" for header, value in request.headers.items())
        assert ("org-mine" in told) == (name == "openai")
        assert ("proj-mine" in told) == (name == "openai")
        assert name == "openai" or not [text for text in ("key-of-openai", "admin-mine") if text in told]


@pytest.mark.parametrize(
    ("name", "rate", "expected"),
    [
        ("openai", 1.8, {"method": {"n_epochs": 5, "learning_rate_multiplier": 1.8}}),
        ("foundry", 1.8, {"method": {"n_epochs": 5, "learning_rate_multiplier": 1.8}, "trainingType": "GlobalStandard"}),
        ("nebius", 2e-5, {"hyperparameters": {"n_epochs": 5, "learning_rate_multiplier": 2e-5}}),
    ],
)
def test_the_request_for_a_job_is_in_the_words_of_its_service(
    name: str, rate: float, expected: dict[str, Any], train: Path
) -> None:
    """Foundry gets its `trainingType`, Nebius its hyperparameters where its own notebook puts them."""
    service = Recorded(name)
    launch(service.client(name), train, model=service.says["model"], n_epochs=5, learning_rate_multiplier=rate)
    upload, create = service.sent
    assert upload.headers["content-type"].startswith("multipart/form-data")
    assert b'name="purpose"\r\n\r\nfine-tune' in upload.content
    assert LINE.encode() in upload.content
    body = json.loads(create.content)
    if "method" in body:
        assert body["method"].pop("type") == "supervised"
        body["method"] = body["method"]["supervised"]["hyperparameters"]
    assert body == {"model": service.says["model"], "training_file": service.says["upload"]["id"]} | expected


def test_what_you_give_yourself_wins_over_the_services_own_extras(train: Path) -> None:
    """Another `trainingType` is sent as given; what the service knows besides goes with it."""
    service = Recorded("foundry")
    launch(service.client("foundry"), train, model="m", extra_body={"trainingType": "developerTier", "x": 1})
    assert json.loads(service.sent[-1].content) | {"training_file": 0} == {
        "model": "m",
        "training_file": 0,
        "trainingType": "developerTier",
        "x": 1,
    }


def test_a_factor_is_not_sent_where_it_would_be_the_rate_itself(train: Path) -> None:
    """1.8 is a fine factor at OpenAI and a ruined model at Nebius: nothing is sent, not even the file."""
    service = Recorded("nebius")
    with pytest.raises(DataError, match=r"learning_rate_multiplier=1\.8: Nebius Token Factory takes the learning rate itself"):
        launch(service.client("nebius"), train, model="m", learning_rate_multiplier=1.8)
    assert service.sent == []


def test_a_nebius_model_is_deployed_with_the_same_client(train: Path) -> None:
    """The call of docs/providers.md goes to the host itself, signed, and its answer names the model to chat with."""
    service = Recorded("nebius")
    client = service.client("nebius")
    job = launch(client, train, model="m").wait()
    body = {"source": f"{job.id}:{job.checkpoints[-1].id}", "base_model": "b", "name": "my-finetuned-model"}
    address = "https://api.tokenfactory.nebius.com/v0/models"
    assert f'client.post("{address}", body={{...}}, cast_to=object)' in PAGE
    deployed: Any = client.post(address, body=body, cast_to=object)
    assert deployed["name"] == service.says["chat_model"]
    assert str(service.sent[-1].url) == address
    assert json.loads(service.sent[-1].content)["source"] == f"{job.id}:ftckpt_epoch-5"
    assert service.sent[-1].headers["authorization"] == "Bearer key-of-nebius"


# What comes back


@pytest.mark.parametrize("name", NAMES)
def test_a_job_reads_the_same_wherever_it_ran(name: str, train: Path) -> None:
    """Events oldest first, the losses as one table, the model's name or None, as the profile promises it."""
    service, known = Recorded(name), provider(name)
    job = launch(service.client(name), train, model=service.says["model"]).wait()
    newest_first = known.events_order == "newest first"
    assert [event.id for event in job.events] == [event["id"] for event in service.says["events"]][:: -1 if newest_first else 1]
    steps = [checkpoint.step_number for checkpoint in job.checkpoints]
    assert steps == sorted(steps)
    curve = job.curve
    if name == "nebius":
        assert job.model is None
        assert known.deploy
        assert curve["train_loss"].tolist() == pytest.approx([3.363983, 3.364883, 3.316328, 3.234269, 3.14793])
        assert curve["valid_loss"].iloc[-1] == pytest.approx(2.252911)
    else:
        assert job.model
        assert curve["train_loss"].tolist() == [2.5, 2.0]
        assert math.isnan(curve["valid_loss"][0])
        assert curve["valid_loss"][1] == 2.25


@pytest.mark.parametrize("name", NAMES)
def test_the_profile_says_what_was_recorded(name: str) -> None:
    """The data beside the code agrees with the recorded answers: order, form of the result file, statuses, errors."""
    known, says = provider(name), Recorded(name).says
    times = [event["created_at"] for event in says["events"]]
    assert times == sorted(times, reverse=known.events_order == "newest first")
    steps = [checkpoint["step_number"] for checkpoint in says["checkpoints"]]
    assert steps == sorted(steps, reverse=known.checkpoint_order == "newest first")
    assert any(event["type"] == "metrics" for event in says["events"]) == (known.curve_from == "events")
    for content in says["contents"].values():
        text = base64.b64decode(content).decode() if known.result_file == "base64 of a CSV" else content
        assert tuple(text.splitlines()[0].split(",")) == known.result_columns
    assert bool(says["contents"]) == (known.result_file != "weights")
    assert set(says["refusal"]["body"]["error"]) == set(known.error_fields)
    published = {"validating_files", "queued", "running", "succeeded", "failed", "cancelled"}
    assert {look["status"] for look in [says["create"], *says["retrieve"]]} <= published | set(known.odd_statuses)


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_is_the_clients_own_exception_with_its_words(name: str, train: Path) -> None:
    """Foundry's errors lack `type` and `param`: they are None, and the message still stands."""
    service = Recorded(name)
    error = service.says["refusal"]["body"]["error"]
    with pytest.raises(openai.BadRequestError, match=error["message"].split()[0]) as caught:
        launch(service.client(name), train, model="unknown")
    assert (caught.value.code, caught.value.type, caught.value.param) == (error["code"], error.get("type"), error.get("param"))


def test_a_job_that_is_pending_or_paused_is_waited_for() -> None:
    """Foundry says `pending` for a quarter of an hour; a paused job never ends by itself, and the message says how to go on."""
    service = Recorded("foundry")
    job = Job(service.client("foundry"), service.says["create"]["id"])
    assert job.status == "pending"
    assert job.wait().status == "succeeded"
    service = Recorded("openai")
    service.says["retrieve"] = [service.says["create"] | {"status": "paused"}]
    service._left = iter(service.says["retrieve"])
    with pytest.raises(JobTimeout, match=r"paused.*resume\("):
        Job(service.client("openai"), "ftjob-1").wait(timeout=0)


# What is refused


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_key_is_asked_for_by_its_own_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another service's key in the environment is not taken for it."""
    known = provider(name)
    monkeypatch.delenv(known.key_variable)
    with pytest.raises(FtwidgetsError, match=f"needs a key: set {known.key_variable} in the environment"):
        connect(name, **({"base_url": FOUNDRY} if name == "foundry" else {}))


@pytest.mark.parametrize(
    ("service", "options", "message"),
    [
        ("foundry", {}, r'an address of their own: connect\("foundry", base_url="https://<resource>'),
        ("open-ai", {}, r'one of "sandbox", "openai", "nebius", "foundry", or an address'),
        ("sandbox", {"api_key": "k"}, 'takes neither "base_url" nor "api_key"'),
        ("sandbox", {"base_url": "http://x.invalid/v1"}, 'takes neither "base_url" nor "api_key"'),
        ("nebius", {"home": "here"}, "give one of them"),
        ("http://x.invalid/v1", {"base_url": "http://y.invalid/v1"}, "address was given twice"),
        ("http://x.invalid/v1", {"home": "here"}, "give one of them"),
        ("", {}, "there is no service of that name"),
    ],
)
def test_what_does_not_go_together_is_refused(service: str, options: dict[str, str], message: str) -> None:
    """Each with a sentence, before anything is made."""
    with pytest.raises(FtwidgetsError, match=message):
        connect(service, **options)


def test_a_key_in_the_place_of_a_name_is_not_repeated() -> None:
    """`connect("sk-...")` is a likely slip, and error messages end up in saved notebooks."""
    with pytest.raises(FtwidgetsError) as caught:
        connect("sk-proj-verysecretverysecretverysecret")
    assert "verysecret" not in f"{caught.value!r} {caught.value}"


def test_a_profile_is_read_only() -> None:
    """Facts are not changed by who reads them."""
    with pytest.raises(AttributeError):
        provider("openai").note = "open to all"  # type: ignore[misc]
    assert isinstance(provider("openai"), Provider)


# What the documents say


def row(name: str, *cells: object) -> str:
    """Write a row of the table as docs/providers.md does; an empty cell is one blank."""
    return "|".join(["", f" {name} ", *(f" {cell} " if cell not in (None, "") else " " for cell in cells), ""])


def test_the_table_of_the_page_is_the_data() -> None:
    """docs/providers.md shows what the code uses, and says that nobody was asked."""
    three = [provider(name) for name in NAMES]
    told = [
        row("", *(known.label for known in three)).replace("|  |", "| |", 1),
        row("address", *(f"`{known.base_url or known.address_form}`" for known in three)),
        row("key in", *(f"`{known.key_variable}`" for known in three)),
        row("not for organisations that asked no tuned model in 60 days, from", *(known.closed_to_inactive for known in three)),
        row("no new jobs from", *(known.no_new_jobs for known in three)),
        row("tuned models stop on", *(known.models_end for known in three)),
        row("hyperparameters travel in", *(f"`{known.hyperparameters_in}`" for known in three)),
        row("a job can ask for an adapter", *("`lora`, `lora_r`, `lora_alpha`" if known.lora else "no" for known in three)),
        row("a request also needs", *(f"`{json.dumps(dict(k.extra_body))}`" if k.extra_body else "" for k in three)),
        row("events are listed", *(known.events_order for known in three)),
        row("losses are in", *(known.curve_from for known in three)),
        row("result file", *(known.result_file for known in three)),
        row("checkpoints are listed", *(known.checkpoint_order for known in three)),
        row("checkpoints kept", *(known.checkpoints_kept or "all" for known in three)),
        row("other statuses", *(", ".join(f"`{odd}`" for odd in known.odd_statuses) for known in three)),
        row("before chat", *("deploy" if known.deploy else "" for known in three)),
        row("an error has", *(", ".join(f"`{field}`" for field in known.error_fields) for known in three)),
        row("not confirmed", *("; ".join(known.unverified) for known in three)),
    ]
    assert [line for line in told if line not in PAGE] == []
    assert "**No live call was made.**" in PAGE
    assert f"The date of all of it: {three[0].as_of}." in PAGE
    assert {known.as_of for known in three} == {three[0].as_of}
    assert f"above {jobs._MAX_LEARNING_RATE:g} for Nebius" in PAGE
