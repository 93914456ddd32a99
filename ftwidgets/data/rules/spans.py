"""Spans of a text that should not be there: cut an excerpt around them, mask them for a message, replace them."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ftwidgets.data.text import printable


class Span(NamedTuple):
    """`text[start:end]`, and what it looks like, such as "an AWS access key ID"."""

    start: int
    end: int
    kind: str


def excerpt(text: str, at: int) -> str:
    """Return at most 60 characters of a text, beginning 30 before a position."""
    start = max(0, at - 30)
    return printable(text[start : start + 60], 60)


def and_more(spans: list[Span]) -> str:
    """Return ` and 2 more` where a message names only the first of three spans; empty for one span."""
    return f" and {len(spans) - 1:,} more" if len(spans) > 1 else ""


def mask(value: str) -> str:
    """Return enough of a secret to find it again and too little to use it: at most its first 4 and last 2 characters.

    The shorter it is, the less is shown: never more than about a fourth of it.
    """
    head, tail = min(4, len(value) // 6), min(2, len(value) // 12)
    return printable(f"{value[:head]}…{value[len(value) - tail :] if tail else ''}")


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order; of two that overlap the one that begins first, and of those the longer."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def redact(text: str, find: Callable[[str], list[Span]], placeholder: str) -> str:
    """Return the text with each span that `find` returns replaced by the placeholder, until it returns none.

    This ends, because no placeholder is itself found and each round removes at least one span.
    """
    while spans := without_overlaps(find(text)):
        pieces: list[str] = []
        at = 0
        for span in spans:
            pieces += [text[at : span.start], placeholder]
            at = span.end
        text = "".join([*pieces, text[at:]])
    return text
