"""Group prompts that are nearly the same: compare the candidate pairs, and join those that prove alike by union-find."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ftwidgets.data.rows import RowLookup
from ftwidgets.data.rules.hash_columns import system_hash
from ftwidgets.data.rules.near_duplicates.candidates import CandidatePairs, block_by_bands, block_by_sums, filter_by_size
from ftwidgets.data.rules.near_duplicates.compare import Similarity, compare
from ftwidgets.data.rules.near_duplicates.fingerprints import Fingerprints
from ftwidgets.data.rules.near_duplicates.normalize import NormalizedPrompt, normalize_prompt
from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 4096
"""Pairs whose prompts are read again together."""

TRIED = 16
"""Pairs of a crowd that are compared first; if half of them are alike, all neighbours in it are compared."""

SAMPLE, SHARE, HOPELESS = 1000, 20, 10
"""Of the pairs that share one band only, a sample is compared first: a thousand, or one for every twenty rows if that is more.
If less than a tenth of them are alike, the other pairs are skipped."""


@dataclass
class Groups:
    """For each row the first row of its group; and pairs of nearly the same prompts with different answers.

    `capped` tells whether some candidate pairs were skipped.
    """

    roots: "NDArray[np.int64]"
    contradictions: list[tuple[int, int]] = field(default_factory=list)
    capped: bool = False


def find_groups(first: "NDArray[np.int64]", fingerprints: Fingerprints, lookup: RowLookup) -> Groups:
    """Return the groups of rows with the same or nearly the same prompt.

    Parameters
    ----------
    first
        For each row the first row with the same normalized prompt.
    fingerprints
        The fingerprints of all prompts.
    lookup
        The rows, to read candidates again.
    """
    rows = np.flatnonzero(first == np.arange(len(first)))  # one row for each normalized prompt
    grouping = _Grouping(fingerprints, lookup, len(rows))
    by_sums = block_by_sums(fingerprints, rows)
    grouping.compare_pairs(by_sums)
    likely, unlikely, crowds = block_by_bands(fingerprints, rows)
    grouping.compare_pairs(likely)
    grouping.compare_sampled(unlikely)
    for crowd in crowds:
        grouping.compare_crowd(crowd)
    roots = grouping.roots(len(first))[first]
    return Groups(roots, sorted(grouping.contradictions), by_sums.capped or grouping.capped)


class _Grouping:
    """A union-find over rows: each pair that proves alike joins two sets. The root of a set is its first row."""

    def __init__(self, fingerprints: Fingerprints, lookup: RowLookup, n_rows: int) -> None:
        self._fingerprints, self._lookup, self._n_rows = fingerprints, lookup, n_rows
        self._parent: dict[int, int] = {}  # of rows that are no root
        self.contradictions: list[tuple[int, int]] = []
        self._contradicting: set[int] = set()
        self.capped = False

    def compare_pairs(self, pairs: CandidatePairs) -> int:
        """Compare the prompts of each pair, unless they are in one set already; return how many pairs are alike."""
        n_alike = 0
        for start in range(0, len(pairs.one), CHUNK):
            chunk = slice(start, start + CHUNK)
            n_alike += self._compare_chunk(pairs.one[chunk].tolist(), pairs.other[chunk].tolist())
        return n_alike

    def compare_sampled(self, pairs: CandidatePairs) -> None:
        """Compare a sample of the pairs, and all of them if one in ten of the sample proves alike."""
        n = len(pairs.one)
        sample = np.arange(0, n, max(1, n // max(SAMPLE, self._n_rows // SHARE)))
        if HOPELESS * self.compare_pairs(CandidatePairs(pairs.one[sample], pairs.other[sample])) >= len(sample):
            self.compare_pairs(pairs)
        else:
            self.capped |= len(sample) < n

    def compare_crowd(self, crowd: "NDArray[np.int64]") -> None:
        """Compare neighbours in a crowd, if those compared first are alike; if they are not, the crowd is a template."""
        pairs = filter_by_size(self._fingerprints, [CandidatePairs(crowd[:-step], crowd[step:]) for step in (1, 2)])
        n = len(pairs.one)
        sample = np.arange(0, n, max(1, n // TRIED))
        if 2 * self.compare_pairs(CandidatePairs(pairs.one[sample], pairs.other[sample])) >= len(sample):
            self.compare_pairs(pairs)
        else:
            self.capped |= len(sample) < n

    def _compare_chunk(self, ones: list[int], others: list[int]) -> int:
        pairs = [(a, b) for a, b in zip(ones, others, strict=True) if self._find(a) != self._find(b)]
        positions = sorted({position for pair in pairs for position in pair})
        rows = dict(zip(positions, self._lookup.read(positions), strict=True)) if positions else {}
        prompts: dict[int, NormalizedPrompt] = {}
        n_alike = len(ones) - len(pairs)
        for a, b in pairs:
            if self._find(a) == self._find(b):
                n_alike += 1
                continue
            for position in (a, b):
                if position not in prompts:
                    prompts[position] = normalize_prompt(rows[position].prompt)
            similarity = compare(prompts[a], prompts[b], self._fingerprints.frequency, self._n_rows)
            if similarity is not Similarity.DIFFERENT:
                n_alike += 1
                low, high = sorted((self._find(a), self._find(b)))
                self._parent[high] = low
            if similarity is Similarity.SAME and b not in self._contradicting:
                one, other = rows[a], rows[b]
                same_system = system_hash(one.system) == system_hash(other.system)
                if same_system and normalize(one.completion) != normalize(other.completion):
                    self._contradicting.add(b)
                    self.contradictions.append((b, a))
        return n_alike

    def _find(self, row: int) -> int:
        """Return the root of a row's set, and shorten the path to it (path halving)."""
        parent = self._parent
        while (up := parent.get(row, row)) != row:
            parent[row] = row = parent.get(up, up)
        return row

    def roots(self, n: int) -> "NDArray[np.int64]":
        """Return for each of `n` rows the first row of its group."""
        roots = np.arange(n)
        for row in self._parent:
            roots[row] = self._find(row)
        return roots
