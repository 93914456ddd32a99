"""The messages that a model grader would send to its judge: their form checked.

Left out: sending them; there is no judge here. Marks for a prompt cache are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ftwidgets.sandbox.api.params import Params, kind_of
from ftwidgets.sandbox.api_errors import refused

ROLES = ("user", "assistant", "system", "developer")


def check_messages(messages: list[Any], where: str) -> None:
    """Check the `input` of a model grader against the published schema.

    Parameters
    ----------
    messages
        The messages.
    where
        Their path, for messages to people.

    Raises
    ------
    ApiError
        One of them is not as the schema has it (`EvalItem`).
    """
    for place, message in enumerate(messages):
        params = _object(message, f"{where}[{place}]")
        params.choice("role", ROLES, required=True)
        params.choice("type", ("message",))
        content = params.take("content", str, dict, list, required=True)
        params.done()
        at = params.path("content")
        if isinstance(content, list):
            for inside, item in enumerate(content):
                _content(item, f"{at}[{inside}]")
        else:
            _content(content, at)


def _content(item: Any, where: str) -> None:
    if isinstance(item, str):
        return
    params = _object(item, where)
    type_ = str(params.choice("type", tuple(_PARTS), required=True))
    _PARTS[type_](params)
    params.done()


def _text(params: Params) -> None:
    params.text("text", required=True)
    params.unsupported("prompt_cache_breakpoint")


def _image(params: Params) -> None:
    params.text("image_url", required=True)
    params.text("detail")


def _audio(params: Params) -> None:
    audio = params.inner("input_audio")
    audio.text("data", required=True)
    audio.choice("format", ("mp3", "wav"), required=True)
    audio.done()


_PARTS: dict[str, Callable[[Params], None]] = {
    "input_text": _text,
    "output_text": _text,
    "input_image": _image,
    "input_audio": _audio,
}


def _object(value: Any, where: str) -> Params:
    if not isinstance(value, dict):
        raise refused(
            f"Invalid type for '{where}': expected an object, but got {kind_of(value)} instead.",
            param=where,
            code="invalid_type",
        )
    return Params(value, where)
