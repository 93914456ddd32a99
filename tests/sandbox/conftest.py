"""A sandbox, clients on it, a little data: what the tests of the sandbox are built from."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from starlette.datastructures import Headers

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api.auth import Caller, bearer_key
from ftwidgets.sandbox.clock import SystemClock

BASE = "nano-2026-11"
OVER = ("succeeded", "failed", "cancelled")

Rows = list[dict[str, Any]]

TALLY = pytest.StashKey[list[str]]()


def make_rows(n: int = 10) -> Rows:
    """Make short chats, all different."""
    return [
        {
            "messages": [
                {"role": "user", "content": f"What is {i} and one?"},
                {"role": "assistant", "content": f"It is {i + 1}."},
            ]
        }
        for i in range(n)
    ]


def make_client(sandbox: Sandbox, **options: Any) -> openai.OpenAI:
    """Make a client as `connect` does, strict about what it gets."""
    return sandbox.client(api_key="any", _strict_response_validation=True, **options)


def upload_rows(client: openai.OpenAI, rows: Rows) -> str:
    """Upload rows as a training file and give its id."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    return client.files.create(file=("rows.jsonl", lines.encode()), purpose="fine-tune").id


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Poll until something is true and give it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"still not so after {seconds} s")


def wait_for_end(client: openai.OpenAI, job_id: str) -> Any:
    """Wait until a job is over and give it."""
    jobs = client.fine_tuning.jobs
    return wait_for(lambda: (job := jobs.retrieve(job_id)).status in OVER and job)


class ClockAhead(SystemClock):
    """The computer's clock, put forward by so many seconds."""

    ahead = 0.0

    def time(self) -> float:
        """Tell the seconds since 1970."""
        return super().time() + self.ahead


class OwnerPerKey:
    """Accepts every key and takes it for the name of the owner."""

    def authenticate(self, headers: Headers) -> Caller:
        """Tell who is asking."""
        return Caller(owner=bearer_key(headers))


class Helpers:
    """The functions above, for tests that ask for them by fixture."""

    base = BASE
    key_authenticator = OwnerPerKey
    rows = staticmethod(make_rows)
    client = staticmethod(make_client)
    upload = staticmethod(upload_rows)
    wait_for = staticmethod(wait_for)
    wait_for_end = staticmethod(wait_for_end)


@pytest.fixture(scope="session")
def world() -> type[Helpers]:
    """Give what tests do over and over."""
    return Helpers


@pytest.fixture
def clock() -> ClockAhead:
    """Give the clock of the sandbox; a test may put it forward."""
    return ClockAhead()


@pytest.fixture
def sandbox_clock(clock: ClockAhead) -> ClockAhead:
    """Hand that clock to the kit's own fixture `sandbox`."""
    return clock


@pytest.fixture
def owners(tmp_path: Path) -> Iterator[Callable[[str], openai.OpenAI]]:
    """Give a function that makes a client for somebody, by name, on one sandbox for all."""
    with Sandbox(tmp_path / "owners", authenticator=OwnerPerKey()) as opened:
        yield lambda name: make_client(opened).with_options(api_key=name)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    """Make a client on that sandbox."""
    with make_client(sandbox) as made:
        yield made


@pytest.fixture
def raw(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    """Make a bare HTTP client on that sandbox, for requests that the openai client would not send."""
    headers = {"Authorization": "Bearer any"}
    with httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url, headers=headers) as made:
        yield made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[openai.OpenAI, Any]]:
    """Give a client and a job that has succeeded: 10 rows, 4 epochs, a validation file."""
    with Sandbox(tmp_path_factory.mktemp("trained")) as opened, make_client(opened) as made:
        job = made.fine_tuning.jobs.create(
            model=BASE,
            training_file=upload_rows(made, make_rows()),
            validation_file=upload_rows(made, make_rows(2)),
            suffix="sums",
            seed=5,
            metadata={"class": "one"},
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 5}}},
        )
        yield made, wait_for_end(made, job.id)


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> list[str]:
    """Give a list whose lines are shown at the end of the run."""
    return pytestconfig.stash.setdefault(TALLY, [])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what was counted."""
    lines = terminalreporter.config.stash.get(TALLY, [])
    if lines:
        terminalreporter.section("counted")
        for line in lines:
            terminalreporter.write_line(line)
