"""The number of tokens of a chat: estimated from the request before it is answered, read from the answer afterwards.

The estimate follows the service's own rule for rate limits: a quarter of the characters, plus all that the answer may have.
(https://developers.openai.com/cookbook/examples/how_to_handle_rate_limits: "the maximum of max_tokens and the estimated number
of tokens based on the character count of your request"; here the two are added, since both are counted in the end.)
No tokenizer is used: this code does not know the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Message

METERED = ("/v1/chat/completions", "/v1/responses")
CHARACTERS_PER_TOKEN = 4
_TEXT_EVENT = re.compile(rb'"delta": ?\{"content": ?"[^"]|"type": ?"response\.output_text\.delta"')  # one event, one token
_MAX_TOKENS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(frozen=True)
class TokenEstimate:
    """What a chat may cost: the tokens of its prompt and the most its answer may have; and the model it names."""

    prompt: int = 1
    max_completion: int = 0
    model: str | None = None

    @property
    def total(self) -> int:
        """Prompt and answer together."""
        return self.prompt + self.max_completion


def estimate_tokens(body: bytes) -> TokenEstimate:
    """Estimate what a chat will cost from its body, valid or not: at least 1 token."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return TokenEstimate()
    if not isinstance(request, dict):
        return TokenEstimate()
    prompt = _count_characters(request.get("messages", request.get("input", ""))) // CHARACTERS_PER_TOKEN
    limit = next((request[name] for name in _MAX_TOKENS if isinstance(request.get(name), int)), 0)
    choices = request["n"] if isinstance(request.get("n"), int) else 1
    model = request["model"] if isinstance(request.get("model"), str) else None
    return TokenEstimate(max(1, prompt), max(0, limit) * max(1, choices), model)


def _count_characters(value: Any) -> int:
    """Count the characters of every text in a JSON value, without the names of fields, roles and types."""
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


class TokenMeter:
    """Counts the tokens of one answer from the ASGI messages that carry it.

    A whole answer has its `usage`. In a stream every event with new text counts as one token, which it is, except for
    characters that take several.
    """

    def __init__(self) -> None:
        self._status = 0
        self._streamed = False
        self._body = bytearray()
        self._text_events = 0
        self._usage: Mapping[str, Any] = {}

    def observe(self, message: Message) -> None:
        """Look at one message of the response."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._streamed = any(value.startswith(b"text/event-stream") for _, value in message["headers"])
        elif self._status < 400 and (body := message.get("body")):
            if self._streamed:
                self._text_events += len(_TEXT_EVENT.findall(body))
                for line in body.split(b"\n"):
                    self._read_usage(line.removeprefix(b"data: "))
            else:
                self._body += body

    def total_tokens(self, prompt: int) -> int:
        """Return the tokens of prompt and answer, 0 for an error; `prompt` is the estimate for an answer without usage."""
        if not 0 < self._status < 400:
            return 0
        self._read_usage(bytes(self._body))
        total = self._usage.get("total_tokens")
        return total if isinstance(total, int) else prompt + self._text_events

    def completion_tokens(self) -> int:
        """Return the tokens of the answer alone."""
        if self._streamed or not self._body:
            return self._text_events
        self._read_usage(bytes(self._body))
        tokens = self._usage.get("completion_tokens", self._usage.get("output_tokens"))
        return tokens if isinstance(tokens, int) else 0

    def _read_usage(self, data: bytes) -> None:
        if b'"usage"' not in data:
            return
        try:
            body = json.loads(data)
        except ValueError:
            return
        inner = body.get("response", body) if isinstance(body, Mapping) else None
        usage = inner.get("usage") if isinstance(inner, Mapping) else None
        if isinstance(usage, Mapping):
            self._usage = usage
