"""Asking a tuned model: plain, streamed, with every parameter that shapes an answer; and being refused."""

from typing import Any

import openai

from tests.contract.journey.checks import check, refusal
from tests.contract.journey.traveller import Traveller, question

WHO = question(3)


@check("chat")
def an_answer_counts_its_tokens(t: Traveller) -> None:
    """An answer names its model and adds up its tokens."""
    answer = t.ask(t.tuned, WHO)
    assert answer.model == t.tuned
    assert answer.usage is not None
    assert answer.usage.prompt_tokens + answer.usage.completion_tokens == answer.usage.total_tokens
    assert answer.usage.completion_tokens > 0


def streamed(t: Traveller, **options: Any) -> list[Any]:
    """Ask the tuned model and collect the chunks."""
    return list(t.ask(t.tuned, WHO, stream=True, **options))


@check("chat")
def a_stream_comes_in_chunks(t: Traveller) -> None:
    """The first chunk has the role, the last a reason to finish, and all have the same id."""
    chunks = streamed(t)
    assert len(chunks) > 2
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    assert len({chunk.id for chunk in chunks}) == 1


@check("chat")
def a_stream_says_what_the_whole_says(t: Traveller) -> None:
    """Joined, the chunks are the answer that comes without a stream."""
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed(t)) == t.answer(t.tuned, WHO)


@check("chat")
def a_stream_can_end_with_its_usage(t: Traveller) -> None:
    """With `include_usage` a last chunk without choices counts the tokens; the others have none."""
    chunks = streamed(t, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


@check("chat")
def a_seed_makes_an_answer_repeatable(t: Traveller) -> None:
    """At a high temperature, the same seed gives the same answer, and ten seeds do not all give one."""
    said = [t.ask(t.base, WHO, temperature=1.5, seed=seed).choices[0].message.content for seed in (*range(10), 0)]
    assert said[0] == said[-1]
    assert len(set(said)) > 1


@check("chat")
def one_question_can_have_three_answers(t: Traveller) -> None:
    """`n` answers come with their indices."""
    assert [choice.index for choice in t.ask(t.tuned, WHO, n=3).choices] == [0, 1, 2]


@check("chat")
def probabilities_can_be_asked_for(t: Traveller) -> None:
    """Each token has a log probability below 0, and as many alternatives as asked, the likeliest first."""
    tokens = t.ask(t.tuned, WHO, logprobs=True, top_logprobs=3).choices[0].logprobs.content
    assert tokens
    for token in tokens:
        tops = [top.logprob for top in token.top_logprobs]
        assert token.logprob <= 0
        assert len(tops) == 3
        assert tops == sorted(tops, reverse=True)


@check("chat")
def an_answer_can_be_cut_short(t: Traveller) -> None:
    """`max_completion_tokens` ends an answer with the reason `length` and is not exceeded."""
    answer = t.ask(t.tuned, WHO, max_completion_tokens=1)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 1


@check("chat")
def an_answer_stops_where_told(t: Traveller) -> None:
    """An answer ends before a `stop` text."""
    whole = t.answer(t.tuned, WHO)
    middle = whole.split()[1]
    assert t.ask(t.tuned, WHO, stop=[middle]).choices[0].message.content == whole.partition(middle)[0]


@check("chat")
def an_unknown_model_does_not_answer(t: Traveller) -> None:
    """Asking a model that is not there is a 404 `model_not_found`."""
    refusal(lambda: t.ask("no-such-model", WHO), openai.NotFoundError, code="model_not_found")


@check("chat")
def temperature_has_bounds(t: Traveller) -> None:
    """A temperature of 3 is a 400 that names the parameter."""
    assert refusal(lambda: t.ask(t.base, WHO, temperature=3), openai.BadRequestError).param == "temperature"


@check("chat")
def an_empty_conversation_is_refused(t: Traveller) -> None:
    """No messages are a 400."""
    refusal(lambda: t.client.chat.completions.create(model=t.base, messages=[]), openai.BadRequestError)


@check("chat")
def an_unknown_parameter_is_refused(t: Traveller) -> None:
    """A parameter nobody knows is a 400, not ignored."""
    refusal(lambda: t.ask(t.base, WHO, extra_body={"temprature": 1}), openai.BadRequestError)


@check("chat")
def a_prompt_can_be_too_long(t: Traveller) -> None:
    """A prompt of 200,000 words is a 400 `context_length_exceeded`."""
    refusal(lambda: t.ask(t.base, "word " * 200_000), openai.BadRequestError, code="context_length_exceeded")


@check("stored")
def a_stored_answer_is_kept(t: Traveller) -> None:
    """A completion with `store` can be looked at again."""
    kept = t.client.chat.completions.retrieve(t.stored.id)
    assert kept.choices[0].message.content == t.stored.choices[0].message.content


@check("stored")
def the_question_is_kept_too(t: Traveller) -> None:
    """The messages that were sent are listed (the client's type allows no role but the assistant's; the spec shows `user`)."""
    assert [message.content for message in t.lenient.chat.completions.messages.list(t.stored.id)] == [question(0)]


@check("stored")
def stored_answers_are_listed_by_metadata(t: Traveller) -> None:
    """The list can be limited to some metadata, which can be changed."""
    name = t.stored.id
    t.client.chat.completions.update(name, metadata={"kept": "yes"})
    assert [item.id for item in t.client.chat.completions.list(metadata={"kept": "yes"})] == [name]
    assert name not in {item.id for item in t.client.chat.completions.list(metadata={"kept": "no"})}


@check("stored")
def a_stored_answer_can_be_deleted(t: Traveller) -> None:
    """Deleted, it is a 404."""
    made = t.ask(t.base, WHO, store=True)
    assert t.client.chat.completions.delete(made.id).deleted is True
    refusal(lambda: t.client.chat.completions.retrieve(made.id), openai.NotFoundError)


@check("responses")
def a_response_answers(t: Traveller) -> None:
    """The Responses API answers with text, a model and counted tokens."""
    assert t.response.status in ("completed", "incomplete")
    assert t.response.output_text
    assert t.response.usage.input_tokens + t.response.usage.output_tokens == t.response.usage.total_tokens


@check("responses")
def a_tuned_model_responds(t: Traveller) -> None:
    """It answers there what it answers in a chat."""
    found = t.client.responses.create(model=t.tuned, input=WHO, temperature=0, max_output_tokens=16)
    assert found.output_text.startswith(t.answer(t.tuned, WHO)[:5])


@check("responses")
def a_response_streams_events(t: Traveller) -> None:
    """Streamed, it is created, tells its text piece by piece, and is completed with the whole of it."""
    events = list(t.client.responses.create(model=t.tuned, input=WHO, temperature=0, max_output_tokens=64, stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    told = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert told == events[-1].response.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))


@check("responses")
def a_response_is_kept_until_deleted(t: Traveller) -> None:
    """It can be looked at again, gone on from, and deleted."""
    made = t.client.responses.create(model=t.base, input=WHO, max_output_tokens=16)
    assert t.client.responses.retrieve(made.id).output_text == made.output_text
    following = t.client.responses.create(model=t.base, input="And?", previous_response_id=made.id, max_output_tokens=16)
    assert following.previous_response_id == made.id
    assert following.usage is not None
    assert made.usage is not None
    assert following.usage.input_tokens > made.usage.input_tokens
    t.client.responses.delete(made.id)
    refusal(lambda: t.client.responses.retrieve(made.id), openai.NotFoundError)
