"""The rule about duplicate rows: exact ones, and those that differ only in whitespace, case or Unicode form.

Rows are compared by columns of hashes, eight bytes a row. Left out: rows that are similar (`near_duplicates`).
"""

from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rows import RowBatch, RowLookup
from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


DROP_REPEATS = FixType("drop-repeats", "keep one of each repeated row")
DUPLICATE_ROW = FindingType(
    "duplicate-row", "warning", title="A duplicate row",
    why="A duplicate counts twice in training. If one copy lands in the validation file, the model has already seen "
        "it. The files that prepare writes have it once.",
    fix="Delete one of them; the files that prepare writes have it once.", repair=DROP_REPEATS,
)  # fmt: skip
SAME_BUT_BLANKS = FindingType(
    "same-but-blanks", "warning", title="A duplicate row but for whitespace or capital letters",
    why="It counts twice in training, as an exact duplicate does.",
    fix="Delete one of them.", repair=DROP_REPEATS,
)  # fmt: skip


class Duplicates:
    """The rules duplicate-row and same-but-blanks: prompt, completion and system prompt together.

    After `finalize`, `dropped` are the positions of exact duplicates after the first. Two hashes of eight bytes are kept of
    each row: two different rows have the same hash by chance once in 10**19 pairs.
    """

    def __init__(self) -> None:
        self.dropped: list[int] = []
        self._exact = array("q")
        self._normalized = array("q")

    def update(self, batch: RowBatch) -> Iterable[tuple[int, Finding]]:
        """Keep two hashes of each row."""
        import numpy as np

        rows = zip(batch.prompts, batch.completions, batch.systems, strict=True)
        self._exact.extend(map(hash, rows))
        systems = np.fromiter(map(system_hash, batch.systems), dtype=np.int64, count=len(batch.systems))
        self._normalized.frombytes(combine_hashes(batch.prompt_hashes, batch.completion_hashes, systems).tobytes())
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield for each duplicate the row that it duplicates."""
        import numpy as np

        exact, normalized = first_occurrences(as_array(self._exact)), first_occurrences(as_array(self._normalized))
        here = np.arange(len(exact))
        is_exact = exact != here
        self.dropped = np.flatnonzero(is_exact).tolist()
        for position in np.flatnonzero(normalized != here).tolist():
            if is_exact[position]:
                message = f"The row is a duplicate of {lookup.where(int(exact[position]))}."
                fix = "Nothing to do if you use prepare: it writes the row once. If you train on the file as it is, delete one."
                yield position, DUPLICATE_ROW(message, fix)
            else:
                message = (
                    f"The row differs from {lookup.where(int(normalized[position]))} only in whitespace, case or Unicode form."
                )
                fix = "Delete one of them: both are used, so the pair counts twice in training."
                yield position, SAME_BUT_BLANKS(message, fix)


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
