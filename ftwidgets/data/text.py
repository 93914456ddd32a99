"""Small pieces of wording: quoted excerpts, plurals, and the folding under which two texts count as the same.

Left out: near-duplicates (texts that differ by more than case, blanks and Unicode form).
"""

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Return `text` without differences of case, blanks and Unicode form: what makes two prompts the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def visible(text: str, limit: int = 60) -> str:
    """Return `text` cut to `limit` characters, with nothing in it that could upset a terminal."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def quoted(text: str, limit: int = 60) -> str:
    """Return `text` in double quotes, made visible."""
    return f'"{visible(text, limit)}"'


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Return quoted names with commas, and how many more there are beyond `limit`."""
    all_names = [quoted(name, 40) for name in names]
    rest = len(all_names) - limit
    return ", ".join(all_names[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def counted(number: int, noun: str) -> str:
    """Return `1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
