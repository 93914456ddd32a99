"""The body of one request, as it comes in: not too large, and not too slowly.

A body may come with its length or without; what counts is what arrives. Who sends next to nothing for long is cut off (Apache's
mod_reqtimeout does the same: so many seconds, and more for what has arrived). Left out: the head of a request (`connections`).
"""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive

from ftwidgets.sandbox.api_errors import ApiError

SECONDS = 20.0
PACE = 2000  # bytes a second; slower than this is too slow, once the first seconds are over

TOO_LARGE = "The body of this request is larger than {most} bytes, which is the most that this server takes. Send less at once."
TOO_SLOW = "The body of this request came too slowly: {size} bytes in {seconds:.0f} s. Try again over a better connection."


def too_large(most: int) -> ApiError:
    """Make the refusal of a body that is too large."""
    return ApiError(413, TOO_LARGE.format(most=most), code="request_too_large")


class Body:
    """Hands on what a client sends, and refuses it as soon as it is too much or too slow.

    Parameters
    ----------
    receive
        Where it comes from.
    most
        Bytes it may have.
    seconds
        How long it may take beside what `PACE` allows for.
    """

    def __init__(self, receive: Receive, most: int, *, seconds: float = SECONDS) -> None:
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._size = 0
        self._began = asyncio.get_running_loop().time()
        self._whole = False

    async def receive(self) -> Message:
        """Give the next message.

        Raises
        ------
        ApiError
            413 or 408.
        """
        if self._whole:  # nothing but the end of the connection is left to come
            return await self._receive()
        allowed = self._seconds + self._size / PACE
        try:
            async with asyncio.timeout_at(self._began + allowed):
                message = await self._receive()
        except TimeoutError as error:
            raise ApiError(408, TOO_SLOW.format(size=self._size, seconds=allowed), code="request_timeout") from error
        if message["type"] != "http.request":
            return message
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self._most:
            raise too_large(self._most)
        return message
