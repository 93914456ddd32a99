"""The API against the schema that OpenAI publishes (`openapi-subset.yaml`, beside this file; it says what was repaired)."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).with_name("openapi-subset.yaml")
UNCHECKED = {("GET", "/files/{file_id}/content"), ("POST", "/moderations")}  # has no JSON; is not served
UNPUBLISHED = "/responses"  # the published schemas of these are not valid ones: only the client's types check them

ROOT = "urn:openai"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """Read the schema."""
    read: dict[str, Any] = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    return read


def operation(spec: dict[str, Any], method: str, path: str) -> tuple[str, Any] | None:
    """Find the path in the schema that a request went to, the most literal one, and its operation."""
    fitting = [known for known in spec["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)]
    for known in sorted(fitting, key=lambda name: name.count("{")):
        if method.lower() in spec["paths"][known]:
            return known, spec["paths"][known][method.lower()]
    return None


def faults(spec: dict[str, Any], schema: Any, body: Any) -> list[str]:
    """Name what is wrong with a body."""
    registry: Any = Registry().with_resource(ROOT, DRAFT202012.create_resource(spec))
    validator = jsonschema.Draft202012Validator({"$ref": ROOT + schema["$ref"]}, registry=registry)
    return [f"{error.json_path}: {error.message:.200}" for error in validator.iter_errors(body)]


def test_every_good_body_fits_the_published_schema(walk: Any, spec: dict[str, Any]) -> None:
    """Each 2xx body of a walk through the API, every chunk of a stream too."""
    wrong, checked = [], set()
    for method, path, status, bodies in walk.exchanges:
        if status >= 300 or not bodies or path.startswith(UNPUBLISHED):
            continue
        found = operation(spec, method, path)
        if found is None:
            wrong.append(f"{method} {path}: not in the schema")
            continue
        name, described = found
        content = described["responses"]["200"]["content"]
        for body in bodies:
            kind = "text/event-stream" if str(body.get("object", "")).endswith(".chunk") else "application/json"
            wrong += [f"{method} {name} {fault}" for fault in faults(spec, content[kind]["schema"], body)]
            checked.add((method, name, kind))
    assert sorted(set(wrong)) == []
    described_too = {(method.upper(), name) for name, described in spec["paths"].items() for method in described}
    assert described_too - {(method, name) for method, name, _ in checked} == UNCHECKED


def test_every_refusal_fits_the_published_schema(walk: Any, spec: dict[str, Any]) -> None:
    """The envelope, with all four of its keys."""
    bodies = [body for _, _, status, bodies in walk.exchanges if status >= 300 for body in bodies]
    assert len(bodies) >= 6
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    assert [fault for body in bodies for fault in faults(spec, schema, body)] == []


def test_the_check_would_notice(spec: dict[str, Any]) -> None:
    """A body without what the schema requires does not pass, nor one with a wrong status deep inside."""
    schema = {"$ref": "#/components/schemas/ListPaginatedFineTuningJobsResponse"}
    assert faults(spec, schema, {"object": "list", "data": []})
    assert faults(spec, schema, {"object": "list", "has_more": False, "data": [{"status": "odd"}]})
    assert not faults(spec, schema, {"object": "list", "has_more": False, "data": []})
