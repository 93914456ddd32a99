"""Requests that schemathesis makes up from the published schema, good and bad ones: no 500, and every answer as published.

Half of the ids in them are of things that exist, so that the answers are not all 404s; answers are kept short and jobs are
cancelled at once, so that it takes a minute. The examples are the same in every run.
Left out: `/moderations`, which the sandbox does not serve, and `/responses`, whose published schemas are not valid.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ftwidgets.sandbox import Sandbox
from tests.contract.journey.traveller import Target, Traveller

SPEC = Path(__file__).with_name("openapi-subset.yaml")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {GenerationMode.POSITIVE: 40, GenerationMode.NEGATIVE: 20}  # for each operation
KEY = {"Authorization": "Bearer any"}
NOT_SERVED = ("/moderations",)


def described() -> Any:
    """Read the schema and say in it what it leaves out: that an error is an envelope."""
    spec: dict[str, Any] = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    error = {
        "description": "refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
    }
    for path in spec["paths"].values():
        for operation in path.values():
            operation["responses"] = {"200": operation["responses"]["200"], "4XX": error}
    return schemathesis.openapi.from_dict(spec)


SCHEMA = described()
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if found.ok().path not in NOT_SERVED]


class World:
    """A sandbox with one of each thing, an ASGI client on it, and what was seen."""

    def __init__(self, sandbox: Sandbox, client: Any) -> None:
        self.client = client
        self.statuses: Counter[str] = Counter()
        self.violations: list[str] = []
        t = self.traveller = Traveller(
            Target(sandbox.base_url, "nano-2026-11", http=lambda: httpx2.Client(transport=sandbox.transport()))
        )
        upload = t.client.uploads.create(bytes=9, filename="a", mime_type="text/jsonl", purpose="fine-tune")
        permission = t.client.fine_tuning.checkpoints.permissions.create(t.tuned, project_ids=["proj_a"]).data[0]
        self.ids: dict[str, str] = {
            "file_id": t.file.id,
            "training_file": t.file.id,
            "validation_file": t.file.id,
            "fine_tuning_job_id": t.job.id,
            "fine_tuned_model_checkpoint": t.tuned,
            "completion_id": t.stored.id,
            "upload_id": upload.id,
            "permission_id": permission.id,
            "model": t.base,
        }

    def at_home(self, case: Any) -> None:
        """Put what exists here into a case, in place of what was made up."""
        for given_there in (case.path_parameters, case.body):
            if isinstance(given_there, dict):
                given_there.update({name: id_ for name, id_ in self.ids.items() if name in given_there})
        if isinstance(case.body, dict) and isinstance(case.body.get("messages"), list):
            case.body["messages"] = [{"role": "user", "content": "Hi!"}]

    def send(self, case: Any) -> None:
        """Send a case, shortened, and keep what is wrong with the answer."""
        if isinstance(case.body, dict) and "messages" in case.body:
            case.body.pop("max_tokens", None)
            case.body |= {"max_completion_tokens": 3}
            case.body["n"] = 2 if case.body.get("n", 1) in range(2, 129) else case.body.get("n", 1)
        response = case.call(session=self.client, headers=KEY)
        self.statuses[f"{response.status_code // 100}xx"] += 1
        try:
            case.validate_response(response, checks=CHECKS, headers=KEY)
        except (Failure, FailureGroup) as error:
            found = error.exceptions if isinstance(error, FailureGroup) else [error]
            where = f"{case.method} {case.operation.path}"
            self.violations += [f"{where} {response.status_code}: {one.title}: {one.message:.300}" for one in found]
        if case.operation.label == "POST /fine_tuning/jobs" and response.status_code == 200:
            self.traveller.jobs.cancel(response.json()["id"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Open a sandbox and put one of each thing in it."""
    with Sandbox(tmp_path_factory.mktemp("made-up")) as sandbox, get_client(sandbox.app) as client:
        ready = World(sandbox, client)
        yield ready
        ready.traveller.close()


@pytest.mark.parametrize("mode", EXAMPLES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_as_published(world: World, operation: Any, mode: GenerationMode) -> None:
    """Whatever is asked, the answer is no 500, has a status and a type that are declared, and fits the schema."""
    before = len(world.violations)
    cases = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, at_home=st.booleans())
    def ask(case: Any, at_home: bool) -> None:
        if at_home:
            world.at_home(case)
        world.send(case)

    ask()
    assert sorted(set(world.violations[before:])) == []


def test_it_was_no_walk_through_refusals_only(world: World) -> None:
    """Of all the requests, a good part were answered: the checks looked at bodies, not only at envelopes."""
    assert world.statuses["2xx"] >= 200
    assert world.statuses["4xx"] >= 200
    assert set(world.statuses) <= {"2xx", "4xx"}


def test_a_wrong_answer_would_be_noticed() -> None:
    """Against an application that answers nonsense, the same checks find a violation for every operation."""

    async def nonsense(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"hello"})

    quiet = []
    with get_client(nonsense) as client:
        for operation in OPERATIONS:
            case = operation.Case(path_parameters={parameter.name: "x" for parameter in operation.path_parameters})
            try:
                case.validate_response(case.call(session=client, headers=KEY), checks=CHECKS)
            except (Failure, FailureGroup):
                continue
            quiet.append(operation.label)
    assert quiet == []
