"""The parameters of `POST /responses`: each is honoured, accepted without effect, or rejected by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from ftwidgets.sandbox.api.bodies import Body
from ftwidgets.sandbox.api.chat.chat_request import (
    CacheRetention,
    ResponseFormat,
    SafetyIdentifier,
    Temperature,
    TopLogprobs,
    TopP,
    mentions_json,
    sampling_temperature,
    stream_only,
)
from ftwidgets.sandbox.api.request_model import Metadata, ParameterError, RequestModel, Unsupported, one_of, only
from ftwidgets.sandbox.api.responses.items import InputMessage, check_input, plain_messages
from ftwidgets.sandbox.api_errors import invalid_request
from ftwidgets.sandbox.inference.completion import CompletionRequest

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
LEAST_TOKENS = 16  # the service's own limit

_NO_REASONING = "The model does not reason before it answers."


class _ReasoningConfig(RequestModel):
    context: Annotated[Any, only("auto", instead=_NO_REASONING)] = None
    effort: Annotated[Any, only("none", instead=_NO_REASONING)] = None
    generate_summary: Annotated[Any, only("auto", instead=_NO_REASONING)] = None
    mode: Annotated[Any, only("standard", instead=_NO_REASONING)] = None
    summary: Annotated[Any, only("auto", instead=_NO_REASONING)] = None


class _TextConfig(RequestModel):
    format: ResponseFormat = ResponseFormat(type="text")
    verbosity: Annotated[Any, only("medium")] = None


class _StreamOptions(RequestModel):
    include_obfuscation: Annotated[Any, only(False, instead="Events are never padded here.")] = None


class ResponseRequest(RequestModel):
    """A response to make."""

    tools: Annotated[Any, only([], instead="The model cannot call tools.")] = None
    background: Annotated[Any, only(False, instead="A response is written while you wait; use stream=True to watch.")] = None
    truncation: Annotated[
        Any, only("disabled", instead="A conversation that is too long is rejected; shorten it yourself.")
    ] = None
    service_tier: Annotated[Any, only("auto", "default")] = None
    context_management: Annotated[Any, only([])] = None
    conversation: Annotated[Any, only(instead="Use previous_response_id to go on with a conversation.")] = None
    prompt: Annotated[Any, only(instead="There are no stored prompts here; write it into 'instructions'.")] = None
    access_programs: Unsupported = None
    background_options: Unsupported = None
    image: Unsupported = None
    moderation: Unsupported = None
    prompt_cache_options: Unsupported = None
    max_tool_calls: Annotated[Any, only(instead="The model cannot call tools.")] = None
    reasoning: _ReasoningConfig | None = None
    stream: bool = False
    stream_options: Annotated[_StreamOptions, BeforeValidator(stream_only)] | None = None
    parallel_tool_calls: bool = True
    store: bool = True
    temperature: Temperature = 1.0
    model: str
    input: Annotated[Any, one_of(str, list)]
    instructions: str | None = None
    previous_response_id: str | None = None
    max_output_tokens: Annotated[int, Field(ge=LEAST_TOKENS)] | None = None
    top_p: TopP = 1.0
    include: list[Any] = Field(default_factory=list)
    top_logprobs: TopLogprobs | None = None
    text: _TextConfig = _TextConfig()
    metadata: Metadata | None = None
    tool_choice: Literal["auto", "none"] = "auto"
    user: str | None = None  # this and the next three name the user or concern caching: they never change an answer
    safety_identifier: SafetyIdentifier | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: CacheRetention | None = None

    @field_validator("input")
    @classmethod
    def _check_input(cls, given: str | list[Any]) -> str | list[InputMessage]:
        return given if isinstance(given, str) else check_input(given)

    @field_validator("include")
    @classmethod
    def _check_include(cls, names: list[Any]) -> list[Any]:
        for name in names:
            if name not in INCLUDABLE:
                listed = ", ".join(map(repr, INCLUDABLE))
                raise ParameterError(f"Invalid value: {name!r:.60}. Supported values are: {listed}.", "invalid_value")
            if name != LOGPROBS:
                raise ParameterError(
                    f"Unsupported parameter: '{{path}}' asks for '{name}', which this sandbox does not have. "
                    f"It knows '{LOGPROBS}' only.",
                    "unsupported_parameter",
                )
        return names

    @field_validator("top_logprobs")
    @classmethod
    def _with_include(cls, top: int, info: ValidationInfo) -> int:
        if top and LOGPROBS not in info.data.get("include", (LOGPROBS,)):
            message = f"The '{{path}}' parameter is only allowed when 'include' contains '{LOGPROBS}'."
            raise ParameterError(message, "invalid_parameter_combination")
        return top

    @property
    def json_object(self) -> bool:
        """Whether the answer is to be a JSON object."""
        return self.text.format.type == "json_object"

    @property
    def logprobs(self) -> int | None:
        """How many alternatives to list for each token; None where no log-probabilities are asked for."""
        return (self.top_logprobs or 0) if LOGPROBS in self.include else None

    def completion(self, conversation: list[Body]) -> CompletionRequest:
        """Return what the model is asked, given the conversation up to and including the input."""
        messages = plain_messages(conversation)
        if self.json_object and not mentions_json(messages):
            raise invalid_request(
                "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
                param="input",
            )
        if self.instructions is not None:
            messages.insert(0, {"role": "system", "content": self.instructions})
        return CompletionRequest(
            model=self.model,
            messages=messages,
            max_tokens=self.max_output_tokens,
            temperature=sampling_temperature(self.temperature),
            top_p=self.top_p,
            top_logprobs=self.logprobs,
            json_object=self.json_object,
        )
