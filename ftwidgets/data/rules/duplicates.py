"""Rows that are there twice: exactly, or but for blanks, case and Unicode form.

Left out: rows that are merely similar (`near`).
"""

from array import array
from collections.abc import Iterable, Iterator

from ftwidgets.data.rows import Batch, Fault, Known
from ftwidgets.data.rules.number_columns import firsts, mixed, numbers, system_key


class Repeats:
    """The rules duplicate-row and same-but-blanks: prompt, completion and system prompt together.

    `dropped` are the positions of exact repeats after the first, and `alike` those of rows that differ from an earlier
    one only in blanks, case or Unicode form; both are filled by `finish`. Of a row, two keys of eight bytes are kept: two
    different rows have one key by chance once in 10**19 pairs.
    """

    def __init__(self) -> None:
        self.dropped: list[int] = []
        self.alike: list[int] = []
        self._exact = array("q")
        self._folded = array("q")

    def see(self, batch: Batch) -> Iterable[tuple[int, Fault]]:
        """Keep two keys of each row."""
        import numpy as np

        rows = zip(batch.prompts, batch.completions, batch.systems, strict=True)
        self._exact.extend(map(hash, rows))
        systems = np.fromiter(map(system_key, batch.systems), dtype=np.int64, count=len(batch.systems))
        self._folded.frombytes(mixed(batch.prompt_keys, batch.completion_keys, systems).tobytes())
        return ()

    def finish(self, known: Known) -> Iterator[tuple[int | None, Fault]]:
        """Say of each repeat which row it repeats."""
        import numpy as np

        exact, folded = firsts(numbers(self._exact)), firsts(numbers(self._folded))
        here = np.arange(len(exact))
        repeated = exact != here
        self.dropped = np.flatnonzero(repeated).tolist()
        self.alike = np.flatnonzero((folded != here) & ~repeated).tolist()
        for position in np.flatnonzero(folded != here).tolist():
            if repeated[position]:
                yield position, _duplicate(known.where(int(exact[position])))
            else:
                yield position, _alike(known.where(int(folded[position])))


def _duplicate(where: str) -> Fault:
    return Fault(
        "duplicate-row",
        "warning",
        f"The row says the same as {where}; it is used once.",
        "Delete one of them; a row that is there twice counts twice in training.",
        repair="drop-repeats",
    )


def _alike(where: str) -> Fault:
    return Fault(
        "same-but-blanks",
        "warning",
        f"The row differs from {where} only in blanks, case or Unicode form.",
        "Keep the better one; a row that is there twice counts twice in training.",
        repair="drop-repeats",
    )
