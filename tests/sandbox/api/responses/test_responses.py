"""Responses through the openai client, on the bundled base model."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api.chat.stored_completions import MOST_KEPT
from ftwidgets.sandbox.store.database import Database
from ftwidgets.sandbox.store.records import ResponseRecord

BASE = "nano-2026-11"
ASK = "Tell me about the sea."
LOGPROBS: Any = ["message.output_text.logprobs"]


def respond(client: openai.OpenAI, **given: Any) -> Any:
    usual = {"model": BASE, "input": ASK, "max_output_tokens": 16, "temperature": 0}
    return client.responses.create(**{**usual, **given})


def chat_text(client: openai.OpenAI, messages: Any) -> str:
    """Say what the chat route answers, an older way to ask the same."""
    answer = client.chat.completions.create(model=BASE, messages=messages, max_tokens=16, temperature=0)
    return str(answer.choices[0].message.content)


def test_a_response_says_what_a_chat_completion_says(client: openai.OpenAI) -> None:
    """The same model, the same words; instructions are a system message before them."""
    user = {"role": "user", "content": ASK}
    assert respond(client).output_text == chat_text(client, [user])
    told = respond(client, instructions="Be brief.", input=[user])
    assert told.output_text == chat_text(client, [{"role": "system", "content": "Be brief."}, user])
    assert told.instructions == "Be brief."
    assert told.output_text != respond(client).output_text


def test_a_response_has_the_services_shape(client: openai.OpenAI) -> None:
    """One message with one text, a status, and a usage that adds up."""
    whole = respond(client, input="Hello!", metadata={"a": "b"}, max_output_tokens=None, top_p=0.5)
    (message,) = whole.output
    (part,) = message.content
    assert (whole.object, whole.status, message.type, message.role, message.status) == (
        *("response", "completed", "message", "assistant", "completed"),
    )
    assert (part.type, part.text, part.annotations) == ("output_text", whole.output_text, [])
    assert (whole.error, whole.incomplete_details, whole.metadata, whole.model) == (None, None, {"a": "b"}, BASE)
    assert (whole.temperature, whole.top_p, whole.max_output_tokens) == (0, 0.5, None)
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
    assert whole.completed_at >= whole.created_at


def test_an_answer_that_is_cut_off_is_incomplete(client: openai.OpenAI) -> None:
    """It says why, and its message is incomplete too."""
    cut = respond(client)
    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert (cut.output[0].status, cut.completed_at, cut.usage.output_tokens) == ("incomplete", None, 16)


def test_log_probabilities_are_included_on_request(client: openai.OpenAI) -> None:
    """They spell the text, with as many rivals as are wanted."""
    (message,) = respond(client, include=LOGPROBS, top_logprobs=2).output
    (part,) = message.content
    assert b"".join(bytes(token.bytes) for token in part.logprobs).decode() == part.text
    assert all(len(token.top_logprobs) == 2 for token in part.logprobs)
    assert respond(client).output[0].content[0].logprobs == []


def test_a_conversation_goes_on(client: openai.OpenAI) -> None:
    """A response stands on those before it, but not on their instructions; it is the chat that says the same."""
    first = respond(client, instructions="Be brief.")
    second = respond(client, input="And then?", previous_response_id=first.id)
    third = respond(client, input="And now?", previous_response_id=second.id)
    chat: Any = [{"role": "user", "content": ASK}, {"role": "assistant", "content": first.output_text}]
    chat += [{"role": "user", "content": "And then?"}]
    assert second.output_text == chat_text(client, chat)
    chat += [{"role": "assistant", "content": second.output_text}, {"role": "user", "content": "And now?"}]
    assert third.output_text == chat_text(client, chat)
    assert third.previous_response_id == second.id


def test_an_answer_can_be_sent_back(client: openai.OpenAI) -> None:
    """As the client's own objects, as dictionaries, or in short; parts may be in full."""
    first = respond(client, include=LOGPROBS)
    asked = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ASK}], "status": "completed"}
    again = {"role": "user", "content": "And then?"}
    short = {"role": "assistant", "content": first.output_text}
    texts = {
        respond(client, input=[asked, answer, again]).output_text
        for answer in (first.output[0], first.output[0].to_dict(), short)
    }
    assert texts == {respond(client, input="And then?", previous_response_id=first.id).output_text}


