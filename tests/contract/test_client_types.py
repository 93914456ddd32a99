"""The API against the client's own types."""

from typing import Any

import pydantic

from tests.contract.surface import CALLS

# What the published schema requires of a list although the client's page types do not name it.
PAGE_KEYS = {"object", "first_id", "last_id", "has_more"}


def unknown_keys(value: Any, where: str) -> list[str]:
    """Name every key, at any depth, that the types of the client do not know."""
    if isinstance(value, list | tuple):
        return [key for place, item in enumerate(value) for key in unknown_keys(item, f"{where}[{place}]")]
    if not isinstance(value, pydantic.BaseModel):
        return []
    extra = set(value.model_extra or {}) - (PAGE_KEYS if hasattr(value, "has_next_page") else set())
    found = [f"{where}.{key}" for key in sorted(extra)]
    for name in type(value).model_fields:
        found += unknown_keys(getattr(value, name), f"{where}.{name}")
    return found


def test_no_key_is_unknown_to_the_client(walk: Any) -> None:
    """Every body, read with strict validation on, has only keys that the client's types name."""
    assert [key for name, result in walk.objects for key in unknown_keys(result, name)] == []


def test_the_check_would_notice() -> None:
    """A key too many is found, at any depth."""

    class Inner(pydantic.BaseModel, extra="allow"):
        known: int

    class Outer(pydantic.BaseModel, extra="allow"):
        inner: list[Inner]

    outer = Outer.model_validate({"inner": [{"known": 1, "strange": 2}], "odd": 3})
    assert unknown_keys(outer, "x") == ["x.odd", "x.inner[0].strange"]


def test_the_walk_covers_what_it_should(walk: Any) -> None:
    """Every method that this sandbox has is among the calls, and those of the walk were looked at in many states."""
    served = {call.name for call in CALLS if not call.not_served}
    assert {name for name, _ in walk.objects} == served | {
        "files.create",
        "files.retrieve",
        "files.list",
        "files.delete",
        "files.content",
        "files.retrieve_content",
        "files.wait_for_processing",
        "jobs.create",
        "jobs.retrieve",
        "jobs.list",
        "jobs.cancel",
        "jobs.list_events",
        "checkpoints.list",
        "models.list",
        "models.retrieve",
        "models.delete",
        "chat.create",
        "chat.stream",
    }


def test_a_walk_sees_every_status(walk: Any) -> None:
    """Jobs were looked at in each of their states but the fleeting ones."""
    seen = {result.status for name, result in walk.objects if name.startswith("jobs.") and hasattr(result, "status")}
    assert seen >= {"validating_files", "running", "succeeded", "failed", "cancelled"}
