"""Whatever JSON is sent to the routes that read the most parameters, the answer is an answer or a refusal."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.sandbox import Sandbox

ROW = '{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "%d!"}]}\n'
JOB = {
    "model": "nano-2026-11",
    "training_file": "FILE",
    "validation_file": "FILE",
    "suffix": "s",
    "seed": 1,
    "metadata": {"a": "b"},
    "hyperparameters": {"n_epochs": 1},
    "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": "auto"}}},
    "integrations": [],
}
PREFERENCE = {**JOB, "hyperparameters": None, "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}}
CHAT = {
    "model": "nano-2026-11",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "assistant", "content": "yes", "refusal": None},
    ],
    "max_tokens": 2,
    "temperature": 0.5,
    "top_p": 0.9,
    "n": 1,
    "seed": 1,
    "stop": ["a"],
    "logprobs": True,
    "top_logprobs": 2,
    "stream": False,
    "store": False,
    "metadata": {"a": "b"},
    "response_format": {"type": "text"},
}
STREAM = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
BODIES: list[tuple[str, dict[str, Any]]] = [
    ("/fine_tuning/jobs", JOB),
    ("/fine_tuning/jobs", PREFERENCE),
    ("/chat/completions", CHAT),
    ("/chat/completions", STREAM),
]
WORDS = sorted({key for _, body in BODIES for key in body} | {"role", "content", "type", "text", "dpo", "tools", "x" * 70, ""})
ODD = ["", "auto", "x" * 70, "\x00", "🙂", "../..", "json_object", "json_schema", "reinforcement", 2**63, -(2**63) - 1, 10**400]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(ODD) | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def nearly_right(draw: st.DrawFn) -> tuple[str, Any]:
    """Take a right body and put something else into one or two places of it, or take something away."""
    path, right = draw(st.sampled_from(BODIES))
    body: Any = copy.deepcopy(right)
    for _ in range(draw(st.integers(1, 2))):
        node = body
        for turn in draw(st.lists(st.integers(0, 19), max_size=4)):
            inner = list(node.values() if isinstance(node, dict) else node)
            if not inner or not isinstance(inner[turn % len(inner)], dict | list):
                break
            node = inner[turn % len(inner)]
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if isinstance(node, dict) and draw(st.booleans()):
            node[draw(st.sampled_from(WORDS))] = draw(ANYTHING)
        elif keys and draw(st.booleans()):
            node[draw(st.sampled_from(keys))] = draw(ANYTHING)
        elif keys:
            del node[draw(st.sampled_from(keys))]
    return path, body


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Open a sandbox that trains nothing, with one file in it, and make a bare HTTP client."""
    headers = {"Authorization": "Bearer any"}
    with (
        Sandbox(tmp_path_factory.mktemp("any"), train=False) as opened,
        httpx2.Client(transport=opened.transport(), base_url=opened.base_url, headers=headers) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def file_id(wire: httpx2.Client) -> str:
    """Upload a file that can be trained on."""
    rows = "".join(ROW % (number, number) for number in range(10)).encode()
    return str(wire.post("/files", files={"file": ("a.jsonl", rows)}, data={"purpose": "fine-tune"}).json()["id"])


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_the_right_bodies_are_right(wire: httpx2.Client, file_id: str, path: str, body: dict[str, Any]) -> None:
    """Else the next test would only ever see refusals."""
    answer = wire.post(path, content=json.dumps(body).replace("FILE", file_id).encode())
    assert answer.status_code == 200, answer.text


@settings(max_examples=300, deadline=None)
@given(sent=nearly_right() | st.tuples(st.sampled_from([path for path, _ in BODIES]), ANYTHING))
def test_any_body_ends_in_an_answer_or_a_refusal(wire: httpx2.Client, file_id: str, sent: tuple[str, Any]) -> None:
    """A 200, or a 4xx with the four keys of the envelope; never a 500. Infinity and NaN are no JSON and are refused too."""
    path, body = sent
    answer = wire.post(path, content=json.dumps(body).replace("FILE", file_id).encode())
    if answer.status_code != 200:
        assert 400 <= answer.status_code < 500, answer.text
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("depth", [100, 400, 900, 960, 990, 100_000])
@pytest.mark.parametrize("key", ["metadata", "method", "hyperparameters", "messages", "response_format", "stop", "tools"])
def test_a_body_nested_deep_is_refused(wire: httpx2.Client, key: str, depth: int) -> None:
    """Below, at and beyond what the JSON reader takes."""
    for inner in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        for path, more in (("/fine_tuning/jobs", '"training_file": "x"'), ("/chat/completions", '"n": 1')):
            body = f'{{"model": "nano-2026-11", {more}, "{key}": {inner}}}'
            assert wire.post(path, content=body.encode()).status_code == 400