def test_a_stored_response_can_be_retrieved(client: openai.OpenAI) -> None:
    """Word for word, unless it was not to be stored; log-probabilities are not kept."""
    plain = respond(client, metadata={"a": "b"})
    assert client.responses.retrieve(plain.id) == plain
    rich = respond(client, include=LOGPROBS)
    assert client.responses.retrieve(rich.id).output_text == rich.output_text
    kept: Any = client.responses.retrieve(rich.id).output[0]
    assert kept.content[0].logprobs == []
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(respond(client, store=False).id)


def test_a_deleted_response_is_gone(client: openai.OpenAI) -> None:
    """Every call with its id fails then, as with one that never was; what went on from it stays."""
    first = respond(client)
    second = respond(client, input="And then?", previous_response_id=first.id)
    client.responses.delete(first.id)
    responses = client.responses
    for id_ in (first.id, "resp_never"):
        for call in (responses.retrieve, responses.delete, responses.cancel, responses.input_items.list):
            with pytest.raises(openai.NotFoundError, match=id_):
                call(id_)
        with pytest.raises(openai.BadRequestError, match=id_) as caught:
            respond(client, previous_response_id=id_)
        assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")
    assert [item.type for item in responses.input_items.list(second.id)] == ["message"] * 3


def test_a_deletion_is_confirmed(client: openai.OpenAI, raw: httpx2.Client) -> None:
    """With the id and the kind, as the service does."""
    id_ = respond(client).id
    assert raw.delete(f"/responses/{id_}").json() == {"id": id_, "object": "response", "deleted": True}


def test_input_items_are_listed(client: openai.OpenAI) -> None:
    """All that a response stands on, newest first, in pages; ids differ even where the same item was sent twice."""
    first = respond(client)
    sent: Any = [
        first.output[0],
        first.output[0],
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "?"},
    ]
    second = respond(client, input=sent, previous_response_id=first.id)
    items = client.responses.input_items
    whole: list[Any] = list(items.list(second.id, order="asc"))
    assert [item.role for item in whole] == ["user", *["assistant"] * 3, "developer", "user"]
    assert [item.content[0].text for item in whole] == [
        *(ASK, first.output_text, first.output_text, first.output_text, "Be brief.", "?"),
    ]
    assert len({item.id for item in whole}) == 6
    assert list(items.list(second.id, limit=1)) == whole[::-1]
    assert items.list(second.id, after=whole[1].id, order="asc", limit=2).data == whole[2:4]
    with pytest.raises(openai.NotFoundError) as caught:
        items.list(second.id, after="msg_x")
    assert caught.value.param == "after"


def test_a_finished_response_cannot_be_cancelled(client: openai.OpenAI) -> None:
    """In the service's words; nothing here runs in the background."""
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(respond(client).id)


ORDER = [
    *("response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"),
    *("response.output_text.delta", "response.output_text.done", "response.content_part.done", "response.output_item.done"),
]


@pytest.mark.parametrize(("limit", "end"), [(16, "response.incomplete"), (None, "response.completed")])
def test_a_stream_tells_everything_in_order(client: openai.OpenAI, limit: int | None, end: str) -> None:
    """Numbered from 0, each event once but the deltas, which make up the text; the end carries the whole response."""
    given = {"max_output_tokens": limit, "include": LOGPROBS, "top_logprobs": 1, "input": "Hello!" if limit is None else ASK}
    plain = respond(client, **given)
    events = list(respond(client, stream=True, **given))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert list(dict.fromkeys(event.type for event in events)) == [*ORDER, end]
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert len(events) == len(deltas) + 8
    assert "".join(event.delta for event in deltas) == events[-5 + 1].text == plain.output_text
    assert [token.token for event in deltas for token in event.logprobs] == [
        token.token for token in plain.output[0].content[0].logprobs
    ]
    final = events[-1].response
    assert (final.output_text, final.usage, final.status) == (plain.output_text, plain.usage, plain.status)
    assert {event.item_id for event in deltas} == {final.output[0].id}
    assert events[0].response.status == "in_progress"
    assert client.responses.retrieve(final.id).output_text == plain.output_text


