"""Columns of numbers that grow batch by batch, and where in them each number was first, which all group rules ask.

Left out: what the numbers stand for.
"""

from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def numbers(column: "array[int]") -> "NDArray[np.int64]":
    """Return a column of eight-byte numbers as a numpy array."""
    import numpy as np

    return np.array(column, dtype=np.int64)


def firsts(keys: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return for each position the first position with the same key."""
    import numpy as np

    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(keys)
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    first = np.empty(len(keys), dtype=np.int64)
    first[order] = np.repeat(np.minimum.reduceat(order, starts), np.diff(np.append(starts, len(keys))))
    return first


def mixed(*columns: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return one key for several: a sum with odd factors, modulo 2**64, each round of it multiplied and shifted."""
    import numpy as np

    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        total = (total ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total.view(np.int64)


@lru_cache(maxsize=4096)
def system_key(system: str | None) -> int:
    """Return a key for a system prompt, the same for prompts that differ in case and blanks only."""
    return 0 if system is None else hash(normalize(system))
