"""The parameters of `POST /chat/completions`: each is honoured, accepted without effect, or rejected by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ftwidgets.sandbox.api.request_model import (
    Metadata,
    NotEmpty,
    ParameterError,
    RequestModel,
    Unsupported,
    one_of,
    only,
    path_of,
    unsupported,
    wrong_type,
)
from ftwidgets.sandbox.inference.completion import CompletionRequest
from ftwidgets.sandbox.training.training_file import MAX_PARTS, ROLES, content_text, model_role

LONGEST_SEED = 2**63
COLDEST = 1e-3  # below it the likeliest token wins in any case, and 32-bit floats would overflow
MOST_STOPS = 4

NoTools = Annotated[Any, only(instead="The model cannot call tools.")]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
TopLogprobs = Annotated[int, Field(ge=0, le=20)]
SafetyIdentifier = Annotated[str, Field(max_length=64)]
CacheRetention = Literal["in_memory", "24h"]

# What a message may carry as long as it is empty: an answer of the API that is sent back does.
_EMPTY_KEYS = ("annotations", "audio", "function_call", "name", "refusal", "tool_calls")


def sampling_temperature(temperature: float) -> float:
    """Return the temperature to sample at; 0 where it is so low that only the likeliest token can win."""
    return temperature if temperature >= COLDEST else 0.0


def mentions_json(messages: list[dict[str, str]]) -> bool:
    """Return whether JSON is mentioned: a request for a JSON object must also say so to the model."""
    return any("json" in message["content"].lower() for message in messages)


class ResponseFormat(RequestModel):
    """`response_format`: text or a JSON object."""

    type: Literal["text", "json_object", "json_schema"]

    @model_validator(mode="before")
    @classmethod
    def _reject_schema(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("type") == "json_schema":
            message = (
                "Unsupported parameter: '{path}' of the type 'json_schema' is not supported by this sandbox. Its models can "
                "be held to JSON but to no schema: use the type 'json_object', and say in a message what it is to hold."
            )
            raise ParameterError(message, "unsupported_parameter")
        return value


class _StreamOptions(RequestModel):
    include_obfuscation: Annotated[Any, only(False, instead="Chunks are never padded here.")] = None
    include_usage: bool = False


def stream_only(value: Any, info: ValidationInfo) -> Any:
    """Reject `stream_options` of a request that does not stream."""
    if isinstance(value, dict) and not info.data.get("stream", True):
        message = "The '{path}' parameter is only allowed when 'stream' is enabled."
        raise ParameterError(message, "invalid_parameter_combination")
    return value


class ChatRequest(RequestModel):
    """A chat completion to create; `messages` stay as they were sent, to be stored with the answer."""

    modalities: Annotated[Any, only(["text"], instead="The model writes plain text only.")] = None
    frequency_penalty: Annotated[Any, only(0, 0.0)] = None
    presence_penalty: Annotated[Any, only(0, 0.0)] = None
    logit_bias: Annotated[Any, only({})] = None
    service_tier: Annotated[Any, only("auto", "default")] = None
    verbosity: Annotated[Any, only("medium")] = None
    tools: NoTools = None
    tool_choice: NoTools = None
    parallel_tool_calls: NoTools = None
    functions: NoTools = None
    function_call: NoTools = None
    audio: Unsupported = None
    moderation: Unsupported = None
    prediction: Unsupported = None
    prompt_cache_options: Unsupported = None
    reasoning_effort: Unsupported = None
    web_search_options: Unsupported = None
    stream: bool = False
    messages: NotEmpty
    response_format: ResponseFormat = ResponseFormat(type="text")
    model: str
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Temperature = 1.0
    top_p: TopP = 1.0
    seed: Annotated[int, Field(ge=-LONGEST_SEED, le=LONGEST_SEED)] | None = None
    stop: Annotated[Any, one_of(str, list)] = None
    logprobs: bool = False
    top_logprobs: TopLogprobs | None = None
    n: Annotated[int, Field(ge=1, le=128)] = 1
    stream_options: Annotated[_StreamOptions, BeforeValidator(stream_only)] = _StreamOptions()
    metadata: Metadata | None = None
    store: bool = False
    user: str | None = None  # this and the next three name the user or concern caching: they never change an answer
    safety_identifier: SafetyIdentifier | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: CacheRetention | None = None

    @field_validator("messages")
    @classmethod
    def _check_messages(cls, messages: list[Any]) -> list[Any]:
        for place, message in enumerate(messages):
            _check_message(message, place)
        return messages

    @field_validator("response_format")
    @classmethod
    def _json_is_mentioned(cls, given: ResponseFormat, info: ValidationInfo) -> ResponseFormat:
        if given.type == "json_object" and "messages" in info.data and not mentions_json(plain_messages(info.data["messages"])):
            message = "'messages' must contain the word 'json' in some form, to use '{path}' of type 'json_object'."
            raise ParameterError(message, None, param="messages")
        return given

    @field_validator("max_completion_tokens")
    @classmethod
    def _one_limit(cls, limit: int, info: ValidationInfo) -> int:
        if info.data.get("max_tokens") is not None:
            message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
            raise ParameterError(message, "invalid_parameter_combination", param="max_tokens")
        return limit

    @field_validator("stop")
    @classmethod
    def _check_stop(cls, stop: str | list[Any]) -> str | list[Any]:
        texts = [stop] if isinstance(stop, str) else stop
        if len(texts) > MOST_STOPS:
            message = (
                f"Invalid '{{path}}': array too long. Expected an array with maximum length {MOST_STOPS}, "
                f"but got an array with length {len(texts)} instead."
            )
            raise ParameterError(message, "array_above_max_length")
        for text in texts:
            if not isinstance(text, str) or not text:
                message = f"Invalid '{{path}}': expected texts of at least one character, but got {text!r:.40}."
                raise ParameterError(message, "invalid_value")
        return stop

    @field_validator("top_logprobs")
    @classmethod
    def _with_logprobs(cls, top: int, info: ValidationInfo) -> int:
        if not info.data.get("logprobs", True):
            message = "The '{path}' parameter is only allowed when 'logprobs' is enabled."
            raise ParameterError(message, "invalid_parameter_combination")
        return top

    def completion(self) -> CompletionRequest:
        """Return what the model is asked."""
        return CompletionRequest(
            model=self.model,
            messages=plain_messages(self.messages),
            json_object=self.response_format.type == "json_object",
            max_tokens=self.max_tokens or self.max_completion_tokens,
            temperature=sampling_temperature(self.temperature),
            top_p=self.top_p,
            seed=self.seed,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            top_logprobs=(self.top_logprobs or 0) if self.logprobs else None,
        )


def plain_messages(messages: list[Any]) -> list[dict[str, str]]:
    """Return checked messages as the model reads them: plain strings, and the roles it knows."""
    return [{"role": model_role(message["role"]), "content": content_text(message["content"], "")} for message in messages]


def _check_message(message: Any, place: int) -> None:
    if not isinstance(message, Mapping):
        raise wrong_type(message, "an object", place)
    role, content = message.get("role"), message.get("content")
    if role not in ROLES:
        listed = ", ".join(map(repr, ROLES))
        raise ParameterError(f"Invalid value: {role!r}. Supported values are: {listed}.", "invalid_value", place, "role")
    for key, value in message.items():
        if key not in ("role", "content") and not (key in _EMPTY_KEYS and value in (None, [])):
            raise unsupported("", place, key)
    if isinstance(content, list):
        if len(content) > MAX_PARTS:
            reason = f"array too long. Expected at most {MAX_PARTS} parts, but got {len(content)} instead."
            raise ParameterError(f"Invalid '{{path}}': {reason}", "array_above_max_length", place, "content")
        for number, part in enumerate(content):  # a stored chat is kept as it was sent: no more keys than a text needs
            if isinstance(part, Mapping) and part.get("type") == "text" and (more := sorted(part.keys() - {"type", "text"})):
                raise unsupported("", place, "content", number, f"{more[0]:.40}")
    try:
        content_text(content, path_of("messages", place))
    except ValueError as error:
        raise ParameterError(f"Invalid value: {error}.", "invalid_value", place, "content") from error
