"""Chat completions through the openai client, on the bundled base model."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pydantic
import pytest

from ftwidgets.sandbox import Sandbox

ASK: list[Any] = [{"role": "user", "content": "Tell me about the sea."}]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, world: Any) -> Iterator[openai.OpenAI]:
    """Make a client on a sandbox that all tests here share: asking changes nothing in it."""
    with Sandbox(tmp_path_factory.mktemp("chat")) as sandbox, world.client(sandbox) as made:
        yield made


def ask(client: openai.OpenAI, **given: Any) -> Any:
    usual = {"model": "nano-2026-11", "messages": ASK, "max_tokens": 12}
    return client.chat.completions.create(**{**usual, **given})


def text(client: openai.OpenAI, **given: Any) -> str:
    return str(ask(client, **given).choices[0].message.content)


def test_an_answer_has_the_services_shape(client: openai.OpenAI) -> None:
    """Role, text, finish reason and a usage that adds up."""
    answer = ask(client, max_tokens=5, temperature=0)
    (choice,) = answer.choices
    assert (answer.object, answer.model) == ("chat.completion", "nano-2026-11")
    assert (choice.message.role, choice.finish_reason, choice.logprobs) == ("assistant", "length", None)
    assert choice.message.content
    assert answer.usage.completion_tokens == 5
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 5


def test_temperature_zero_is_greedy_and_a_seed_repeats(client: openai.OpenAI) -> None:
    """The same request has the same answer; another seed has another."""
    assert text(client, temperature=0) == text(client, temperature=0, seed=4) == text(client, temperature=1e-300)
    assert text(client, seed=1) == text(client, seed=1)
    assert len({text(client, seed=seed) for seed in range(4)}) > 1
    assert text(client, seed=-(2**63)) == text(client, seed=-(2**63))


def test_several_answers_differ(client: openai.OpenAI) -> None:
    """Each of n answers draws for itself; the first is the one that n=1 gives; usage counts them all."""
    three = ask(client, n=3, seed=1, temperature=1.5)
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in three.choices}) == 3
    assert three.choices[0].message.content == text(client, seed=1, temperature=1.5)
    assert three.usage.completion_tokens > 12


def test_a_narrow_nucleus_is_greedy(client: openai.OpenAI) -> None:
    """With top_p at nothing only the likeliest token is left."""
    assert text(client, top_p=0, seed=9) == text(client, temperature=0)


def test_a_stop_text_ends_the_answer(client: openai.OpenAI) -> None:
    """It is not part of the answer; one text or a list of them will do."""
    whole = text(client, temperature=0, max_tokens=40)
    stop = whole[len(whole) // 2 :][:3]
    for given in (stop, [stop, "never said"]):
        answer = ask(client, temperature=0, max_tokens=40, stop=given).choices[0]
        assert answer.message.content == whole[: whole.index(stop)]
        assert answer.finish_reason == "stop"


def test_logprobs_spell_the_answer(client: openai.OpenAI) -> None:
    """The tokens' bytes put together are the text; at temperature 0 each token is the likeliest of its rivals."""
    choice = ask(client, temperature=0, logprobs=True, top_logprobs=3).choices[0]
    tokens = choice.logprobs.content
    assert b"".join(bytes(token.bytes) for token in tokens).decode() == choice.message.content
    assert all(len(token.top_logprobs) == 3 for token in tokens)
    assert all(token.top_logprobs[0].logprob == token.logprob <= 0 for token in tokens)
    assert ask(client, logprobs=True, max_tokens=2).choices[0].logprobs.content[0].top_logprobs == []


def test_max_completion_tokens_is_the_new_name(client: openai.OpenAI) -> None:
    """Both names do the same, but not together."""
    new = client.chat.completions.create(model="nano-2026-11", messages=ASK, temperature=0, max_completion_tokens=4)
    assert new.usage.completion_tokens == 4  # type: ignore[union-attr]
    with pytest.raises(openai.BadRequestError, match="at the same time"):
        ask(client, max_tokens=4, max_completion_tokens=4)


def test_an_answer_ends_with_the_context(client: openai.OpenAI) -> None:
    """A limit beyond the context is no error: the answer ends where the context does."""
    answer = ask(client, messages=[{"role": "user", "content": "word " * 470}], max_tokens=4000, temperature=1.9, seed=3)
    assert answer.usage.total_tokens <= 512


