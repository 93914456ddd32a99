"""Answers of one model that are generated together: each step reads the model's weights once, for all of them.

Reading the weights of a large model is most of the work: ten answers together take little longer than one. An answer that
needs a token and finds none waiting makes a step for all; so there is no thread of its own, and nothing is generated that
nobody reads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING

from anyio import Lock

from ftwidgets.sandbox.inference.priority_queue import PriorityQueue

if TYPE_CHECKING:
    from ftwidgets.engine import Generation, Piece

PIECES_AHEAD = 8  # of an answer that is read more slowly than others are written


class AnswerBatch:
    """The answers that one model is writing.

    Parameters
    ----------
    queue
        Where the work is done.
    """

    def __init__(self, queue: PriorityQueue) -> None:
        self._queue = queue
        self._running: list[Generation] = []
        self._turn = Lock()

    async def pieces(self, generation: Generation) -> AsyncIterator[list[Piece]]:
        """Generate an answer together with the others, a few pieces at a time; it leaves when nobody asks for the next ones."""
        from ftwidgets.engine import advance

        self._running.append(generation)
        try:
            while generation.ready or not generation.ended:
                if not generation.ready:
                    async with self._turn:
                        if not generation.ready and not generation.ended:  # the step of another may have brought a piece
                            wanted = [one for one in self._running if not one.ended and len(one.ready) < PIECES_AHEAD]
                            await self._queue.run(partial(advance, wanted), priority=True)
                else:
                    yield [generation.ready.popleft() for _ in range(len(generation.ready))]
        finally:
            self._running.remove(generation)
