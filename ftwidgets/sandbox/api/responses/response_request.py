"""What a response is asked to be: the parameters of `POST /responses`, checked and made plain.

Every parameter of the service is either honoured, accepted because it asks for nothing, or refused by name.
Left out: the response (`bodies`, `events`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_request import read_format, read_metadata, read_temperature, read_top_p, without_effect
from ftwidgets.sandbox.api.params import Params
from ftwidgets.sandbox.api.responses.items import read_input
from ftwidgets.sandbox.api_errors import refused
from ftwidgets.sandbox.ids import Ids

LOGPROBS = "message.output_text.logprobs"
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    LOGPROBS,
)
NO_REASONING = {"context": "auto", "effort": "none", "generate_summary": "auto", "mode": "standard", "summary": "auto"}
LEAST_TOKENS = 16  # the service's own limit


@dataclass(frozen=True, kw_only=True)
class ResponseRequest:
    """A checked request; `told` are parameters without effect that the response repeats."""

    model: str
    items: list[Body]
    instructions: str | None
    previous: str | None
    max_tokens: int | None
    temperature: float
    top_p: float
    shown_temperature: float
    top_logprobs: int | None
    json_object: bool
    metadata: dict[str, str] | None
    tool_choice: str
    parallel_tool_calls: bool
    stream: bool
    store: bool
    told: dict[str, str | None]


def read_response_request(params: Params, ids: Ids) -> ResponseRequest:
    """Check the parameters of a response."""
    _unsupported(params)
    stream = params.boolean("stream")
    _stream_options(params, stream)
    parallel, store = params.take("parallel_tool_calls", bool), params.take("store", bool)
    temperature = params.number("temperature", least=0, most=2)
    request = ResponseRequest(
        model=str(params.text("model", required=True)),
        items=read_input(params, ids),
        instructions=params.text("instructions"),
        previous=params.text("previous_response_id"),
        max_tokens=params.integer("max_output_tokens", least=LEAST_TOKENS),
        temperature=read_temperature(Params({"temperature": temperature})),
        shown_temperature=1.0 if temperature is None else temperature,
        top_p=read_top_p(params),
        top_logprobs=_top_logprobs(params),
        json_object=_json_object(params),
        metadata=read_metadata(params),
        tool_choice=params.choice("tool_choice", ("auto", "none")) or "auto",
        parallel_tool_calls=parallel is None or bool(parallel),
        stream=stream,
        store=store is None or bool(store),
        told=without_effect(params),
    )
    params.done()
    return request


def _unsupported(params: Params) -> None:
    params.unsupported("tools", [], instead="The model cannot call tools.")
    params.unsupported("background", False, instead="A response is written while you wait; use stream=True to watch.")
    params.unsupported("truncation", "disabled", instead="A conversation that is too long is refused; shorten it yourself.")
    params.unsupported("service_tier", "auto", "default")
    params.unsupported("context_management", [])
    params.unsupported("conversation", instead="Use previous_response_id to go on with a conversation.")
    params.unsupported("prompt", instead="There are no stored prompts here; write it into 'instructions'.")
    for name in ("access_programs", "background_options", "image", "moderation", "prompt_cache_options"):
        params.unsupported(name)
    params.unsupported("max_tool_calls", instead="The model cannot call tools.")
    reasoning = params.inner("reasoning")
    for name, value in NO_REASONING.items():
        reasoning.unsupported(name, value, instead="The model does not reason before it answers.")
    reasoning.done()


def _json_object(params: Params) -> bool:
    text = params.inner("text")
    json_object = read_format(text, "format")
    text.unsupported("verbosity", "medium")
    text.done()
    return json_object


def _stream_options(params: Params, stream: bool) -> None:
    if params.has("stream_options") and not stream and params.take("stream_options", dict) is not None:
        raise refused(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
            code="invalid_parameter_combination",
        )
    options = params.inner("stream_options")
    options.unsupported("include_obfuscation", False, instead="Events are never padded here.")
    options.done()


def _top_logprobs(params: Params) -> int | None:
    wanted, top = LOGPROBS in read_include(params), params.integer("top_logprobs", least=0, most=20)
    if top and not wanted:
        raise refused(
            f"The 'top_logprobs' parameter is only allowed when 'include' contains '{LOGPROBS}'.",
            param="top_logprobs",
            code="invalid_parameter_combination",
        )
    return (top or 0) if wanted else None


def read_include(params: Params) -> list[str]:
    """Take what else is to be shown; only log-probabilities can be."""
    given: list[Any] = params.take("include", list) or []
    for name in given:
        if name not in INCLUDABLE:
            listed = ", ".join(map(repr, INCLUDABLE))
            raise refused(
                f"Invalid value: {name!r:.60}. Supported values are: {listed}.", param="include", code="invalid_value"
            )
        if name != LOGPROBS:
            raise refused(
                f"Unsupported parameter: 'include' asks for '{name}', which this sandbox does not have. "
                f"It knows '{LOGPROBS}' only.",
                param="include",
                code="unsupported_parameter",
            )
    return given
