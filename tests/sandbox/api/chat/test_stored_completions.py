"""Stored chat completions through the openai client, and against the schema that OpenAI publishes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import openai
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.api.chat.stored_completions import MOST_KEPT
from ftwidgets.sandbox.store.queries import delete_oldest
from ftwidgets.sandbox.store.records import CompletionRecord
from ftwidgets.sandbox.store.store import Store

SPEC = Path(__file__).parents[3] / "contract/openapi-subset.yaml"
ASK: list[Any] = [{"role": "user", "content": "Tell me about the sea."}]
BASE = "nano-2026-11"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, world: Any) -> Iterator[Sandbox]:
    """Open a sandbox with owners; each test here uses its own."""
    with Sandbox(tmp_path_factory.mktemp("stored"), authenticator=world.key_authenticator()) as opened:
        yield opened


@pytest.fixture
def client(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    """Make a client of an owner who has nothing yet."""
    with client_of(sandbox, request.node.name[:60]) as made:
        yield made


def client_of(sandbox: Sandbox, owner: str, *, strict: bool = True) -> openai.OpenAI:
    return sandbox.client(api_key=owner, _strict_response_validation=strict, max_retries=0)


def ask(client: openai.OpenAI, **given: Any) -> Any:
    usual = {"model": BASE, "messages": ASK, "max_tokens": 4, "temperature": 0, "store": True}
    return client.chat.completions.create(**{**usual, **given})


def faults(name: str, body: Any) -> list[str]:
    """Name what is wrong with a body by the published schema."""
    spec = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    registry: Any = Registry().with_resource("urn:x", DRAFT202012.create_resource(spec))
    schema = {"$ref": f"urn:x#/components/schemas/{name}"}
    return [error.message for error in jsonschema.Draft202012Validator(schema, registry=registry).iter_errors(body)]


def test_a_stored_completion_is_the_one_that_was_answered(client: openai.OpenAI) -> None:
    """It can be retrieved word for word, with its metadata, and no log-probabilities."""
    answer = ask(client, metadata={"a": "b"}, logprobs=True)
    kept = client.chat.completions.retrieve(answer.id)
    assert answer.choices[0].logprobs is not None
    assert kept.choices[0].logprobs is None
    answer.choices[0].logprobs = None
    assert kept == answer
    assert client.chat.completions.retrieve(ask(client).id).metadata == {}


def test_only_what_asks_for_it_is_stored(client: openai.OpenAI) -> None:
    """`store` is off unless it is said."""
    for store in (False, None):
        ask(client, store=store)
    client.chat.completions.create(model=BASE, messages=ASK, max_tokens=2)
    assert client.chat.completions.list().data == []
    kept = ask(client)
    assert [item.id for item in client.chat.completions.list()] == [kept.id]


def test_a_stream_is_stored_when_it_is_over(client: openai.OpenAI) -> None:
    """What was streamed is what is kept, for each of n; a stream that was left early is not."""
    chunks = list(ask(client, stream=True, n=2, temperature=1.5, seed=3, metadata={"s": "t"}))
    texts = ["", ""]
    for chunk in chunks:
        texts[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    kept = client.chat.completions.retrieve(chunks[0].id)
    assert [choice.message.content for choice in kept.choices] == texts
    assert kept.metadata == {"s": "t"}
    assert kept.usage is not None
    with ask(client, stream=True, max_tokens=None, temperature=2) as stream:
        left = next(iter(stream)).id
    with pytest.raises(openai.NotFoundError, match=left):
        client.chat.completions.retrieve(left)


def test_a_list_has_pages_order_and_filters(client: openai.OpenAI, sandbox: Sandbox) -> None:
    """Oldest first unless told otherwise; by model and by metadata."""
    made = [ask(client, metadata={"n": str(n % 2), "all": "yes"}).id for n in range(5)]
    other = ask(client, model="nano-untrained-2026-11").id
    completions = client.chat.completions
    assert [item.id for item in completions.list(limit=2)] == [*made, other]
    assert [item.id for item in completions.list(limit=4, order="desc")] == [other, *made[::-1]]
    assert [item.id for item in completions.list(model="nano-untrained-2026-11")] == [other]
    assert [item.id for item in completions.list(limit=1, metadata={"n": "1", "all": "yes"})] == made[1::2]
    assert completions.list(metadata={"n": "2"}).data == []
    assert [item.id for item in completions.list(after=made[3], limit=1).data] == [made[4]]
    assert [item.id for item in completions.list(extra_query={"metadata": "null"})] == [other]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"order": "up"}, "order"),
        ({"after": "x"}, "after"),
        ({"x": "y"}, "x"),
    ],
)
def test_a_list_names_what_is_wrong(client: openai.OpenAI, query: dict[str, Any], param: str) -> None:
    """A bad place in a list is a 4xx that names it, of completions and of messages."""
    kept = ask(client).id
    lists: list[Any] = [client.chat.completions.list, lambda **given: client.chat.completions.messages.list(kept, **given)]
    for each in lists:
        with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as caught:
            each(extra_query=query)
        assert caught.value.param == param


def test_metadata_can_be_changed(client: openai.OpenAI) -> None:
    """All of it at once; null takes it away; nothing else can be changed."""
    kept = ask(client, metadata={"a": "b"})
    completions = client.chat.completions
    assert completions.update(kept.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert completions.retrieve(kept.id).metadata == {"c": "d"}
    assert completions.update(kept.id, metadata=None).metadata == {}
    for body, param in (({}, "metadata"), ({"metadata": 3}, "metadata"), ({"metadata": {}, "model": "x"}, "model")):
        with pytest.raises(openai.BadRequestError) as caught:
            client.post(f"/chat/completions/{kept.id}", body=body, cast_to=object)
        assert caught.value.param == param


def test_a_deleted_completion_is_gone(client: openai.OpenAI) -> None:
    """Every call with its id is a 404 then; an id that never was is answered the same."""
    kept = ask(client).id
    completions = client.chat.completions
    assert completions.delete(kept).model_dump() == {"id": kept, "deleted": True, "object": "chat.completion.deleted"}
    calls: list[Any] = [
        completions.retrieve,
        completions.delete,
        completions.messages.list,
        lambda id_: completions.update(id_, metadata={}),
    ]
    for call in calls:
        for id_ in (kept, "chatcmpl-never"):
            with pytest.raises(openai.NotFoundError, match=id_):
                call(id_)


def test_messages_are_what_was_asked(client: openai.OpenAI, sandbox: Sandbox) -> None:
    """Roles as they were sent, parts beside the text they make up; the client's types know assistants only."""
    given = [
        {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]},
        *ASK,
        {"role": "assistant", "content": "It is wet."},
    ]
    kept = ask(client, messages=given).id
    with client_of(sandbox, client.api_key, strict=False) as lenient:
        messages = lenient.chat.completions.messages
        listed = list(messages.list(kept, limit=1))
        assert [(item.role, item.content) for item in listed] == [
            ("developer", "Be brief."),
            ("user", ASK[0]["content"]),
            ("assistant", "It is wet."),
        ]
        assert [item.to_dict() for item in listed[0].content_parts or []] == given[0]["content"]
        assert listed[1].content_parts is None
        assert [item.id for item in messages.list(kept, order="desc")] == [item.id for item in listed][::-1]
        assert [item.id for item in messages.list(kept, after=listed[0].id, limit=1).data] == [listed[1].id]


