"""Columns of hashes, eight bytes a row: combine them, and find where each hash occurs first."""

from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def as_array(column: "array[int]") -> "NDArray[np.int64]":
    """Return a column of eight-byte numbers as a numpy array."""
    import numpy as np

    return np.array(column, dtype=np.int64)


def first_occurrences(hashes: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return for each position the first position with the same hash: [7, 3, 7] gives [0, 1, 0]."""
    import numpy as np

    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(hashes)
    ordered = hashes[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    first = np.empty(len(hashes), dtype=np.int64)
    first[order] = np.repeat(np.minimum.reduceat(order, starts), np.diff(np.append(starts, len(hashes))))
    return first


def combine_hashes(*columns: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Return one hash for each row of several columns.

    For each column: exclusive or, times 2**64 divided by the golden ratio (an odd number, so no bit is lost), and the high
    bits shifted onto the low ones.
    """
    import numpy as np

    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        total = (total ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total.view(np.int64)


@lru_cache(maxsize=4096)
def system_hash(system: str | None) -> int:
    """Return a hash of the normalized system prompt; 0 if there is none."""
    return 0 if system is None else hash(normalize(system))
