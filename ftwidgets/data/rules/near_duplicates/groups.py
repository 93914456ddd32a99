"""Groups of prompts that are nearly the same: candidates read again and compared, and all that hang together joined.

Left out: what is said about a group (`near`).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ftwidgets.data.rows import RowLookup, TrainingRow
from ftwidgets.data.rules.near_duplicates.candidates import Pairs, close, overlapping, unlike_in_size
from ftwidgets.data.rules.near_duplicates.compare import Likeness, compare
from ftwidgets.data.rules.near_duplicates.fingerprints import Sketches
from ftwidgets.data.rules.near_duplicates.normalize import Wording, wording
from ftwidgets.data.rules.number_columns import system_key
from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 4096
"""Pairs whose prompts are read again in one go."""

TRIED = 16
"""Pairs of a crowd that are tried; if half of them are alike, all neighbours in it are compared."""

SAMPLE, SHARE, HOPELESS = 1000, 20, 10
"""Of pairs that share one band only, a thousand are tried first, or one for twenty rows where that is more; if less than a
tenth of them are alike, the others are let be."""


@dataclass
class Groups:
    """For each row the first row of its group; and pairs of nearly the same prompts with different answers."""

    tops: "NDArray[np.int64]"
    contradictions: list[tuple[int, int]] = field(default_factory=list)
    capped: bool = False


def grouped(first: "NDArray[np.int64]", sketches: Sketches, known: RowLookup) -> Groups:
    """Return the groups of rows with the same or nearly the same prompt.

    Parameters
    ----------
    first
        For each row the first row with the same prompt, folded.
    sketches
        The sketches of the prompts.
    known
        The rows, to look at candidates.
    """
    rows = np.flatnonzero(first == np.arange(len(first)))  # of equal prompts, the first speaks for all
    joining = _Joining(sketches, known, len(rows))
    likely = close(sketches, rows)
    joining.look(likely)
    surer, less_sure, crowds = overlapping(sketches, rows)
    joining.look(surer)
    joining.try_out(less_sure)
    for crowd in crowds:
        joining.look_into(crowd)
    tops = joining.tops(len(first))[first]
    return Groups(tops, sorted(joining.contradictions), likely.capped or joining.capped)


class _Joining:
    """Disjoint sets (union-find with path halving; the smaller number is the top) over the pairs that prove alike."""

    def __init__(self, sketches: Sketches, known: RowLookup, rows: int) -> None:
        self._sketches, self._known, self._rows = sketches, known, rows
        self._above: dict[int, int] = {}
        self.contradictions: list[tuple[int, int]] = []
        self._contradicting: set[int] = set()
        self.capped = False

    def look(self, pairs: Pairs) -> int:
        """Compare the prompts of each pair that does not hang together yet; return how many are alike."""
        n_alike = 0
        for start in range(0, len(pairs.one), CHUNK):
            some = slice(start, start + CHUNK)
            n_alike += self._compare(pairs.one[some].tolist(), pairs.other[some].tolist())
        return n_alike

    def try_out(self, pairs: Pairs) -> None:
        """Compare some of the pairs; and all, if one in ten of those proves alike."""
        n = len(pairs.one)
        some = np.arange(0, n, max(1, n // max(SAMPLE, self._rows // SHARE)))
        if HOPELESS * self.look(Pairs(pairs.one[some], pairs.other[some])) >= len(some):
            self.look(pairs)
        else:
            self.capped |= len(some) < n

    def look_into(self, crowd: "NDArray[np.int64]") -> None:
        """Compare neighbours in a crowd, if those tried first are alike; if they are not, it is a template."""
        pairs = unlike_in_size(self._sketches, [Pairs(crowd[:-step], crowd[step:]) for step in (1, 2)])
        n = len(pairs.one)
        tried = np.arange(0, n, max(1, n // TRIED))
        if 2 * self.look(Pairs(pairs.one[tried], pairs.other[tried])) >= len(tried):
            self.look(pairs)
        else:
            self.capped |= len(tried) < n

    def _compare(self, ones: list[int], others: list[int]) -> int:
        open_pairs = [(a, b) for a, b in zip(ones, others, strict=True) if self._top(a) != self._top(b)]
        positions = sorted({position for pair in open_pairs for position in pair})
        items = dict(zip(positions, self._known.read(positions), strict=True)) if positions else {}
        said: dict[int, Wording] = {}
        n_alike = len(ones) - len(open_pairs)
        for a, b in open_pairs:
            if self._top(a) == self._top(b):
                n_alike += 1
                continue
            for position in (a, b):
                if position not in said:
                    said[position] = wording(items[position].prompt)
            likeness = compare(said[a], said[b], self._sketches.frequency, self._rows)
            if likeness is not Likeness.NOT:
                n_alike += 1
                self._join(a, b)
            if likeness is Likeness.SAME and b not in self._contradicting and _contradict(items[a], items[b]):
                self._contradicting.add(b)
                self.contradictions.append((b, a))
        return n_alike

    def _top(self, row: int) -> int:
        above = self._above
        while (up := above.get(row, row)) != row:
            above[row] = row = above.get(up, up)
        return row

    def _join(self, a: int, b: int) -> None:
        low, high = sorted((self._top(a), self._top(b)))
        self._above[high] = low

    def tops(self, n: int) -> "NDArray[np.int64]":
        """Return for each row the first of its group."""
        tops = np.arange(n)
        for row in self._above:
            tops[row] = self._top(row)
        return tops


def _contradict(one: TrainingRow, other: TrainingRow) -> bool:
    if system_key(one.system) != system_key(other.system):
        return False
    return normalize(one.completion) != normalize(other.completion)
