"""Tokens to text as they come: whole characters only, and nothing of a stop text.

Left out: stop texts given as tokens.
"""

import codecs
from collections.abc import Sequence

from ftwidgets.engine.tokenizer import Tokenizer


class Decoder:
    """Holds back bytes of an unfinished character, and text that may turn out to be the beginning of a stop text."""

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = [text for text in stop if text]
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self.stopped = False

    def push(self, token_id: int) -> str:
        """Take a token; returns the text that is certain by now. After a stop text, `stopped` is set."""
        # One token may be half of a character ("é" is two bytes), so the incremental decoder keeps what is unfinished. And with
        # the stop text "###", a "#" at the end has to wait: the next token shows whether it belongs to the answer.
        self._held += self._utf8.decode(self._tokenizer.token_bytes(token_id))
        found = [at for text in self._stop if (at := self._held.find(text)) >= 0]
        if found:
            self.stopped = True
            return self._held[: min(found)]
        # "see #" with the stop text "###": hold back the "#", hand out the rest.
        cut = len(self._held) - self._may_begin_stop()
        out, self._held = self._held[:cut], self._held[cut:]
        return out

    def _may_begin_stop(self) -> int:
        """How many characters at the end of the held text could be the beginning of a stop text."""
        held = self._held
        return max(
            (n for text in self._stop for n in range(1, min(len(text), len(held) + 1)) if held.endswith(text[:n])), default=0
        )

    def flush(self) -> str:
        """The rest, when no token follows; an unfinished character becomes U+FFFD."""
        return self._held + self._utf8.decode(b"", final=True)
