"""Fold many texts at once, and give each a number that stands for it: equal for texts that `normalize` makes equal.

ASCII texts are folded together, as bytes, about three times as fast as one by one.

Left out: what the keys are compared for.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOWER = bytes(32 if code in (9, 10, 11, 12, 13, 28, 29, 30, 31) else code for code in range(256)).lower()


def folded(texts: Sequence[str]) -> list[bytes]:
    """Return `normalize` of each text, as UTF-8 (a lone surrogate as its three bytes)."""
    if not texts:
        return []
    joined = "\0".join(texts)
    if joined.count("\0") != len(texts) - 1:  # somebody's text has one, so it cannot part them
        return [normalize(text).encode("utf-8", "surrogatepass") for text in texts]
    if not joined.isascii():
        joined = "\0".join(text if text.isascii() else normalize(text) for text in texts)
    raw = joined.encode("utf-8", "surrogatepass").translate(_LOWER)
    parts = raw.split(b"\0")
    for index in _with_blanks_to_spare(raw):
        parts[index] = b" ".join(filter(None, parts[index].split(b" ")))
    return parts


def _with_blanks_to_spare(raw: bytes) -> list[int]:
    """Return which of the texts, parted by zero bytes, begin or end with a blank or have two together."""
    import numpy as np

    chars = np.frombuffer(b"\0" + raw + b"\0", dtype=np.uint8)
    blank = (chars == 32) | (chars == 0)
    twice = np.flatnonzero(blank[1:] & blank[:-1])
    if not len(twice):
        return []
    ends = np.flatnonzero(chars == 0)
    which: list[int] = np.unique(np.searchsorted(ends, twice, side="right") - 1).tolist()
    return which


def keys(texts: Sequence[bytes]) -> "NDArray[np.int64]":
    """Return Python's hash of each: 64 bits (SipHash), of use in this process only, as its seed is another in the next."""
    import numpy as np

    return np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