def test_a_prompt_that_is_too_long_is_refused(client: openai.OpenAI) -> None:
    """The error has the service's code and says how long is too long."""
    with pytest.raises(openai.BadRequestError, match="maximum context length is 512 tokens") as caught:
        ask(client, messages=[{"role": "user", "content": "word " * 600}])
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")


def test_so_many_log_probabilities_are_refused(client: openai.OpenAI) -> None:
    """One request cannot fill the memory; the message says what to ask for less of, and fewer are given."""
    with pytest.raises(openai.BadRequestError, match="more than 100000 log-probabilities") as caught:
        ask(client, n=128, logprobs=True, top_logprobs=20, max_tokens=500)
    assert (caught.value.code, caught.value.param) == ("invalid_value", "n")
    answer = ask(client, n=128, logprobs=True, top_logprobs=20, max_tokens=1)
    assert len(answer.choices) == 128


def test_contents_may_be_text_parts_and_roles_developer(client: openai.OpenAI) -> None:
    """Parts are joined; a developer is a system message by its new name."""
    plain = [{"role": "system", "content": "Be brief."}, *ASK]
    parts = [
        {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]},
        {"role": "user", "content": [{"type": "text", "text": ASK[0]["content"]}]},
    ]
    assert text(client, messages=plain, temperature=0) == text(client, messages=parts, temperature=0)
    assert text(client, messages=plain, temperature=0) != text(client, temperature=0)


def test_an_answer_can_be_sent_back(client: openai.OpenAI) -> None:
    """A conversation goes on with the client's own message objects."""
    first = ask(client, temperature=0).choices[0].message
    assert text(client, messages=[*ASK, first, {"role": "user", "content": "And then?"}], temperature=0)


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    """Chunks put together are the plain answer, for each of n, with the usage at the end."""
    given = {"n": 2, "seed": 3, "logprobs": True}
    plain = ask(client, **given)
    texts, reasons, tokens = ["", ""], [None, None], [0, 0]
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}, **given))
    for chunk in chunks[:-1]:
        (choice,) = chunk.choices
        texts[choice.index] += choice.delta.content or ""
        reasons[choice.index] = choice.finish_reason or reasons[choice.index]
        tokens[choice.index] += len(choice.logprobs.content) if choice.logprobs else 0
        assert chunk.usage is None
    assert texts == [choice.message.content for choice in plain.choices]
    assert reasons == [choice.finish_reason for choice in plain.choices]
    assert tokens == [len(choice.logprobs.content) for choice in plain.choices]
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == plain.usage.completion_tokens
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_helper_of_the_client_works(client: openai.OpenAI) -> None:
    """`chat.completions.stream` puts a whole answer together from the chunks."""
    given: Any = {"model": "nano-2026-11", "messages": ASK, "temperature": 0, "stop": "."}
    with client.chat.completions.stream(**given) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion().choices[0].message.content
    assert "".join(deltas) == final == text(client, max_tokens=None, temperature=0, stop=".")


def test_a_stream_helper_notices_an_answer_that_was_cut_off(client: openai.OpenAI) -> None:
    """The client itself raises, as it does with the service."""
    with (
        client.chat.completions.stream(model="nano-2026-11", messages=ASK, max_tokens=3, temperature=0) as stream,
        pytest.raises(openai.LengthFinishReasonError),
    ):
        stream.get_final_completion()


def test_a_stream_flows(client: openai.OpenAI) -> None:
    """The first words are there long before the last."""
    began = time.perf_counter()
    times = [time.perf_counter() - began for _ in ask(client, stream=True, max_tokens=300, temperature=1.9, seed=1)]
    assert times[1] < times[-1] / 2


def test_leaving_a_stream_early_does_no_harm(client: openai.OpenAI) -> None:
    """The rest is not written, and the next question is answered."""
    with ask(client, stream=True, max_tokens=400, temperature=1.9) as stream:
        next(iter(stream))
    assert text(client)


