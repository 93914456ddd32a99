"""What a chat completion is asked to be: the parameters of `POST /chat/completions`, checked and made plain.

Every parameter of the service is either honoured, accepted because it cannot change the answer, or refused by name.
Left out: the answer (`chat`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ftwidgets.sandbox.api.params import Params, kind_of
from ftwidgets.sandbox.api_errors import refused
from ftwidgets.sandbox.inference.completion import CompletionRequest
from ftwidgets.sandbox.training.training_file import MOST_PARTS, ROLES, plain_content, plain_role

LONGEST_SEED = 2**63
COLDEST = 1e-3  # below it the likeliest token wins in any case, and 32-bit floats would overflow
FORMATS = ("text", "json_object", "json_schema")

# What a message may carry with a value that says nothing: an answer of the API, sent back, does.
_EMPTY_KEYS = ("annotations", "audio", "function_call", "name", "refusal", "tool_calls")


@dataclass(frozen=True)
class ChatRequest:
    """A checked request; `given` holds its messages as they came, to be stored with the answer."""

    completion: CompletionRequest
    given: list[dict[str, Any]]
    n: int
    stream: bool
    include_usage: bool
    metadata: dict[str, str] | None
    store: bool


def read_chat_request(params: Params) -> ChatRequest:
    """Check the parameters of a chat completion."""
    _unsupported(params)
    stream = params.boolean("stream")
    given, json_object = _messages(params), read_format(params, "response_format")
    messages = [_message(message, f"messages[{place}]") for place, message in enumerate(given)]
    if json_object and not speaks_of_json(messages):
        raise refused(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )
    request = ChatRequest(
        completion=CompletionRequest(
            model=str(params.text("model", required=True)),
            messages=messages,
            json_object=json_object,
            max_tokens=_max_tokens(params),
            temperature=read_temperature(params),
            top_p=read_top_p(params),
            seed=params.integer("seed", least=-LONGEST_SEED, most=LONGEST_SEED),
            stop=_stop(params),
            top_logprobs=_top_logprobs(params),
        ),
        given=given,
        n=params.integer("n", least=1, most=128) or 1,
        stream=stream,
        include_usage=_include_usage(params, stream),
        metadata=read_metadata(params),
        store=params.boolean("store"),
    )
    without_effect(params)
    params.done()
    return request


def read_temperature(params: Params) -> float:
    """Take the temperature; where it is so low that only the likeliest token can win, it is 0."""
    given = params.number("temperature", least=0, most=2)
    return 1.0 if given is None else given if given >= COLDEST else 0.0


def read_top_p(params: Params) -> float:
    """Take the share of the nucleus."""
    given = params.number("top_p", least=0, most=1)
    return 1.0 if given is None else given


def read_metadata(params: Params) -> dict[str, str] | None:
    """Take up to 16 pairs of strings."""
    return params.strings("metadata", pairs=16, key=64, value=512)


def read_format(params: Params, name: str) -> bool:
    """Take the form that the answer is to have; tell whether it is to be a JSON object."""
    given = params.take(name, dict)
    if given is None:
        return False
    inner = Params(given, params.path(name))
    kind = inner.choice("type", FORMATS, required=True)
    if kind == "json_schema":
        raise refused(
            f"Unsupported parameter: '{params.path(name)}' of the type 'json_schema' is not supported by this sandbox. Its "
            "models can be held to JSON but to no schema: use the type 'json_object', and say in a message what it is to hold.",
            param=params.path(name),
            code="unsupported_parameter",
        )
    inner.done()
    return kind == "json_object"


def speaks_of_json(messages: list[dict[str, str]]) -> bool:
    """Tell whether JSON is mentioned: who wants it must say so to the model too."""
    return any("json" in message["content"].lower() for message in messages)


def _unsupported(params: Params) -> None:
    params.unsupported("modalities", ["text"], instead="The model writes plain text only.")
    params.unsupported("frequency_penalty", 0, 0.0)
    params.unsupported("presence_penalty", 0, 0.0)
    params.unsupported("logit_bias", {})
    params.unsupported("service_tier", "auto", "default")
    params.unsupported("verbosity", "medium")
    for name in ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"):
        params.unsupported(name, instead="The model cannot call tools.")
    for name in ("audio", "moderation", "prediction", "prompt_cache_options", "reasoning_effort", "web_search_options"):
        params.unsupported(name)


def without_effect(params: Params) -> dict[str, str | None]:
    """Accept what names the user or hints at caching: it never changes an answer, there or here."""
    return {
        "user": params.text("user"),
        "safety_identifier": params.text("safety_identifier", longest=64),
        "prompt_cache_key": params.text("prompt_cache_key"),
        "prompt_cache_retention": params.choice("prompt_cache_retention", ("in_memory", "24h")),
    }


def _max_tokens(params: Params) -> int | None:
    old, new = params.integer("max_tokens", least=1), params.integer("max_completion_tokens", least=1)
    if old is not None and new is not None:
        raise refused(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    return new if old is None else old


def _stop(params: Params) -> tuple[str, ...]:
    given = params.take("stop", str, list)
    texts = [given] if isinstance(given, str) else given or []
    if len(texts) > 4:
        raise refused(
            "Invalid 'stop': array too long. Expected an array with maximum length 4, "
            f"but got an array with length {len(texts)} instead.",
            param="stop",
            code="array_above_max_length",
        )
    for text in texts:
        if not isinstance(text, str) or not text:
            raise refused(
                f"Invalid 'stop': expected texts of at least one character, but got {text!r:.40}.",
                param="stop",
                code="invalid_value",
            )
    return tuple(texts)


def _top_logprobs(params: Params) -> int | None:
    wanted, top = params.boolean("logprobs"), params.integer("top_logprobs", least=0, most=20)
    if top is not None and not wanted:
        raise refused(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
            param="top_logprobs",
            code="invalid_parameter_combination",
        )
    return (top or 0) if wanted else None


def _include_usage(params: Params, stream: bool) -> bool:
    options = params.take("stream_options", dict)
    if options is not None and not stream:
        raise refused(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
            code="invalid_parameter_combination",
        )
    inner = Params(options or {}, "stream_options")
    inner.unsupported("include_obfuscation", False, instead="Chunks are never padded here.")
    include = inner.boolean("include_usage")
    inner.done()
    return include


def _messages(params: Params) -> list[Any]:
    given: list[Any] = params.take("messages", list, required=True)
    if not given:
        raise refused(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    return given


def _message(message: Any, where: str) -> dict[str, str]:
    if not isinstance(message, Mapping):
        raise refused(
            f"Invalid type for '{where}': expected an object, but got {kind_of(message)} instead.",
            param=where,
            code="invalid_type",
        )
    role = message.get("role")
    if role not in ROLES:
        raise refused(
            f"Invalid value: {role!r}. Supported values are: {', '.join(map(repr, ROLES))}.",
            param=f"{where}.role",
            code="invalid_value",
        )
    for key, value in message.items():
        if key in ("role", "content") or (key in _EMPTY_KEYS and value in (None, [])):
            continue
        raise refused(
            f"Unsupported parameter: '{where}.{key}' is not supported by this sandbox.",
            param=f"{where}.{key}",
            code="unsupported_parameter",
        )
    _check_parts(message.get("content"), f"{where}.content")
    try:
        return {"role": plain_role(role), "content": plain_content(message.get("content"), where)}
    except ValueError as error:
        raise refused(f"Invalid value: {error}.", param=f"{where}.content", code="invalid_value") from error


def _check_parts(content: Any, where: str) -> None:
    """Refuse more parts than a text needs, and what they carry beside it: a stored chat is kept as it came."""
    if not isinstance(content, list):
        return
    if len(content) > MOST_PARTS:
        raise refused(
            f"Invalid '{where}': array too long. Expected at most {MOST_PARTS} parts, but got {len(content)} instead.",
            param=where,
            code="array_above_max_length",
        )
    for place, part in enumerate(content):
        if isinstance(part, Mapping) and part.get("type") == "text" and (more := sorted(part.keys() - {"type", "text"})):
            name = f"{where}[{place}].{more[0]:.40}"
            raise refused(
                f"Unsupported parameter: '{name}' is not supported by this sandbox.", param=name, code="unsupported_parameter"
            )
