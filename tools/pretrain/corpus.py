"""Turn the corpus (a folder of .jsonl shards) into token arrays for pretraining.

A shard's line is either {"text": ...} (prose) or {"messages": [...]} (a chat). Prose is only ever read as prose; a chat is
read both ways: as text in ChatML, and as an example whose loss is on the assistant's turns.
Left out: fetching the corpus (see NOTICE for its sources) and near-duplicate removal (done when it was gathered).
"""

import json
import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

HELD_OUT_TOKENS = 20_000  # the end of the shuffled stream: no stage may train on it
GENERATED = {"synth_sentiment_opinions"}  # made by sentiment.py; leaves the order, and so the held-out end, as it was
HALF = {"peps", "tldr_sample", "gsm8k_train"}  # technical shards, halved so that they do not set the tone

# Which mixture a chat shard belongs to, by a word of its name; the first match wins.
KINDS = {
    "definitions": ("oewn", "glossary", "medquad"),
    "persona": ("persona", "chatterbot"),
    "faq": ("faq",),
    "spelling": ("spelling",),
    "formal": ("formal",),
    "sentiment": ("sentiment",),
    "intent": ("clinc",),
    "instruction": ("instruction", "tldr", "gsm8k"),
    "dialogue": ("taskmaster", "topical", "multiwoz", "dstc"),
}


def kind_of(shard: str) -> str:
    """The mixture a chat shard belongs to."""
    return next((kind for kind, words in KINDS.items() if any(word in shard for word in words)), "dialogue")


def read(folder: Path) -> list[tuple[str, str | list[dict[str, str]]]]:
    """Every document as (kind, text or messages), shuffled by seed 0, generated ones first."""
    rng = random.Random(0)
    documents: list[tuple[str, str | list[dict[str, str]]]] = []
    generated: list[tuple[str, str | list[dict[str, str]]]] = []
    for path in sorted(folder.glob("*.jsonl")):
        to = generated if path.stem in GENERATED else documents
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "messages" in row:
                to.append((kind_of(path.stem), row["messages"]))
            elif path.stem not in HALF or rng.random() >= 0.5:
                to.append(("prose", row["text"]))
    rng.shuffle(documents)
    return generated + documents


def chat_tokens(tokenizer: Tokenizer, messages: list[dict[str, str]]) -> tuple[list[int], list[int]]:
    """Token ids of a chat in ChatML, and 1 where an assistant wrote the token."""
    ids: list[int] = []
    weights: list[int] = []
    for message in messages:
        head = tokenizer.encode(f"<|im_start|>{message['role']}\n").ids
        body = tokenizer.encode(message["content"] + "<|im_end|>").ids
        tail = tokenizer.encode("\n").ids
        ids += head + body + tail
        weights += [0] * len(head) + [int(message["role"] == "assistant")] * len(body) + [0] * len(tail)
    return ids, weights


class Chats:
    """Whole chats of one kind, one after another in flat arrays; windows always begin where a chat begins."""

    def __init__(self, tokenizer: Tokenizer, chats: list[list[dict[str, str]]]) -> None:
        pairs = [chat_tokens(tokenizer, messages) for messages in chats]
        self.starts = np.cumsum([0] + [len(ids) for ids, _ in pairs])[:-1]
        self.ids = np.array([i for ids, _ in pairs for i in ids], np.uint16)
        self.weights = np.array([w for _, weights in pairs for w in weights], np.uint8)

    def window(self, rng: np.random.Generator, length: int) -> tuple[np.ndarray, np.ndarray]:
        """`length` + 1 tokens from a random chat's first one on, and their weights, zero-padded at the corpus' end."""
        start = rng.choice(self.starts)
        ids = np.zeros(length + 1, np.int64)
        weights = np.zeros(length + 1, np.float32)
        part = self.ids[start : start + length + 1]
        ids[: len(part)] = part
        weights[: len(part)] = self.weights[start : start + length + 1]
        return ids, weights


def load(folder: Path, tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray, dict[str, Chats]]:
    """Training stream, held-out prose stream, and the chats by kind (none of them from the held-out end)."""
    documents = read(folder)
    held_out: list[int] = []
    end = len(documents)
    while len(held_out) < HELD_OUT_TOKENS:
        end -= 1
        kind, document = documents[end]
        if kind == "prose":
            held_out += [*tokenizer.encode(document).ids, 0]
    stream: list[np.ndarray] = []
    chats: dict[str, list[list[dict[str, str]]]] = {}
    for kind, document in documents[:end]:
        if kind != "prose":
            chats.setdefault(kind, []).append(document)
        ids = tokenizer.encode(document).ids if kind == "prose" else chat_tokens(tokenizer, document)[0]
        stream.append(np.array([*ids, 0], np.uint16))
    return (
        np.concatenate(stream),
        np.array(held_out, np.int64),
        {kind: Chats(tokenizer, found) for kind, found in sorted(chats.items())},
    )
