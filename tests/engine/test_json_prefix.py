"""JSON objects byte by byte, against Python's own reader."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftwidgets.engine import NANO, JsonPrefix, Model, generate

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def accepted(raw: bytes) -> bool:
    """Tell whether the bytes are a whole object, taken one at a time or all at once."""
    prefix, at_once = JsonPrefix(), JsonPrefix()
    for place in range(len(raw)):
        byte = raw[place : place + 1]
        if not prefix.allows(byte):
            assert not at_once.allows(raw)
            return False
        prefix.accept(byte)
    if raw:
        at_once.accept(raw)
    assert prefix.complete == at_once.complete
    return prefix.complete


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=4), st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_what_python_writes_is_accepted(value: dict[str, Any], plain: bool, separators: tuple[str, str]) -> None:
    """Every object that `json.dumps` writes, in ASCII or not, dense or with spaces."""
    assert accepted(json.dumps(value, ensure_ascii=plain, separators=separators).encode())


@settings(deadline=None)
@given(st.integers(), st.integers(1, 400))
def test_what_is_allowed_is_json(seed: int, length: int) -> None:
    """A walk through bytes that are allowed never gets stuck, and where it is complete Python can read it."""
    chance, prefix, raw = random.Random(seed), JsonPrefix(), b""
    likely = [bytes([byte]) for byte in b'{}[]":, \n\\u-+.0123456789eEtrufalsn\xc3']
    while len(raw) < length and not prefix.complete:
        following = [byte for byte in likely if prefix.allows(byte)]
        assert following
        raw += chance.choice(following)
        prefix.accept(raw[-1:])
    if prefix.complete:
        assert isinstance(json.loads(raw.decode(errors="replace")), dict)
        assert not any(prefix.allows(bytes([byte])) for byte in range(256))


@pytest.mark.parametrize(
    "text",
    [
        *("[]", '"a"', " {}", "{}{}", "{} ", '{"a"}', '{"a":}', '{"a":1,}', "{,}", '{"a":[1,]}', '{"a":[}', '{"a":{]}}'),
        *('{"a":01}', '{"a":-}', '{"a":1.}', '{"a":.5}', '{"a":1e}', '{"a":+1}', '{"a":nul}', '{"a":truee}', "{a:1}"),
        *('{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\u12g4"}', '{"a":  1}', '{"a":' + "[" * 40 + "]" * 40 + "}", '{"a":1', "{"),
    ],
)
def test_what_is_no_object_is_not_accepted(text: str) -> None:
    """Broken objects, other values at the top, and what this guide leaves out: blanks in a row, great depth."""
    assert not accepted(text.encode())


def test_a_step_that_is_not_allowed_is_an_error() -> None:
    """The message says what to ask first; no bytes at all are never allowed."""
    with pytest.raises(ValueError, match="ask `allows` first"):
        JsonPrefix().accept(b"x")
    assert not JsonPrefix().allows(b"")


def test_a_guided_model_writes_json() -> None:
    """At any temperature; greedily too; and the same seed gives the same text."""
    model = Model.load(NANO)
    prompt = model.tokenizer.encode_prompt([{"role": "user", "content": "Answer in JSON."}])

    def write(**given: Any) -> tuple[str, str | None]:
        pieces = list(generate(model, prompt, max_tokens=100, guide=JsonPrefix(), **given))
        return "".join(piece.text for piece in pieces), pieces[-1].finish_reason

    ends = [write(temperature=temperature, seed=seed) for temperature in (0, 0.7, 2) for seed in range(4)]
    read = [json.loads(text) for text, reason in ends if reason == "stop"]
    assert len(read) >= 6
    assert {type(value) for value in read} == {dict}
    assert write(seed=3, top_p=0.5) == write(seed=3, top_p=0.5)
