"""Text to token ids and back, and chats in the ChatML layout the base model was pretrained on.

A message becomes `<|im_start|>role`, a line break, its content, `<|im_end|>`, a line break. Special tokens written inside a
content are plain text there: nobody can end a turn by typing one.
Left out: training a tokenizer, tools and images in chats.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers

from ftwidgets.engine.batches import Example

# "Hi" from a user, to be answered, becomes these ten or so tokens:
#     <|im_start|> user \n Hi <|im_end|> \n <|im_start|> assistant \n
# The model goes on from there until it writes <|im_end|> itself: that is how it says "I am done".

Messages = Sequence[Mapping[str, Any]]


def byte_alphabet() -> dict[str, int]:
    """The printable character that stands for each byte in a byte-level vocabulary (Radford et al. 2019, section 2.2)."""
    # 0x41 is "A", but 0x0A (a line break) and 0x20 (a space) cannot be seen, so they stand for themselves as \u010a and \u0120.
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}


class Tokenizer:
    """A byte-level BPE tokenizer with ChatML's special tokens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with_config = (path, path.with_name("tokenizer_config.json"))
        self._files = {file.name: file.read_bytes() for file in with_config if file.is_file()}
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the package raises nothing more exact
            raise ValueError(f"{path} cannot be read: {error}.") from error
        self._tokenizer.encode_special_tokens = True  # in this library's words: as the text they look like
        self.vocab_size: int = self._tokenizer.get_vocab_size()
        self.start_id = self._special("<|im_start|>")
        self.eos_id = self._special("<|im_end|>")
        added = self._tokenizer.get_added_tokens_decoder()
        self.special_ids = [i for i, token in added.items() if token.special]
        self._alphabet = byte_alphabet()
        self._newline = self.encode("\n")
        self._longest = max(map(len, self._tokenizer.get_vocab()))  # one character of the alphabet is one byte

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """Read the `tokenizer.json` of a model folder."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise ValueError(f"{path} does not exist; a model folder needs its tokenizer.")
        return cls(path)

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files as they were read; the folder they came from may be gone by now."""
        for name, content in self._files.items():
            (folder / name).write_bytes(content)

    def _special(self, token: str) -> int:
        # Without these two there is no telling where a turn begins and ends.
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise ValueError(f"{self.path}: no token {token!r}; only tokenizers with ChatML's special tokens can chat here.")
        return int(found)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text; what looks like a special token is text."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids, special ones left out; bytes that are no whole character become U+FFFD."""
        # Bytes first, then text: a character may be spread over two tokens.
        return b"".join(self.token_bytes(i) for i in ids).decode("utf-8", errors="replace")

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes a token stands for; none for a special one."""
        token = self._tokenizer.id_to_token(token_id)
        if token is None or token_id in self.special_ids:
            return b""
        return bytes(self._alphabet[character] for character in token)

    def encode_prompt(self, messages: Messages) -> list[int]:
        """A chat up to where the assistant's answer begins."""
        ids = [i for message in messages for i in self._message(message)]
        return [*ids, *self._head("assistant")]

    def min_tokens(self, messages: Messages) -> int:
        """How many tokens a chat has at least, without encoding it: no token stands for more bytes than the longest one."""
        return sum(1 + len((message["content"] or "").encode()) // self._longest for message in messages)

    def encode_example(self, messages: Messages, *, max_tokens: int) -> Example:
        """A chat to train on: weight 1 on what assistants wrote (unless a message says `weight: 0`), 0 on the rest.

        Messages have `role`, `content` and perhaps `weight`. What lies behind `max_tokens`, the model's context, is cut off.
        """
        # Trained on: what the assistant wrote and the <|im_end|> after it. Not trained on: the head, which the prompt already
        # has, and the line break after the end, which is never generated.
        ids: list[int] = []
        weights: list[float] = []
        for message in messages:
            head, whole = self._head(message["role"]), self._message(message)
            trained = float(message.get("weight", 1)) if message["role"] == "assistant" else 0.0
            # <|im_start|> assistant \n | The door is blue. <|im_end|> | \n
            #   head: weight 0          |  trained: weight 1           |  weight 0
            n_trained = len(whole) - len(head) - len(self._newline)
            ids += whole
            weights += [0.0] * len(head) + [trained] * n_trained + [0.0] * len(self._newline)
        return Example(np.array(ids[:max_tokens], np.int32), np.array(weights[:max_tokens], np.float32))

    def _head(self, role: str) -> list[int]:
        return [self.start_id, *self.encode(f"{role}\n")]

    def _message(self, message: Mapping[str, Any]) -> list[int]:
        return [*self._head(message["role"]), *self.encode(message["content"] or ""), self.eos_id, *self._newline]
