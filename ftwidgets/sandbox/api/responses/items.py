"""The items of a conversation: messages as they are sent, as they are stored, and as the model reads them.

    {"role": "user", "content": "…"}                                                      short
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "…"}]}  in full
    {"type": "message", "role": "assistant", "id": "msg_…", "status": "completed", "content": [{"type": "output_text", …}]}

The full form, with an id, is stored. Left out: images, files, tool calls, reasoning, references to items.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.request_model import ParameterError, RequestModel, Unsupported, check_nested, not_empty, one_of
from ftwidgets.sandbox.ids import Ids
from ftwidgets.sandbox.training.training_file import MAX_PARTS, model_role

ID_LENGTH = 48


class _InputPart(RequestModel):
    type: str
    text: str


class _OutputPart(_InputPart):
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None


class InputMessage(RequestModel):
    """A message of the input."""

    type: str | None = None
    role: Literal["system", "developer", "user", "assistant"]
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    phase: Unsupported = None
    content: Annotated[Any, one_of(str, list)]

    @field_validator("type")
    @classmethod
    def _messages_only(cls, type_: str) -> str:
        if type_ != "message":
            message = (
                f"Unsupported parameter: '{{path}}' is '{type_:.40}'. This sandbox takes messages only; "
                "its models read and write plain text."
            )
            raise ParameterError(message, "unsupported_parameter")
        return type_

    @field_validator("content")
    @classmethod
    def _check_parts(cls, content: str | list[Any], info: ValidationInfo) -> str | list[Any]:
        if isinstance(content, str):
            return content
        if not content:
            raise ParameterError("Invalid '{path}': expected at least one part, but got none.", "empty_array")
        if len(content) > MAX_PARTS:
            message = f"Invalid '{{path}}': array too long. Expected at most {MAX_PARTS} parts, but got {len(content)} instead."
            raise ParameterError(message, "array_above_max_length")
        role = info.data.get("role")
        expected, part_model = ("output_text", _OutputPart) if role == "assistant" else ("input_text", _InputPart)
        for place, given in enumerate(content):
            if isinstance(given, dict) and isinstance(type_ := given.get("type"), str) and type_ != expected:
                message = f"Invalid value: '{type_:.40}'. A message of the role '{role}' may hold '{expected}' parts only."
                raise ParameterError(message, "invalid_value", place, "type")
            check_nested(part_model, given, place)
        return content

    @property
    def texts(self) -> list[str]:
        """The text, or the texts of its parts."""
        return [self.content] if isinstance(self.content, str) else [part["text"] for part in self.content]


def check_input(items: list[Any]) -> list[InputMessage]:
    """Check the items of an input; to be called in a validator."""
    return [check_nested(InputMessage, item, place) for place, item in enumerate(not_empty(items))]


def input_items(given: str | list[InputMessage], ids: Ids) -> list[Body]:
    """Return the input of a response as full items; those without an id get one."""
    if isinstance(given, str):
        return [message_item(new_message_id(ids), "user", given)]
    return [message_item(message.id or new_message_id(ids), message.role, *message.texts) for message in given]


def new_message_id(ids: Ids) -> str:
    """Return a new id for a message."""
    return ids.new("msg_", ID_LENGTH)


def message_item(id_: str, role: str, *texts: str) -> Body:
    """Return a message in full."""
    if role == "assistant":
        return output_item(id_, "completed", [output_part(text) for text in texts])
    parts = [{"type": "input_text", "text": text} for text in texts]
    return {"id": id_, "type": "message", "role": role, "status": "completed", "content": parts}


def output_item(id_: str, status: str, parts: list[Body]) -> Body:
    """Return an answer of the model as an item."""
    return {"id": id_, "type": "message", "role": "assistant", "status": status, "content": parts}


def output_part(text: str, logprobs: list[Body] | None = None) -> Body:
    """Return the text of an answer as a part."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs or []}


def with_own_ids(items: list[Body], ids: Ids) -> list[Body]:
    """Replace ids that occur twice: lists are paged by id."""
    seen: set[str] = set()
    distinct = []
    for item in items:
        own = {**item, "id": new_message_id(ids)} if item["id"] in seen else item
        seen.add(own["id"])
        distinct.append(own)
    return distinct


def plain_messages(items: list[Body]) -> list[dict[str, str]]:
    """Return the items as messages for the model."""
    return [{"role": model_role(item["role"]), "content": "".join(part["text"] for part in item["content"])} for item in items]
