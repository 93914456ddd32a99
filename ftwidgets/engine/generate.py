"""Text from a model, piece by piece, with a cache of what earlier tokens said; one text, or several at once.

Left out: speculative decoding, stop texts given as tokens.
"""

import codecs
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ftwidgets.engine.layers import rotary_table, rotate, softmax
from ftwidgets.engine.lora import linear
from ftwidgets.engine.model import Model
from ftwidgets.engine.sampling import log_softmax, sample, sample_allowed
from ftwidgets.engine.tokenizer import Tokenizer

Array = np.ndarray


@dataclass(frozen=True)
class TokenLogprob:
    """A generated token, its log-probability (nats), and the likeliest ones in its place."""

    token: str
    raw: bytes
    logprob: float
    top: tuple[tuple[str, bytes, float], ...]


@dataclass(frozen=True)
class Piece:
    """Some text, whole characters only, and the tokens it took since the last piece."""

    text: str
    tokens: tuple[TokenLogprob, ...]
    n_tokens: int
    finish_reason: str | None  # None until the last piece; then "stop" or "length"


class Guide(Protocol):
    """Decides which bytes may come next; for at least one token of the vocabulary it must say yes until it is complete."""

    @property
    def complete(self) -> bool:
        """Whether nothing may follow."""

    def allows(self, raw: bytes) -> bool:
        """Tell whether these bytes may come next."""

    def accept(self, raw: bytes) -> None:
        """Go on with these bytes."""


# Writing "It is 4." takes four turns or so. The prompt is read in one go, and its last token's logits say what comes first:
#     prompt (12 tokens)  ->  "It"        the cache holds 12 tokens
#     "It"                ->  " is"       13
#     " is"               ->  " 4"        14
#     " 4"                ->  "."         15
# For a large model, reading 12 tokens at once costs hardly more than reading one: its weights have to come from memory in both
# cases. The same holds for one token of each of ten answers, so several are written together.


class Cache:
    """Keys and values of every layer so far: what the next token attends to.

    Without it, every new token would run the whole text through the model again: 1 + 2 + 3 + ... tokens instead of one each.
    Earlier keys and values never change, because no token sees what comes after it.
    """

    def __init__(self, model: Model, length: int) -> None:
        c = model.config
        self.keys = np.zeros((c.num_hidden_layers, c.num_key_value_heads, length, c.head_dim), np.float32)
        self.values = np.zeros_like(self.keys)
        self.cos, self.sin = rotary_table(c.head_dim, length, c.rope_theta)
        self.length = 0

    def attend(self, layer: int, qkv: Array, n_q: int) -> Array:
        """Attention of one layer for the n tokens that follow: (n, heads + 2 kv_heads, head_dim) -> (n, width)."""
        n, n_kv, head_dim = len(qkv), self.keys.shape[1], qkv.shape[2]
        start, end = self.length, self.length + n
        qk = rotate(qkv[:, : n_q + n_kv], self.cos[start:end], self.sin[start:end])
        # Keys are stored with their rotation, so they never have to be turned again.
        self.keys[layer, :, start:end] = qk[:, n_q:].swapaxes(0, 1)
        self.values[layer, :, start:end] = qkv[:, n_q + n_kv :].swapaxes(0, 1)
        # Query heads that share a key head stand side by side, as in `layers.attention`.
        q = qk[:, :n_q].swapaxes(0, 1).reshape(n_kv, -1, head_dim)  # (kv_heads, groups * n, head_dim)
        scores = q @ self.keys[layer, :, :end].mT  # (kv_heads, groups * n, length)
        scores *= head_dim**-0.5
        if n > 1:  # a single new token may see everything before it; of a prompt, each token what stands before it
            future = np.arange(end) > np.arange(start, end)[:, None]  # (n, length)
            np.copyto(scores.reshape(n_kv, -1, n, end), -np.inf, where=future)
        out = softmax(scores) @ self.values[layer, :, :end]
        return np.asarray(out.reshape(n_q, n, -1).swapaxes(0, 1).reshape(n, -1))  # heads back side by side


