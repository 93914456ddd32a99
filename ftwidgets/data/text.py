"""Normalize texts for comparison, and quote, cut and count them for messages."""

import unicodedata
from collections.abc import Iterable, Sequence

# For ASCII text, `str.casefold` and the whitespace of `str.split` as one table of bytes.
_LOWER = bytes(32 if code in (9, 10, 11, 12, 13, 28, 29, 30, 31) else code for code in range(256)).lower()


def normalize(text: str) -> str:
    """Return `text` without differences of case, whitespace and Unicode form (NFKC): equal results mean equal prompts."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def normalize_all(texts: Sequence[str]) -> list[bytes]:
    """Return each text normalized, as UTF-8 (a lone surrogate as its three bytes).

    ASCII texts are joined and normalized together as bytes, about three times as fast as one by one.
    """
    if not texts:
        return []
    import numpy as np

    joined = "\0".join(texts)
    if joined.count("\0") != len(texts) - 1:  # a text contains the separator
        return [normalize(text).encode("utf-8", "surrogatepass") for text in texts]
    if not joined.isascii():
        joined = "\0".join(text if text.isascii() else normalize(text) for text in texts)
    data = joined.encode("utf-8", "surrogatepass").translate(_LOWER)
    parts = data.split(b"\0")
    chars = np.frombuffer(b"\0" + data + b"\0", dtype=np.uint8)
    space = (chars == 32) | (chars == 0)
    pairs = np.flatnonzero(space[1:] & space[:-1])  # where a text begins or ends with a space, or has two together
    ends = np.flatnonzero(chars == 0)
    for index in np.unique(np.searchsorted(ends, pairs, side="right") - 1).tolist():
        parts[index] = b" ".join(filter(None, parts[index].split(b" ")))
    return parts


def printable(text: str, limit: int = 60) -> str:
    """Return `text` cut to `limit` characters, with control and other unprintable characters escaped."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def whole_characters(text: str) -> str:
    """Return `text` with the two halves of a character (surrogates) joined, and a lone half replaced: else it is no UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


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
