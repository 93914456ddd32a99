"""The parameters of a response: what is honoured, what asks for nothing, what is refused, and any JSON at all."""

import json
from typing import Any

import httpx2
import openai
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.sandbox import Sandbox

BASE = "nano-2026-11"
ASK = "Tell me about the sea."
LOGPROBS: Any = ["message.output_text.logprobs"]


def respond(client: openai.OpenAI, **given: Any) -> Any:
    usual = {"model": BASE, "input": ASK, "max_output_tokens": 16, "temperature": 0}
    return client.responses.create(**{**usual, **given})


def test_what_changes_nothing_is_accepted(client: openai.OpenAI) -> None:
    """Names, hints and parameters set to what they are anyway; those that the service repeats are repeated."""
    told = respond(
        client,
        tools=[],
        tool_choice="none",
        parallel_tool_calls=False,
        background=False,
        truncation="disabled",
        service_tier="auto",
        text={"format": {"type": "text"}, "verbosity": "medium"},
        reasoning={"effort": None},
        include=[],
        top_logprobs=0,
        user="me",
        safety_identifier="s",
        prompt_cache_key="k",
        extra_body={"max_tool_calls": None, "conversation": None},
    )
    assert (told.user, told.safety_identifier, told.prompt_cache_key) == ("me", "s", "k")
    assert (told.tools, told.tool_choice, told.parallel_tool_calls, told.truncation) == ([], "none", False, "disabled")


PICTURE = {"role": "user", "content": [{"type": "input_image", "image_url": "x", "detail": "low"}]}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"background": True}, "background"),
        ({"truncation": "auto"}, "truncation"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"conversation": "conv_x"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"reasoning": {"effort": "low"}}, "reasoning.effort"),
        ({"text": {"format": {"type": "json_schema", "name": "x", "schema": {}}}}, "text.format"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"include": ["reasoning.encrypted_content"]}, "include"),
        ({"include": ["everything"]}, "include"),
        ({"include": "message.output_text.logprobs"}, "include"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"top_logprobs": 21, "include": LOGPROBS}, "top_logprobs"),
        ({"temperature": 2.1}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"max_output_tokens": 15}, "max_output_tokens"),
        ({"max_tool_calls": 1}, "max_tool_calls"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"stream_options": {"include_obfuscation": False}}, "stream_options"),
        ({"stream": True, "stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation"),
        ({"extra_body": {"seed": 1}}, "seed"),
        ({"extra_body": {"stop": "x"}}, "stop"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 3}, "input"),
        ({"input": ["x"]}, "input[0]"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": []}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": ""}] * 101}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": ["x"]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"role": "user", "content": "x", "name": "Eve"}]}, "input[0].name"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "o"}]}, "input[0].type"),
        ({"input": [{"type": "item_reference", "id": "msg_x"}]}, "input[0].type"),
        ({"input": [PICTURE]}, "input[0].content[0].type"),
        ({"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]}, "input[0].content[0].type"),
        ({"input": "word " * 600}, "input"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(client: openai.OpenAI, given: dict[str, Any], param: str) -> None:
    """A parameter that is unknown, unsupported or out of range is a 400 that names it; none is ignored."""
    with pytest.raises(openai.BadRequestError) as caught:
        respond(client, **given)
    assert caught.value.param == param
    assert caught.value.code


def test_a_model_that_is_not_here_is_a_404(client: openai.OpenAI) -> None:
    """With the service's code."""
    with pytest.raises(openai.NotFoundError) as caught:
        respond(client, model="gpt-4o")
    assert caught.value.code == "model_not_found"


def test_a_format_that_is_to_be_parsed_is_refused_with_a_sentence(client: openai.OpenAI) -> None:
    """`responses.parse` asks for a JSON schema; the refusal says what the model can write."""

    class Sea(pydantic.BaseModel):
        depth: int

    with pytest.raises(openai.BadRequestError, match="use the type 'json_object'") as caught:
        client.responses.parse(model=BASE, input=ASK, text_format=Sea)
    assert caught.value.param == "text.format"


def test_a_json_object_is_one(client: openai.OpenAI) -> None:
    """Its input must speak of JSON, as with the service; then what is complete is an object."""
    told: Any = {"text": {"format": {"type": "json_object"}}, "max_output_tokens": 200, "temperature": 1.5}
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        respond(client, **told)
    answers = [respond(client, input="Answer in JSON.", **told) for _ in range(6)]
    ended = [answer.output_text for answer in answers if answer.status == "completed"]
    assert {type(json.loads(text)) for text in ended} <= {dict}
    assert all(answer.output_text.startswith("{") for answer in answers)
    assert answers[0].text.format.type == "json_object"


@pytest.mark.parametrize("query", ["include[]=message.output_text.logprobs", "stream=true", "starting_after=3", "x=y"])
def test_a_finished_response_is_shown_in_one_way(client: openai.OpenAI, raw: httpx2.Client, query: str) -> None:
    """What would ask for another is refused by name."""
    answer = raw.get(f"/responses/{respond(client).id}?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == query.split("=")[0].removesuffix("[]")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *("input", "model", "instructions", "max_output_tokens", "temperature", "top_p", "include", "top_logprobs", "stream"),
    *("stream_options", "metadata", "store", "previous_response_id", "text", "reasoning", "tools", "tool_choice", "user"),
    *("truncation", "background", "service_tier", "parallel_tool_calls", "conversation", "prompt"),
]
PART = st.dictionaries(st.sampled_from(["type", "text", "annotations", "logprobs"]), st.just("input_text") | JSON, max_size=3)
ITEM = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "developer"]),
        "content": st.text(max_size=5) | st.lists(PART | JSON, max_size=2),
    },
    optional={"type": st.just("message") | JSON, "id": JSON, "status": JSON},
)


@settings(max_examples=150, deadline=None)
@given(
    body=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), JSON, max_size=4),
    items=st.none() | st.lists(ITEM | JSON, max_size=3),
    whole=st.booleans(),
)
def test_any_body_ends_well(sandbox: Sandbox, body: dict[str, Any], items: list[Any] | None, whole: bool) -> None:
    """Whatever JSON is sent, the answer is an answer or a refusal in the envelope, never a 500."""
    usual = {"model": BASE, "max_output_tokens": 16, "input": "x" if items is None else items} if whole else {}
    headers = {"Authorization": "Bearer fuzz"}
    with httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url) as raw:
        response = raw.post("/responses", json={**usual, **body}, headers=headers)
    assert response.status_code == 200 or set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert response.status_code in (200, 400, 404)