def test_nobody_sees_what_is_anothers(client: openai.OpenAI, sandbox: Sandbox) -> None:
    """Every route answers with another's id as with one that does not exist."""
    kept = ask(client).id
    with client_of(sandbox, "mallory") as other:
        completions = other.chat.completions
        ask(other)
        calls: list[Any] = [
            completions.retrieve,
            completions.delete,
            completions.messages.list,
            lambda id_: completions.update(id_, metadata={}),
            lambda id_: completions.list(after=id_),
        ]
        for call in calls:
            messages = []
            for id_ in (kept, "chatcmpl-x"):
                with pytest.raises(openai.NotFoundError) as caught:
                    call(id_)
                messages.append(str(caught.value).replace(id_, "ID"))
            assert messages[0] == messages[1]
        assert len(completions.list().data) == 1
    assert client.chat.completions.retrieve(kept).id == kept


def test_bodies_fit_the_published_schema(sandbox: Sandbox) -> None:
    """Lists (empty and not), a completion, its messages, a deletion."""
    headers = {"Authorization": "Bearer schema"}
    with httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url, headers=headers) as raw:

        def get(path: str) -> Any:
            return raw.get(path).raise_for_status().json()

        assert faults("ChatCompletionList", get("/chat/completions")) == []
        body = {"model": BASE, "messages": ASK, "store": True, "max_tokens": 3, "logprobs": True, "metadata": {"a": "b"}}
        id_ = raw.post("/chat/completions", json=body).raise_for_status().json()["id"]
        assert faults("ChatCompletionList", get("/chat/completions")) == []
        assert faults("CreateChatCompletionResponse", get(f"/chat/completions/{id_}")) == []
        assert faults("ChatCompletionMessageList", get(f"/chat/completions/{id_}/messages")) == []
        assert faults("ChatCompletionDeleted", raw.delete(f"/chat/completions/{id_}").json()) == []


def test_the_newest_thousand_of_each_owner_are_kept(tmp_path: Path) -> None:
    """One too many drops that owner's oldest; another's stay."""
    store = Store(tmp_path)
    try:
        with store.db.transaction():
            for n in range(MOST_KEPT + 2):
                owner = "many" if n else "few"
                store.db.insert(
                    CompletionRecord(id=f"c{n}", owner=owner, created_at=n, model=BASE, messages=[], body={"id": f"c{n}"})
                )
            delete_oldest(store.db, CompletionRecord, "many", MOST_KEPT)
        kept = [record.id for record in store.db.select(CompletionRecord)]
        assert kept == ["c0", *(f"c{n}" for n in range(2, MOST_KEPT + 2))]
    finally:
        store.close()


def test_stored_completions_outlive_the_sandbox(tmp_path: Path, world: Any) -> None:
    """They are there after a restart."""
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        kept = ask(client, metadata={"a": "b"})
    with Sandbox(tmp_path) as sandbox, world.client(sandbox) as client:
        assert client.chat.completions.retrieve(kept.id) == kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *("messages", "model", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "seed", "stop", "stream"),
    *("logprobs", "top_logprobs", "stream_options", "metadata", "store", "response_format", "tools", "tool_choice", "user"),
    *("modalities", "service_tier", "parallel_tool_calls", "logit_bias"),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), JSON, max_size=4), whole=st.booleans())
def test_any_body_ends_well(sandbox: Sandbox, body: dict[str, Any], whole: bool) -> None:
    """Whatever JSON is sent, the answer is an answer or a refusal in the envelope, never a 500."""
    usual = {"model": BASE, "messages": ASK, "max_tokens": 2, "n": 1} if whole else {}
    with httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url) as raw:
        headers = {"Authorization": "Bearer any"}
        response = raw.post("/chat/completions", json={**usual, **body}, headers=headers)
        kept = raw.post("/chat/completions/x", json=body, headers=headers)
        listed = raw.get("/chat/completions", params={name: str(value) for name, value in body.items()}, headers=headers)
    assert response.status_code == 200 or set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert response.status_code in (200, 400, 404)
    assert kept.status_code == 404
    assert listed.status_code in (200, 400, 404)