def feed(model: Model, caches: Sequence[Cache], new: Sequence[Sequence[int]]) -> Array:
    """Read the next tokens of several texts, each with its cache; returns the logits of what follows each, (texts, vocabulary).

    The tokens of all texts stand side by side, as in training: the weights, which are most of the work, are read once for all.
    """
    # `llama.forward` without gradients. With one text of one token the products are those of a vector with a matrix.
    params, c = model.params, model.config
    n_kv, n_q = c.num_key_value_heads, c.num_attention_heads
    # Two texts, of which one begins with a prompt of 3 tokens and one goes on with 1: rows 0 to 2 and row 3, ends [3, 4].
    ends = np.cumsum([len(ids) for ids in new])
    texts = [slice(end - len(ids), end) for end, ids in zip(ends, new, strict=True)]  # where the tokens of each stand
    x = params.embed[np.concatenate([np.asarray(ids) for ids in new])]  # (tokens, width)
    for i, layer in enumerate(params.layers):
        qkv = linear(norm(x, layer.input_norm, c.rms_norm_eps), layer.qkv)
        if layer.qkv_bias is not None:
            qkv += layer.qkv_bias
        qkv = qkv.reshape(len(x), n_q + 2 * n_kv, c.head_dim)
        # Everything else treats each token alone; attention is where a text looks at itself, and at no other one.
        mixed = [cache.attend(i, qkv[text], n_q) for cache, text in zip(caches, texts, strict=True)]
        x = x + linear(mixed[0] if len(mixed) == 1 else np.concatenate(mixed), layer.out)
        gate_up = linear(norm(x, layer.mlp_norm, c.rms_norm_eps), layer.gate_up)
        gate, up = np.split(gate_up, 2, axis=1)  # SwiGLU, as in `layers.swiglu`
        x = x + linear(gate / (1 + np.exp(-np.maximum(gate, -60))) * up, layer.down)
    for cache, ids in zip(caches, new, strict=True):
        cache.length += len(ids)
    # A token is likely if its vector in the output matrix (often the embedding itself) points the same way as x.
    return linear(norm(x[ends - 1], params.norm, c.rms_norm_eps), params.head)


def norm(x: Array, gain: Array, eps: float) -> Array:
    """RMSNorm without the cache for its gradient."""
    return np.asarray(x * (np.einsum("nd,nd->n", x, x)[:, None] / x.shape[1] + eps) ** np.float32(-0.5) * gain)


class Decoder:
    """Tokens to text as they come: holds back bytes of an unfinished character, and text that may begin a stop text."""

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
        # "see #" with the stop text "###": hold back the "#", hand out the rest. Behind "see ##" it is two characters, and so
        # on: as many as the text's end has in common with a stop text's beginning.
        held = self._held
        begun = (n for text in self._stop for n in range(1, min(len(text), len(held) + 1)) if held.endswith(text[:n]))
        cut = len(held) - max(begun, default=0)
        self._held = held[cut:]
        return held[:cut]

    def flush(self) -> str:
        """The rest, when no token follows; an unfinished character becomes U+FFFD."""
        return self._held + self._utf8.decode(b"", final=True)


