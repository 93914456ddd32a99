"""Normalize texts for comparison, and quote, cut and count them for messages."""

import unicodedata
from collections.abc import Iterable


def normalize(text: str) -> str:
    """Return `text` without differences of case, whitespace and Unicode form (NFKC): equal results mean equal prompts."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def printable(text: str, limit: int = 60) -> str:
    """Return `text` cut to `limit` characters, with control and other unprintable characters escaped."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def quote(text: str, limit: int = 60) -> str:
    """Return `text` in double quotes, cut and escaped by `printable`."""
    return f'"{printable(text, limit)}"'


def join_names(names: Iterable[str], limit: int = 12) -> str:
    """Return the names quoted and joined by commas; beyond `limit` only how many more there are."""
    all_names = [quote(name, 40) for name in names]
    rest = len(all_names) - limit
    return ", ".join(all_names[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def pluralize(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
