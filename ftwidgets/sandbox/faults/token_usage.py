"""How many tokens a chat costs: guessed from the request before it is answered, known from the answer afterwards.

The guess is the service's own rule for rate limits: a quarter of the characters, and all that the answer may take.
(https://developers.openai.com/cookbook/examples/how_to_handle_rate_limits: "the maximum of max_tokens and the estimated number
of tokens based on the character count of your request"; here the two are added, since both are counted in the end.)
Left out: counting with a tokenizer; the fault layer knows no model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Message

METERED = ("/v1/chat/completions", "/v1/responses")
CHARACTERS = 4  # to a token
_PIECE = re.compile(rb'"content": ?"[^"]|"type": ?"response.output_text.delta"')  # an event with some text: a token
_MOST = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(frozen=True)
class Guess:
    """What a chat may cost: the tokens of its prompt, the most of its answer; and the model it asks."""

    prompt: int = 1
    most: int = 0
    model: str | None = None

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.most


def guess(body: bytes) -> Guess:
    """Guess what a chat will cost.

    Parameters
    ----------
    body
        The request as it came, which need not make sense.

    Returns
    -------
    Guess
        At least 1 token, even for what makes no sense.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return Guess()
    if not isinstance(given, dict):
        return Guess()
    text = given.get("messages", given.get("input", ""))
    most = next((given[name] for name in _MOST if isinstance(given.get(name), int)), 0)
    choices = given["n"] if isinstance(given.get("n"), int) else 1
    model = given["model"] if isinstance(given.get("model"), str) else None
    return Guess(max(1, _characters(text) // CHARACTERS), max(0, most) * max(1, choices), model)


def _characters(value: Any) -> int:
    """Count the characters of every text in a value, without the names of its parts."""
    pending, total = [value], 0
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, dict):
            pending.extend(part for name, part in item.items() if name not in ("role", "type"))
        elif isinstance(item, list):
            pending.extend(item)
    return total


class Meter:
    """Reads what an answer has cost from the answer itself, as it passes; a stream without usage counts its events."""

    def __init__(self, prompt: int) -> None:
        self._prompt = prompt
        self._streamed = False
        self._status = 0
        self._body = bytearray()
        self._events = 0
        self._known: int | None = None

    def see(self, message: Message) -> None:
        """Look at one message of the response."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._streamed = any(value.startswith(b"text/event-stream") for _, value in message["headers"])
        elif message.get("body"):
            if self._streamed:
                self._events += _PIECE.search(message["body"]) is not None
                self._read(message["body"].partition(b"data: ")[2])
            else:
                self._body += message["body"]

    def total(self) -> int:
        """Tell the tokens of the whole exchange; nothing for one that was refused."""
        if self._status >= 400 or not self._status:
            return 0
        self._read(bytes(self._body))
        return self._prompt + self._events if self._known is None else self._known

    def _read(self, data: bytes) -> None:
        if b'"usage"' not in data:
            return
        try:
            body = json.loads(data)
        except ValueError:
            return
        inner = body.get("response", body)
        usage = inner.get("usage") if isinstance(inner, Mapping) else None
        if isinstance(usage, Mapping) and isinstance(usage.get("total_tokens"), int):
            self._known = usage["total_tokens"]
