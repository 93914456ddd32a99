"""An answer under way: what is asked of which model, and its pieces, worked out in threads that take turns.

A language model writes one token after another. Each request has its model write a few, then stands in line again behind
the others, so that a short answer never waits for a long one. First words go first: who has just asked sees soon that there
is an answer.
Left out: what requests and answers look like (`chat_request`, `chat_schemas`, `responses`), the line (`line`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from anyio import Lock, sleep
from anyio.lowlevel import RunVar

from ftwidgets.sandbox.api_errors import ApiError, refused
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.inference.fair_queue import line

if TYPE_CHECKING:
    from ftwidgets.engine import Model, Piece

LOOK_AGAIN = 0.01  # seconds between two looks whether a model is free
A_TURN = 4  # pieces before the next one in line has its turn
_waiting: RunVar[Lock] = RunVar("ftwidgets-models")
_SPREAD = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: far apart for neighbouring answers


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked; `messages` hold plain strings, and the roles that the base model knows."""

    model: str
    messages: list[dict[str, str]]
    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    json_object: bool = False


@dataclass(frozen=True)
class Talk:
    """A model and a prompt it can take."""

    ask: Ask
    model: Model
    prompt: list[int]

    def pieces(self, index: int = 0) -> Iterator[Piece]:
        """Write an answer, piece by piece; each index has another one, but the same each time where there is a seed."""
        from ftwidgets.engine import JsonPrefix, generate

        ask = self.ask
        room = self.model.config.max_position_embeddings - len(self.prompt)
        return generate(
            self.model,
            self.prompt,
            max_tokens=room if ask.max_tokens is None else min(ask.max_tokens, room),
            temperature=ask.temperature,
            top_p=ask.top_p,
            seed=None if ask.seed is None else (ask.seed + index * _SPREAD) % 2**64,
            stop=ask.stop,
            top_logprobs=ask.top_logprobs,
            guide=JsonPrefix() if ask.json_object else None,
        )


async def begin(catalog: Catalog, owner: str, ask: Ask, param: str = "messages") -> Talk:
    """Load the model and read the prompt, in a thread, in turn; where too many models are in use, wait for one to be free.

    Parameters
    ----------
    catalog
        Knows the models.
    owner
        Whose models may be asked.
    ask
        What is asked.
    param
        What the messages are called in the request, for the refusal.

    Raises
    ------
    ApiError
        404 where there is no such model, 400 where the messages fill its context.
    """
    if not catalog.has_in_memory(ask.model):
        async with _door():  # one after another, first come, first served
            while catalog.crowded(ask.model):
                await sleep(LOOK_AGAIN)
            return await line().work(lambda: _begin(catalog, owner, ask, param), first=True)
    return await line().work(lambda: _begin(catalog, owner, ask, param), first=True)


def _door() -> Lock:
    """Give the lock of the running event loop behind which those wait who want one model more."""
    found = _waiting.get(None)
    if found is None:
        found = Lock()
        _waiting.set(found)
    return found


def _begin(catalog: Catalog, owner: str, ask: Ask, param: str) -> Talk:
    model = catalog.load(ask.model, owner)
    context, fewest = model.config.max_position_embeddings, model.tokenizer.fewest(ask.messages)
    if fewest >= context:  # a prompt of megabytes is refused before it takes seconds that others wait for
        raise _too_long(context, f"at least {fewest}", param)
    prompt = model.tokenizer.encode_prompt(ask.messages)
    if len(prompt) >= context:
        raise _too_long(context, str(len(prompt)), param)
    return Talk(ask, model, prompt)


def _too_long(context: int, tokens: str, param: str) -> ApiError:
    return refused(
        f"This model's maximum context length is {context} tokens. However, your messages resulted in "
        f"{tokens} tokens. Please reduce the length of the messages; the answer needs room too.",
        param=param,
        code="context_length_exceeded",
    )


async def in_turn(pieces: Iterator[Piece]) -> AsyncIterator[list[Piece]]:
    """Have an answer written in threads, turn by turn; whoever stops listening stops the writing."""
    written = await line().work(lambda: list(islice(pieces, 1)), first=True)
    while written:
        yield written
        written = await line().work(lambda: list(islice(pieces, A_TURN)), first=False)
