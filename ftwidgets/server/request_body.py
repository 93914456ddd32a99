"""Reading the body of a request within limits: not too large (413) and not too slowly (408).

The limits hold for the bytes that arrive, whether or not the request declares a length. A client that sends next to nothing for
long is cut off: it has some seconds, and more for what has arrived (as Apache's mod_reqtimeout does). The time for the head of
a request is limited in `connections`.
"""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

from ftwidgets.sandbox.api_errors import ApiError

SECONDS = 20.0
MIN_RATE = 2000  # bytes a second; a body that is slower is too slow, once the first seconds are over

TOO_LARGE = "The body of this request is larger than {limit} bytes, the most that this server takes. Send less at once."
TOO_SLOW = "The body of this request came too slowly: {size} bytes in {seconds:.0f} s. Try again over a better connection."


def body_too_large(limit: int) -> ApiError:
    """Make the 413 for a body that is too large."""
    return ApiError(413, TOO_LARGE.format(limit=limit), code="request_too_large")


class LimitedBody:
    """Receives a body, and raises an error as soon as it has over `limit` bytes or is too slow.

    It may take `seconds`, in addition to what `MIN_RATE` allows for.
    """

    def __init__(self, receive: Receive, limit: int, *, seconds: float = SECONDS) -> None:
        self._receive, self._limit, self._seconds = receive, limit, seconds
        self._size = 0
        self._began = asyncio.get_running_loop().time()
        self._complete = False

    async def receive(self) -> Message:
        """Return the next message, or raise the 413 or 408."""
        if self._complete:  # only the end of the connection can come now
            return await self._receive()
        allowed = self._seconds + self._size / MIN_RATE
        try:
            async with asyncio.timeout_at(self._began + allowed):
                message = await self._receive()
        except TimeoutError as error:
            raise ApiError(408, TOO_SLOW.format(size=self._size, seconds=allowed), code="request_timeout") from error
        if message["type"] != "http.request":
            return message
        self._size += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._size > self._limit:
            raise body_too_large(self._limit)
        return message

    async def read(self) -> bytes:
        """Read the whole body."""
        chunks, more = [], True
        while more:
            message = await self.receive()
            chunks.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(chunks)
