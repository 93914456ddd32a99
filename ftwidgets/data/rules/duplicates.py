"""Rows that are there twice: exactly, or but for blanks, case and Unicode form.

Left out: rows that are merely similar (`near`).
"""

from array import array
from collections.abc import Iterable, Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rows import Batch, RowLookup
from ftwidgets.data.rules.number_columns import firsts, mixed, numbers, system_key

DROP_REPEATS = FixType("drop-repeats", "keep one of each repeated row")
DUPLICATE_ROW = FindingType(
    "duplicate-row",
    "warning",
    title="A row that is there already",
    why=(
        "A row that is there twice counts twice in training. If one lands in the validation file, the model has "
        "seen it. It is used once."
    ),
    todo="Delete one of them.",
    fix=DROP_REPEATS,
)
SAME_BUT_BLANKS = FindingType(
    "same-but-blanks",
    "warning",
    title="The same row but for blanks or capital letters",
    why="It counts twice in training as an exact repeat does.",
    todo="Delete one of them.",
    fix=DROP_REPEATS,
)


class Repeats:
    """The rules duplicate-row and same-but-blanks: prompt, completion and system prompt together.

    `dropped` are the positions of exact repeats after the first, and `alike` those of rows that differ from an earlier
    one only in blanks, case or Unicode form; both are filled by `finalize`. Of a row, two keys of eight bytes are kept: two
    different rows have one key by chance once in 10**19 pairs.
    """

    def __init__(self) -> None:
        self.dropped: list[int] = []
        self.alike: list[int] = []
        self._exact = array("q")
        self._folded = array("q")

    def update(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Keep two keys of each row."""
        import numpy as np

        rows = zip(batch.prompts, batch.completions, batch.systems, strict=True)
        self._exact.extend(map(hash, rows))
        systems = np.fromiter(map(system_key, batch.systems), dtype=np.int64, count=len(batch.systems))
        self._folded.frombytes(mixed(batch.prompt_hashes, batch.completion_hashes, systems).tobytes())
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Say of each repeat which row it repeats."""
        import numpy as np

        exact, folded = firsts(numbers(self._exact)), firsts(numbers(self._folded))
        here = np.arange(len(exact))
        repeated = exact != here
        self.dropped = np.flatnonzero(repeated).tolist()
        self.alike = np.flatnonzero((folded != here) & ~repeated).tolist()
        for position in np.flatnonzero(folded != here).tolist():
            if repeated[position]:
                yield position, _duplicate(lookup.where(int(exact[position])))
            else:
                yield position, _alike(lookup.where(int(folded[position])))


def _duplicate(where: str) -> Finding:
    return DUPLICATE_ROW(
        f"The row says the same as {where}; it is used once.",
        "Delete one of them; a row that is there twice counts twice in training.",
    )


def _alike(where: str) -> Finding:
    return SAME_BUT_BLANKS(
        f"The row differs from {where} only in blanks, case or Unicode form.",
        "Keep the better one; a row that is there twice counts twice in training.",
    )
