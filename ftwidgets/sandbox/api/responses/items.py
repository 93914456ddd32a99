"""The items of a conversation: messages as they come in, as they are kept, and as the model reads them.

    {"role": "user", "content": "…"}                                                      short
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "…"}]}  in full
    {"type": "message", "role": "assistant", "id": "msg_…", "status": "completed", "content": [{"type": "output_text", …}]}

Kept is the full form, with an id. Left out: images, files, calls of tools, reasoning, references to items.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.params import Params, kind_of
from ftwidgets.sandbox.api_errors import ApiError, refused
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.training.training_file import MOST_PARTS, ROLES, plain_role

ID_LENGTH = 48

# What else a part of an answer may carry when it is sent back.
_TOLD = ("annotations", "logprobs")


def read_input(params: Params, ids: Ids) -> list[Body]:
    """Take the input of a response, a text or a list of messages, as full items with fresh ids.

    Raises
    ------
    ApiError
        400 for anything but text; it names the place: `input[2].content[0].type`.
    """
    given = params.take("input", str, list, required=True)
    if isinstance(given, str):
        return [message_item(new_message_id(ids), "user", given)]
    if not given:
        raise refused(
            "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="input",
            code="empty_array",
        )
    return [_item(item, f"input[{place}]", ids) for place, item in enumerate(given)]


def new_message_id(ids: Ids) -> str:
    """Name a message."""
    return ids.new("msg_", ID_LENGTH)


def message_item(id_: str, role: str, *texts: str) -> Body:
    """Write a message in full."""
    if role == "assistant":
        return output_item(id_, "completed", [output_part(text) for text in texts])
    parts = [{"type": "input_text", "text": text} for text in texts]
    return {"id": id_, "type": "message", "role": role, "status": "completed", "content": parts}


def output_item(id_: str, status: str, parts: list[Body]) -> Body:
    """Write an answer of the model."""
    return {"id": id_, "type": "message", "role": "assistant", "status": status, "content": parts}


def output_part(text: str, logprobs: list[Body] | None = None) -> Body:
    """Write the text of an answer."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs or []}


def with_own_ids(items: list[Body], ids: Ids) -> list[Body]:
    """Give an item that carries the id of an earlier one an id of its own: lists are paged by id."""
    seen: set[str] = set()
    distinct = []
    for item in items:
        own = {**item, "id": new_message_id(ids)} if item["id"] in seen else item
        seen.add(own["id"])
        distinct.append(own)
    return distinct


def plain_messages(items: list[Body]) -> list[dict[str, str]]:
    """Give the items as the model reads them."""
    return [{"role": plain_role(item["role"]), "content": "".join(part["text"] for part in item["content"])} for item in items]


def _item(given: Any, where: str, ids: Ids) -> Body:
    if not isinstance(given, Mapping):
        raise _wrong_type(where, "an object", given)
    item = Params(given, where)
    kind = item.text("type")
    if kind not in (None, "message"):
        raise refused(
            f"Unsupported parameter: '{where}.type' is '{kind:.40}'. This sandbox takes messages only; "
            "its models read and write plain text.",
            param=f"{where}.type",
            code="unsupported_parameter",
        )
    role = str(item.choice("role", ROLES, required=True))
    content = item.take("content", str, list, required=True)
    item.choice("status", ("in_progress", "completed", "incomplete"))
    id_ = item.text("id", shortest=1, longest=64)
    item.unsupported("phase")
    item.done()
    texts = [content] if isinstance(content, str) else _texts(content, role, f"{where}.content")
    return message_item(id_ or new_message_id(ids), role, *texts)


def _texts(parts: list[Any], role: str, where: str) -> list[str]:
    if not parts:
        raise refused(f"Invalid '{where}': expected at least one part, but got none.", param=where, code="empty_array")
    if len(parts) > MOST_PARTS:
        message = f"Invalid '{where}': array too long. Expected at most {MOST_PARTS} parts, but got {len(parts)} instead."
        raise refused(message, param=where, code="array_above_max_length")
    return [_text(part, role, f"{where}[{place}]") for place, part in enumerate(parts)]


def _text(given: Any, role: str, where: str) -> str:
    if not isinstance(given, Mapping):
        raise _wrong_type(where, "an object", given)
    part = Params(given, where)
    wanted = "output_text" if role == "assistant" else "input_text"
    if part.text("type", required=True) != wanted:
        raise refused(
            f"Invalid value: '{given['type']:.40}'. A message of the role '{role}' may hold '{wanted}' parts only.",
            param=f"{where}.type",
            code="invalid_value",
        )
    text = str(part.text("text", required=True))
    if role == "assistant":
        for name in _TOLD:
            part.take(name, list)
    part.done()
    return text


def _wrong_type(where: str, expected: str, given: Any) -> ApiError:
    return refused(
        f"Invalid type for '{where}': expected {expected}, but got {kind_of(given)} instead.", param=where, code="invalid_type"
    )
