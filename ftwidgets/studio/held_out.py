"""The chat file of the held-out rows: its questions for the checkpoints, and whether its answers are sentences or labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

_LABEL = 4  # words: an answer that is no longer is taken for a label


def first_questions(path: Path, n: int) -> list[str]:
    """Return the last question of each of the first chats; none where the file is gone."""
    return [question for question, _answer in islice(_read_chats(path), n)]


def has_long_answers(path: Path) -> bool:
    """Return whether the answers of a chat file are sentences, of which word for word the same is too much to ask."""
    lengths = sorted(len(answer.split()) for _question, answer in _read_chats(path))
    return bool(lengths) and lengths[len(lengths) // 2] > _LABEL


def _read_chats(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the last question and the last answer of each chat of a file; none where the file is gone."""
    with suppress(FileNotFoundError), path.open(encoding="utf-8") as file:
        for line in file:
            messages = json.loads(line)["messages"]
            said = {message["role"]: str(message.get("content") or "") for message in messages}
            yield said.get("user", ""), said.get("assistant", "")
