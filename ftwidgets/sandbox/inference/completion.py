"""A completion: what is asked of which model, and the pieces of the answer, generated in threads that take turns.

A language model writes one token after another. Each request generates a few, then queues again behind the others, so a
short answer never waits for a long one. The first token has priority: whoever has just asked soon sees that there is an answer.
The answers of a large model are generated together instead (`batch`).
Left out: the bodies of requests and answers (`ftwidgets.sandbox.api`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from anyio import Lock, sleep

from ftwidgets.sandbox.api_errors import ApiError, invalid_request
from ftwidgets.sandbox.inference.batch import AnswerBatch
from ftwidgets.sandbox.inference.catalog import Catalog
from ftwidgets.sandbox.inference.priority_queue import PriorityQueue

if TYPE_CHECKING:
    from ftwidgets.engine import Generation, Model, Piece

POLL_EVERY = 0.01  # seconds between two looks whether a model can be loaded
PIECES_PER_TURN = 4  # before the next request in the queue has its turn
LARGE = 20_000_000  # weights of a model that is slow because of them; a small one is read from the processor's cache
_SEED_STEP = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: the seeds of neighbouring answers are far apart


@dataclass(frozen=True, kw_only=True)
class CompletionRequest:
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
class Completion:
    """A loaded model and an encoded prompt that fits its context."""

    request: CompletionRequest
    model: Model
    prompt: list[int]

    @property
    def room(self) -> int:
        """How many tokens of the context the prompt leaves for the answer."""
        return self.model.config.max_position_embeddings - len(self.prompt)

    def generation(self, index: int = 0) -> Generation:
        """Begin an answer; with a seed, each index has its own answer, the same every time."""
        from ftwidgets.engine import Generation, JsonPrefix

        request = self.request
        return Generation(
            self.model,
            self.prompt,
            max_tokens=self.room if request.max_tokens is None else min(request.max_tokens, self.room),
            temperature=request.temperature,
            top_p=request.top_p,
            seed=None if request.seed is None else (request.seed + index * _SEED_STEP) % 2**64,
            stop=request.stop,
            top_logprobs=request.top_logprobs,
            guide=JsonPrefix() if request.json_object else None,
        )

    def pieces(self, index: int = 0) -> Iterator[Piece]:
        """Generate an answer piece by piece, beginning when the first one is asked for."""
        yield from self.generation(index)


class Inference:
    """Answers with the models of a catalog; all requests share one queue.

    Parameters
    ----------
    catalog
        Knows the models.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._queue = PriorityQueue()
        self._loading = Lock()
        self._batches: WeakKeyDictionary[Model, AnswerBatch] = WeakKeyDictionary()

    async def start_completion(self, owner: str, request: CompletionRequest, param: str = "messages") -> Completion:
        """Load the model and encode the prompt; where too many models are in use, wait until one is free.

        Parameters
        ----------
        owner
            Whose models may be asked.
        request
            What is asked.
        param
            What the messages are called in the request, for the error.

        Raises
        ------
        ApiError
            404 where there is no such model, 400 where the messages fill its context.
        """
        if self._catalog.is_loaded(request.model):
            return await self._queue.run(lambda: self._prepare(owner, request, param), priority=True)
        async with self._loading:  # one after another, first come, first served
            while self._catalog.is_full_for(request.model):
                await sleep(POLL_EVERY)
            return await self._queue.run(lambda: self._prepare(owner, request, param), priority=True)

    async def stream_chunks(self, completion: Completion, index: int = 0) -> AsyncIterator[list[Piece]]:
        """Generate an answer, a few pieces a turn; it stops when nobody asks for the next ones."""
        from ftwidgets.engine import n_weights

        if n_weights(completion.model.config) >= LARGE:
            batch = self._batches.setdefault(completion.model, AnswerBatch(self._queue))
            generation = await self._queue.run(lambda: completion.generation(index), priority=True)
            async for together in batch.pieces(generation):
                yield together
            return
        pieces = completion.pieces(index)
        chunk = await self._queue.run(lambda: list(islice(pieces, 1)), priority=True)
        while chunk:
            yield chunk
            chunk = await self._queue.run(lambda: list(islice(pieces, PIECES_PER_TURN)), priority=False)

    def _prepare(self, owner: str, request: CompletionRequest, param: str) -> Completion:
        model = self._catalog.load(request.model, owner)
        context, fewest = model.config.max_position_embeddings, model.tokenizer.min_tokens(request.messages)
        if fewest >= context:  # a prompt of megabytes is rejected before it takes seconds that others wait for
            raise _too_long(context, f"at least {fewest}", param)
        prompt = model.tokenizer.encode_prompt(request.messages)
        if len(prompt) >= context:
            raise _too_long(context, str(len(prompt)), param)
        return Completion(request, model, prompt)


def _too_long(context: int, tokens: str, param: str) -> ApiError:
    return invalid_request(
        f"This model's maximum context length is {context} tokens. However, your messages resulted in "
        f"{tokens} tokens. Please reduce the length of the messages; the answer needs room too.",
        param=param,
        code="context_length_exceeded",
    )
