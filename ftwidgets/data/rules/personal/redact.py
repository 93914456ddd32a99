"""Stretches of a text that should not be there: where they are, how to name them without telling them, how to replace them.

Left out: finding them.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ftwidgets.data.text import printable


class Span(NamedTuple):
    """`text[start:end]`, and what it looks like, for people."""

    start: int
    end: int
    what: str


Finder = Callable[[str], list[Span]]


def masked(value: str) -> str:
    """Return enough of a secret to find it again and too little to use it: at most its first 4 and last 2 characters.

    The shorter it is, the less is shown: never more than about a fourth of it.
    """
    head, tail = min(4, len(value) // 6), min(2, len(value) // 12)
    return printable(f"{value[:head]}…{value[len(value) - tail :] if tail else ''}")


def masked_address(value: str) -> str:
    """Return an e-mail address with one character before the @ left in it."""
    name, _, host = value.rpartition("@")
    return f"{name[:1]}…@{host}"


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order; of two that overlap the one that begins first, and of those the longer."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def replaced(text: str, find: Finder, mark: str) -> str:
    """Return the text with each found stretch replaced by `mark`, again and again until nothing is found.

    Ends, because no mark is itself found and each round takes at least one stretch away.
    """
    while spans := without_overlaps(find(text)):
        pieces: list[str] = []
        at = 0
        for span in spans:
            pieces += [text[at : span.start], mark]
            at = span.end
        text = "".join([*pieces, text[at:]])
    return text