def test_the_wire_names_each_event(raw: httpx2.Client) -> None:
    """An `event:` line with the type before each `data:` line, as the service sends it."""
    body = {"model": BASE, "input": ASK, "stream": True, "max_output_tokens": 16}
    lines = raw.post("/responses", json=body).text.splitlines()
    assert lines[0] == "event: response.created"
    assert all(f'{{"type": "{name[7:]}"' in data for name, data in zip(lines[::3], lines[1::3], strict=False))
    assert set(lines[2::3]) == {""}


def test_the_stream_helper_of_the_client_works(client: openai.OpenAI) -> None:
    """`responses.stream` puts a whole response together from the events."""
    with client.responses.stream(model=BASE, input=ASK, temperature=0, max_output_tokens=16) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert "".join(deltas) == respond(client).output_text
    with client.responses.stream(model=BASE, input="Hello!", temperature=0) as stream:
        assert stream.get_final_response().output_text == respond(client, input="Hello!", max_output_tokens=None).output_text


def test_leaving_a_stream_early_does_no_harm(client: openai.OpenAI) -> None:
    """What was not finished is not stored."""
    with respond(client, stream=True, max_output_tokens=None, temperature=2) as stream:
        id_ = next(iter(stream)).response.id
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(id_)


def test_an_asynchronous_client_works_too(sandbox: Sandbox, client: openai.OpenAI) -> None:
    """Plain, streamed and several at once."""

    async def several() -> list[str]:
        async with sandbox.async_client(_strict_response_validation=True) as made:
            usual: Any = {"model": BASE, "input": ASK, "temperature": 0, "max_output_tokens": 16}
            plain = await asyncio.gather(*(made.responses.create(**usual) for _ in range(3)))
            streamed = [event async for event in await made.responses.create(**usual, stream=True)]
            return [*(each.output_text for each in plain), streamed[-1].response.output_text]

    assert asyncio.run(several()) == [respond(client).output_text] * 4


def test_nobody_sees_what_is_anothers(owners: Callable[[str], openai.OpenAI]) -> None:
    """Every route answers with another's id as with one that does not exist."""
    mine, other = respond(owners("eve")), owners("mallory")
    calls: list[Any] = [
        other.responses.retrieve,
        other.responses.delete,
        other.responses.cancel,
        other.responses.input_items.list,
        lambda id_: respond(other, previous_response_id=id_),
    ]
    for call in calls:
        messages = []
        for id_ in (mine.id, "resp_x"):
            with pytest.raises((openai.NotFoundError, openai.BadRequestError)) as caught:
                call(id_)
            messages.append(f"{caught.value.status_code} {caught.value}".replace(id_, "ID"))
        assert messages[0] == messages[1]
    assert owners("eve").responses.retrieve(mine.id) == mine


def test_responses_outlive_the_sandbox_and_are_bounded(tmp_path: Path, world: Any) -> None:
    """A conversation goes on after a restart; of a thousand and one the oldest is dropped."""
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        first = respond(client)
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        second = respond(client, previous_response_id=first.id)
        database = Database(tmp_path / "sandbox.sqlite")
        fillers = [ResponseRecord(id=f"r{n}", created_at=n, conversation=[], body={}) for n in range(MOST_KEPT - 2)]
        database.insert(*fillers)
        database.close()
        third = respond(client)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(first.id)
        assert [client.responses.retrieve(each.id).id for each in (second, third)] == [second.id, third.id]