def test_what_changes_nothing_is_accepted(client: openai.OpenAI) -> None:
    """Names and hints, and parameters set to what they are anyway."""
    answer = ask(
        client,
        user="me",
        store=False,
        metadata={"lesson": "1"},
        frequency_penalty=0,
        presence_penalty=0.0,
        response_format={"type": "text"},
        service_tier="auto",
        prompt_cache_key="k",
        safety_identifier="s",
        logit_bias={},
        modalities=["text"],
    )
    assert answer.metadata == {"lesson": "1"}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "text", "strict": True}}, "response_format.strict"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "response_format"),
        ({"audio": {"voice": "alloy", "format": "wav"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"logit_bias": {"50": 1}}, "logit_bias"),
        ({"reasoning_effort": "low"}, "reasoning_effort"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 1.5}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"seed": 2**64}, "seed"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stop": 3}, "stop"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"include_obfuscation": True}}, "stream_options.include_obfuscation"),
        ({"extra_body": {"top_k": 3}}, "top_k"),
        ({"messages": []}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [*ASK, {"role": "tool", "content": "hi", "tool_call_id": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}] * 101}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "b": "c"}]}]}, "messages[0].content[0].b"),
        ({"messages": [{"role": "user", "content": "hi", "name": "Eve"}]}, "messages[0].name"),
        ({"messages": [{"role": "assistant", "content": "hi", "weight": 1}]}, "messages[0].weight"),
        ({"messages": None}, "messages"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(client: openai.OpenAI, given: dict[str, Any], param: str) -> None:
    """A parameter that is unknown, unsupported or out of range is a 400 that names it; none is ignored."""
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **given)
    assert caught.value.param == param
    assert caught.value.code


def test_a_json_object_is_one(client: openai.OpenAI) -> None:
    """Where the answer is complete, it is a JSON object, however unlikely; streamed it is the same."""
    told = [{"role": "user", "content": "Answer in JSON: what colour is the sea?"}]
    given = {"messages": told, "response_format": {"type": "json_object"}, "max_tokens": 200, "temperature": 1.5, "seed": 2}
    choices = ask(client, n=4, **given).choices
    ended = [choice.message.content for choice in choices if choice.finish_reason == "stop"]
    assert ended
    assert {type(json.loads(content)) for content in ended} == {dict}
    assert all(choice.message.content.startswith("{") for choice in choices)
    chunks = list(ask(client, stream=True, **given))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == choices[0].message.content


def test_a_json_object_must_be_spoken_of(client: openai.OpenAI) -> None:
    """The service's own rule and message: the model has to be told too."""
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'") as caught:
        ask(client, response_format={"type": "json_object"})
    assert caught.value.param == "messages"


def test_a_format_that_is_to_be_parsed_is_refused_with_a_sentence(client: openai.OpenAI) -> None:
    """`chat.completions.parse` asks for a JSON schema; the refusal says what to do instead, by `stream` too."""

    class Sea(pydantic.BaseModel):
        depth: int

    completions = client.chat.completions
    with pytest.raises(openai.BadRequestError, match="use the type 'json_object'") as caught:
        completions.parse(model="nano-2026-11", messages=ASK, response_format=Sea)
    assert caught.value.param == "response_format"
    with (
        pytest.raises(openai.BadRequestError, match="use the type 'json_object'"),
        completions.stream(model="nano-2026-11", messages=ASK, response_format=Sea),
    ):
        pass


def test_special_tokens_in_a_content_are_plain_text(client: openai.OpenAI) -> None:
    """Nobody ends a turn by typing its end."""
    told = ask(client, messages=[{"role": "user", "content": "<|im_end|>"}], max_tokens=1).usage.prompt_tokens
    empty = ask(client, messages=[{"role": "user", "content": ""}], max_tokens=1).usage.prompt_tokens
    assert told > empty + 1


def test_answers_are_the_same_after_a_restart(tmp_path: Path, world: Any) -> None:
    """A tuned model answers from its files, so to the letter and the digit."""
    given = {"temperature": 0, "logprobs": True, "messages": [{"role": "user", "content": "What is 3 and one?"}]}
    settings = {"n_epochs": 3, "batch_size": 5}
    answers = []
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        file = world.upload(client, world.rows())
        job = client.fine_tuning.jobs.create(model=world.base, training_file=file, hyperparameters=settings)
        name = world.wait_for_end(client, job.id).fine_tuned_model
        answers.append(ask(client, model=name, **given).choices[0])
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        answers.append(ask(client, model=name, **given).choices[0])
        base = ask(client, **given).choices[0]
    assert json.dumps(answers[0].model_dump()) == json.dumps(answers[1].model_dump())
    assert base.message.content != answers[0].message.content
