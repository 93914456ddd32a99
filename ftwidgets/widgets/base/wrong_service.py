"""Calls to something that need not be the service it is taken for: what answers in its own way is said in a sentence.

Left out: the failures that the `openai` client reports itself; `words.failure` puts those.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ftwidgets.errors import FtwidgetsError


@contextmanager
def understood() -> Iterator[None]:
    """Say it where the client stumbles over an answer, such as a page of HTML at a mistyped address.

    Raises
    ------
    FtwidgetsError
        Instead of what the client stumbled with, which may hold the answer, and that the key.
    """
    try:
        yield
    except (AttributeError, TypeError, ValueError):
        told = "something answers at this address, but not in the way of OpenAI's API. The address often ends in /v1."
        raise FtwidgetsError(told) from None