class Generation:
    """An answer in the making. Iterate it for its pieces; or let `advance` feed several of them one step, together.

    Each collects its pieces in `ready`.

    Its parameters and errors are those of `generate`.
    """

    def __init__(
        self,
        model: Model,
        prompt: Sequence[int],
        *,
        max_tokens: int,
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
        top_logprobs: int | None = None,
        guide: Guide | None = None,
    ) -> None:
        context = model.config.max_position_embeddings
        if not 0 < len(prompt) < context:
            raise ValueError(
                f"A prompt must have 1 to {context - 1} tokens: {len(prompt)}. Shorten it; the rest is for the answer."
            )
        self.model = model
        self.new: Sequence[int] = prompt  # tokens that the model has not read yet: first the prompt, then one at a time
        self.ready: deque[Piece] = deque()
        self.n_left = min(max_tokens, context - len(prompt))
        self.ended = False
        self._temperature, self._top_p, self._top_logprobs, self._guide = temperature, top_p, top_logprobs, guide
        self._rng = np.random.default_rng(seed)
        self._decoder = Decoder(model.tokenizer, stop)
        self._logprobs: list[TokenLogprob] = []
        self._pending = 0  # tokens whose text is not certain yet, such as half of a two-byte character
        self.cache = Cache(model, len(prompt) + self.n_left)
        if self.n_left < 1:
            self._end("length")

    def __iter__(self) -> Iterator[Piece]:
        while self.ready or not self.ended:
            if self.ready:
                yield self.ready.popleft()
            else:
                advance([self])

    def take(self, logits: Array) -> None:
        """Choose the next token by its logits, (vocabulary,), and put what text is certain by now into `ready`."""
        model = self.model
        if self._guide is None:
            token = sample(logits, temperature=self._temperature, top_p=self._top_p, rng=self._rng)
        else:
            guide, raw = self._guide, model.tokenizer.token_bytes
            token = sample_allowed(
                logits,
                lambda id_: guide.allows(raw(id_)),
                temperature=self._temperature,
                top_p=self._top_p,
                rng=self._rng,
            )
            guide.accept(raw(token))
        # One token is chosen now. It may end the answer, complete some text, or leave it open: " \u00e9" may take two tokens.
        self.n_left -= 1
        self._pending += 1
        if token == model.tokenizer.eos_id:  # the model ends its turn
            self._end("stop")
            return
        if self._top_logprobs is not None:
            self._logprobs.append(token_logprob(model, logits, token, self._top_logprobs))
        text = self._decoder.push(token)
        if self._decoder.stopped:
            self._end("stop", text)
            return
        if text:
            self._hand_out(text, None)
        if self._guide is not None and self._guide.complete:
            self._end("stop")
            return
        if self.n_left < 1:
            self._end("length")
            return
        self.new = [token]  # the model has written it and not yet read it

    def _hand_out(self, text: str, finish_reason: str | None) -> None:
        self.ready.append(Piece(text, tuple(self._logprobs), self._pending, finish_reason))
        self._logprobs, self._pending = [], 0

    def _end(self, reason: str, text: str | None = None) -> None:
        self.ended = True
        self._hand_out(self._decoder.flush() if text is None else text, reason)


def advance(generations: Sequence[Generation]) -> None:
    """Feed answers of the same model one step: each reads what is new to it and takes its next token."""
    # Autoregression: predict one token, append it, predict the next one from all of them.
    logits = feed(generations[0].model, [one.cache for one in generations], [one.new for one in generations])
    for one, row in zip(generations, logits, strict=True):
        one.take(row)


def generate(model: Model, prompt: Sequence[int], **settings: Any) -> Iterator[Piece]:
    """Continue a prompt, one piece of text at a time.

    Parameters
    ----------
    model
        The model that answers.
    prompt
        Token ids; at least one, and fewer than the model's context.
    max_tokens
        At most so many tokens; the end of the context may come first.
    temperature, top_p, seed
        How tokens are drawn; temperature 0 always takes the likeliest. The same seed gives the same text.
    stop
        Texts before which to stop.
    top_logprobs
        With a number (0 to 20), each piece carries its tokens' log-probabilities and that many alternatives.
    guide
        Keeps the text to a form: only tokens that it allows are drawn, until it is complete.

    Yields
    ------
    Piece
        Text that never ends inside a UTF-8 character or a possible stop text; the last one has a finish reason: "stop" at
        the end of the turn or at a stop text, "length" otherwise.

    Raises
    ------
    ValueError
        When the prompt is empty or fills the context.
    """
    yield from Generation(model, prompt, **settings)


def token_logprob(model: Model, logits: Array, token: int, top: int) -> TokenLogprob:
    """A token's log-probability and the `top` likeliest ones, whatever the temperature."""
    # Of the untouched logits: temperature changes how we draw, not what the model thinks.
    logprob = log_softmax(logits)
    best = np.argsort(-logprob, kind="stable")[:top]

    def named(token_id: int) -> tuple[str, bytes, float]:
        raw = model.tokenizer.token_bytes(token_id)
        return raw.decode("utf-8", errors="replace"), raw, float(logprob[token_id])

    return TokenLogprob(*named(token), tuple(named(int(i)) for i in best))
