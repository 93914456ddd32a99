"""How many tokens an answer has: read from the answer itself as it goes by, whole or streamed.

A whole answer tells its usage. Of a stream each event that carries something new counts as one token, which it is, but for
letters that take several. Left out: what is asked; only what is written counts.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Message, Send

_WRITTEN = (b'"delta": {"content"', b'"delta":{"content"', b"event: response.output_text.delta")


class Tally:
    """Counts the tokens of one answer while handing it on.

    Parameters
    ----------
    send
        Where the answer goes.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._streams = False
        self._succeeds = False
        self._whole = bytearray()
        self._events = 0

    async def send(self, message: Message) -> None:
        """Hand on a part of the answer."""
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            self._streams = headers.get(b"content-type", b"").startswith(b"text/event-stream")
            self._succeeds = message["status"] < 300
        elif self._succeeds:
            part = message.get("body", b"")
            if self._streams:
                self._events += sum(part.count(mark) for mark in _WRITTEN)
            else:
                self._whole += part
        await self._send(message)

    def tokens(self) -> int:
        """Tell how many tokens there were."""
        if self._streams or not self._whole:
            return self._events
        try:
            usage: Any = json.loads(bytes(self._whole)).get("usage") or {}
            return int(usage.get("completion_tokens", usage.get("output_tokens", 0)))
        except (ValueError, AttributeError, TypeError):
            return 0
