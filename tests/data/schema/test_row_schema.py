"""Our reading of a row against the schema that OpenAI published for it (openai-openapi, branch 2025-03-21); a copy is here."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from ftwidgets.data import schema
from tests.data.schema import generated
from tests.data.schema.rows import ANSWER, CALL, CALLING, RESULT, USER, VALID, chat, image, preference
from tests.data.schema.test_faults import FAULTS

SPEC = Path(__file__).with_name("row-schemas-2025-03-21.yaml")


def modern(node: Any) -> Any:
    """Say `nullable: true`, a keyword of older schemas, in today's words, and know the outputs by both their names."""
    if isinstance(node, list):
        return [modern(item) for item in node]
    if not isinstance(node, dict):
        return node
    inner = {key: modern(held) for key, held in node.items() if key != "nullable"}
    today = {key.replace("_completion", "_output"): held for key, held in inner.items() if key.endswith("preferred_completion")}
    inner.update(today)
    return {"anyOf": [inner, {"type": "null"}]} if node.get("nullable") is True else inner


def validator(name: str) -> jsonschema.Draft202012Validator:
    spec = modern(yaml.safe_load(SPEC.read_text(encoding="utf-8")))
    registry: Any = Registry().with_resource("urn:rows", DRAFT202012.create_resource(spec))
    return jsonschema.Draft202012Validator({"$ref": f"urn:rows#/components/schemas/{name}"}, registry=registry)


CHAT, PREFERENCE = validator("FineTuneChatRequestInput"), validator("FineTunePreferenceRequestInput")

# Where we refuse what the schema lets pass, each with its reason and a row that shows it.
STRICTER: dict[str, tuple[str, Any]] = {
    "missing-messages": ("the schema requires no key at all", {}),
    "unknown-key": (
        "the schema allows any key beside its own; services and the cookbook refuse them",
        chat(USER, ANSWER, id=1),
    ),
    "missing-content": (
        "an answer needs something to learn; the schema requires a role only",
        chat(USER, {"role": "assistant"}),
    ),
    "empty-content": ("blank text teaches nothing", chat(USER, {"role": "assistant", "content": " "})),
    "bad-content-part": (
        "a picture's address must be one; `format: uri` is a remark to a validator",
        chat({"role": "user", "content": [image("x")]}, ANSWER),
    ),
    "no-assistant": ("nothing to learn", chat(USER)),
    "last-not-assistant": ("what follows the last answer is not learned", chat(USER, ANSWER, USER)),
    "same-role-twice": ("refused by Foundry and Together", chat(USER, ANSWER, ANSWER)),
    "system-not-first": (
        "a warning: odd, and refused by some",
        chat(USER, ANSWER, {"role": "system", "content": "a"}, USER, ANSWER),
    ),
    "bad-weight": ("1.0 is an integer to JSON Schema and a float to services", chat(USER, {**ANSWER, "weight": 1.0})),
    "all-weights-zero": ("nothing to learn", chat(USER, {**ANSWER, "weight": 0})),
    "misplaced-weight": ("an unknown key that the schema lets pass", chat({**USER, "weight": 1}, ANSWER)),
    "bad-name": ("services check names against a pattern", chat({**USER, "name": "Ada L."}, ANSWER)),
    "bad-tool-call": ("no call, a name off the pattern, arguments that are no JSON", chat(USER, {**ANSWER, "tool_calls": []})),
    "unanswered-tool-call": ("OpenAI's rule for messages, of which the schema says nothing", chat(USER, CALLING, ANSWER)),
    "tool-without-call": ("OpenAI's rule for messages, of which the schema says nothing", chat(USER, RESULT, ANSWER)),
    "bad-tools": ("no tool, or a name off the pattern", chat(USER, ANSWER, tools=[])),
    "bad-preference": ("the schema requires neither input nor outputs", preference(preferred_output=[])),
    "same-preference": ("nothing to prefer", preference(preferred_output=[ANSWER], non_preferred_output=[ANSWER])),
    "empty-messages": ("no difference for chats; a row without prompt makes one", {"chosen": "a", "rejected": "b"}),
}


def fits(row: Any) -> bool:
    """Tell whether the schema of its kind takes a row."""
    is_preference = isinstance(row, dict) and schema.parse_row(row).format == "preference"
    return bool((PREFERENCE if is_preference else CHAT).is_valid(row))


@pytest.mark.parametrize("name", VALID)
def test_our_valid_rows_are_the_schemas_too(name: str) -> None:
    """Each of the valid rows, in the form in which it would be uploaded, fits the published schema."""
    example = schema.parse_row(VALID[name]).example
    errors = (PREFERENCE if "input" in VALID[name] or "chosen" in VALID[name] else CHAT).iter_errors(example)
    assert [f"{error.json_path}: {error.message:.100}" for error in errors] == []


@settings(max_examples=300, deadline=None)
@given(generated.ROWS)
def test_we_are_never_looser(row: Any) -> None:
    """Every example that we make of any row fits the published schema."""
    example = schema.parse_row(row).example
    assert example is None or fits(example)


@settings(max_examples=300, deadline=None)
@given(generated.CHATS | generated.PREFERENCES)
def test_where_we_are_stricter_is_known(row: dict[str, Any]) -> None:
    """A row that fits the schema and is refused by us is refused for a reason of the list."""
    found = schema.parse_row(row)
    if found.format in ("chat", "preference") and fits(row):
        assert {fault.id for fault in found.findings} <= STRICTER.keys()


@pytest.mark.parametrize("rule", [rule for rule in STRICTER if rule != "empty-messages"])
def test_each_stricter_rule_has_its_row(rule: str) -> None:
    """The row of the list fits the schema, and is refused by us for this reason alone."""
    _, row = STRICTER[rule]
    assert fits(row)
    assert {fault.id for fault in schema.parse_row(row).findings} == {rule}


def test_the_faulty_rows_that_the_schema_refuses() -> None:
    """Of the rows in the table of faults the schema refuses many too: so many, and for these reasons only."""
    refused = {rule for row, rule, _, _ in FAULTS if isinstance(row, dict) and "messages" in row and not fits(row)}
    assert refused == {
        "missing-messages",
        "empty-messages",
        "not-a-message",
        "unknown-role",
        "missing-content",
        "empty-content",
        "content-not-text",
        "bad-content-part",
        "bad-weight",
        "bad-name",
        "bad-tool-call",
        "tool-without-call",
        "bad-tools",
    }


def test_the_check_can_fail() -> None:
    """The schema as it is read here does refuse: a role it does not know, null where text must be."""
    assert fits(chat(USER, ANSWER))
    assert not fits(chat({**USER, "role": "developer"}, ANSWER))
    assert not fits(chat(USER, {**ANSWER, "tool_calls": [{**CALL, "id": None}]}))
    assert not fits(preference(preferred_output=[USER]))
