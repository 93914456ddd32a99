"""Group prompts that are nearly the same: find candidate pairs, compare them, and join those that prove alike by union-find.

Candidates (blocking): sorted by a key of their fingerprints, prompts that share it are neighbours. Each is paired with at
most 64 of them, in the order of their letter sums, so that a template which fills half the file costs no more than any row.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftwidgets.data.rows import RowLookup
from ftwidgets.data.rules.duplicates import system_hash
from ftwidgets.data.rules.near_duplicates.compare import Frequency, NormalizedPrompt, Similarity, compare, normalize_prompt
from ftwidgets.data.rules.near_duplicates.fingerprints import BANDS, Fingerprints
from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]


MAX_NEIGHBOURS = 64  # how many prompts with the same key each prompt is paired with at most
MAX_PARTNERS = 8  # how many pairs of one key are kept of a prompt and those before it: a group needs no more to hang together
MAX_LETTERS = 4  # letters in which the two prompts of a pair may differ: a typo changes at most 2, another word mostly more
LETTERS_OF_A_WORD = 8  # a word rarely has more letters; one extra word is allowed for besides

# With more long prompts than this in one band, a few pairs are tried first; if few of these are alike, it is a template.
MAX_BAND_SIZE = 256

BAND_STEPS = 4  # long prompts of one band are paired with so many that follow them in the band


class CandidatePairs(NamedTuple):
    """Pairs of rows to compare, as positions (`one` below `other`), and whether some pairs may be missing."""

    one: "Ints"
    other: "Ints"
    capped: bool = False


def block_by_sums(fingerprints: Fingerprints, rows: "Ints") -> CandidatePairs:
    """Return pairs of the rows with equal prefix sums, suffix sums or letter sums, and nearly the same letters.

    They include all pairs that differ only in wording (`compare.Similarity.SAME`).
    """
    letters = fingerprints.letter_sums[rows]
    keys = (fingerprints.prefix_sums[rows], fingerprints.suffix_sums[rows], letters)
    return _merge([_pair_neighbours(key, letters, rows) for key in keys])


def block_by_bands(fingerprints: Fingerprints, rows: "Ints") -> tuple[CandidatePairs, CandidatePairs, list["Ints"]]:
    """Return pairs of long prompts that share two bands or more, pairs that share one, and the crowds.

    A crowd is the rows of a band that more than 256 rows share. The prompts of a pair have different numbers of content words.
    """
    found, crowds = [], []
    for band in range(BANDS):
        order, key = _sort_shared_keys(fingerprints.bands[rows, band])
        if not len(order):
            continue
        bounds = np.append(np.append(0, np.flatnonzero(np.diff(key)) + 1), len(order))
        sizes = np.diff(bounds)
        crowds += [rows[order[bounds[i] : bounds[i + 1]]] for i in np.flatnonzero(sizes > MAX_BAND_SIZE)]
        few = np.repeat(sizes <= MAX_BAND_SIZE, sizes)
        order, key = order[few], key[few]
        for step in range(1, BAND_STEPS + 1):
            same = np.flatnonzero(key[step:] == key[:-step])
            found.append(CandidatePairs(rows[order[same]], rows[order[same + step]]))
    pairs = filter_by_size(fingerprints, found)
    shared = (fingerprints.bands[pairs.one] == fingerprints.bands[pairs.other]).sum(axis=1)
    likely, unlikely = (CandidatePairs(pairs.one[some], pairs.other[some]) for some in (shared > 1, shared == 1))
    return likely, unlikely, crowds


def filter_by_size(fingerprints: Fingerprints, found: list[CandidatePairs]) -> CandidatePairs:
    """Return each pair once in which one prompt may have all content words of the other and some more.

    Prompts with equally many words are alike only if they differ in wording alone, and `block_by_sums` has those pairs. Of the
    others, pairs go that differ in more letters than the additional words can have.
    """
    pairs = _merge(found)
    n_words, letters = fingerprints.n_words, fingerprints.letter_sums
    more = np.abs(n_words[pairs.one].astype(np.int64) - n_words[pairs.other])
    differing = letter_distance(letters[pairs.one], letters[pairs.other])
    some = (more > 0) & (differing <= LETTERS_OF_A_WORD * (more + 1))
    return CandidatePairs(pairs.one[some], pairs.other[some])


def _sort_shared_keys(key: "NDArray[Any]") -> tuple["Ints", "NDArray[Any]"]:
    """Return the positions of all keys that occur twice or more and are not 0, sorted by key and position, and these keys."""
    places = np.flatnonzero(key)
    order = places[np.argsort(key[places])]
    keys = key[order]
    same = keys[1:] == keys[:-1]
    order = order[np.append(same, False) | np.append(False, same)] if len(order) else order
    order = order[np.lexsort((order, key[order]))]
    return order, key[order]


def _pair_neighbours(key: "Words", letter_sums: "Words", rows: "Ints") -> CandidatePairs:
    """Return pairs with the same key and nearly the same letters: each row with up to 64 that follow it in letter order."""
    order, keys = _sort_shared_keys(key)
    order = order[np.lexsort((letter_sums[order], keys))]
    letters = letter_sums[order]
    ones, others = [], []
    partners = np.zeros(len(order), dtype=np.int8)
    here = np.arange(len(order))
    for step in range(1, MAX_NEIGHBOURS + 1):
        here = here[: np.searchsorted(here, len(order) - step)]
        here = here[keys[here] == keys[here + step]]  # the others have no neighbour so far away
        if not len(here):
            break
        near = here[letter_distance(letters[here], letters[here + step]) <= MAX_LETTERS]
        near = near[partners[near + step] < MAX_PARTNERS]
        partners[near + step] += 1
        ones.append(rows[order[near]])
        others.append(rows[order[near + step]])
    none = np.zeros(0, dtype=np.int64)
    return CandidatePairs(np.concatenate([none, *ones]), np.concatenate([none, *others]), capped=len(here) > 0)


def letter_distance(one: "Words", other: "Words") -> "Ints":
    """Return in how many letters the prompts of two letter sums differ, about.

    A letter sum is a sum of powers of four, one for each letter. So the distance is the least number of powers of two to add
    or subtract to come from one sum to the other: the number of non-zero digits of the difference in non-adjacent form
    (Reitwiesner 1960), which are the bits in which (difference // 2) and (difference // 2 + difference) differ.
    """
    difference = (one - other).view(np.int64)
    half = difference >> 1
    return popcount((half ^ (half + difference)).view(np.uint64))


def popcount(numbers: "Words") -> "NDArray[np.int64]":
    """Return how many bits are set in each number, as `bitwise_count` of numpy 2.0 does (Warren, Hacker's Delight, 5-1)."""
    one, two, four = (np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F))
    numbers = numbers - ((numbers >> np.uint64(1)) & one)
    numbers = (numbers & two) + ((numbers >> np.uint64(2)) & two)
    numbers = (numbers + (numbers >> np.uint64(4))) & four
    return ((numbers * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int64)


def _merge(found: list[CandidatePairs]) -> CandidatePairs:
    """Return the pairs of several searches, each once, sorted by their later row."""
    none = np.zeros(0, dtype=np.int64)
    one, other = np.concatenate([none, *(pairs.one for pairs in found)]), np.concatenate([none, *(p.other for p in found)])
    low, high = np.minimum(one, other), np.maximum(one, other)
    span = int(high.max(initial=0)) + 1
    codes = np.unique(high * span + low)
    return CandidatePairs(codes % span, codes // span, any(pairs.capped for pairs in found))


PAIRS_TOGETHER = 4096  # pairs whose prompts are read again together
CROWD_SAMPLE = 16  # pairs of a crowd that are compared first; if half of them are alike, all neighbours in it are compared

MIN_SAMPLE, SAMPLE_ONE_IN, MIN_ALIKE_ONE_IN = 1000, 20, 10
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
    """Return the groups of rows with the same or nearly the same prompt; the rows of candidates are read again.

    `first` has for each row the first row with the same normalized prompt.
    """
    rows = np.flatnonzero(first == np.arange(len(first)))  # one row for each normalized prompt
    grouping = _Grouping(fingerprints.frequency, lookup, len(rows))
    by_sums = block_by_sums(fingerprints, rows)
    grouping.compare_pairs(by_sums)
    likely, unlikely, crowds = block_by_bands(fingerprints, rows)
    grouping.compare_pairs(likely)
    grouping.compare_sampled(unlikely, max(MIN_SAMPLE, len(rows) // SAMPLE_ONE_IN), MIN_ALIKE_ONE_IN)
    for crowd in crowds:  # if the neighbours compared first are not alike, the crowd is a template
        neighbours = [CandidatePairs(crowd[:-step], crowd[step:]) for step in (1, 2)]
        grouping.compare_sampled(filter_by_size(fingerprints, neighbours), CROWD_SAMPLE, 2)
    roots = grouping.roots(len(first))[first]
    return Groups(roots, sorted(grouping.contradictions), by_sums.capped or grouping.capped)


class _Grouping:
    """A union-find over rows: each pair that proves alike joins two sets. The root of a set is its first row."""

    def __init__(self, frequency: Frequency, lookup: RowLookup, n_rows: int) -> None:
        self._frequency, self._lookup, self._n_rows = frequency, lookup, n_rows
        self._parent: dict[int, int] = {}  # of rows that are no root
        self.contradictions: list[tuple[int, int]] = []
        self._contradicting: set[int] = set()
        self.capped = False

    def compare_pairs(self, pairs: CandidatePairs) -> int:
        """Compare the prompts of each pair, unless they are in one set already; return how many pairs are alike."""
        chunks = [slice(start, start + PAIRS_TOGETHER) for start in range(0, len(pairs.one), PAIRS_TOGETHER)]
        return sum(self._compare_chunk(pairs.one[chunk].tolist(), pairs.other[chunk].tolist()) for chunk in chunks)

    def compare_sampled(self, pairs: CandidatePairs, sample_size: int, least: int) -> None:
        """Compare a sample of the pairs, and all of them if at least one in `least` of the sample proves alike."""
        n = len(pairs.one)
        sample = np.arange(0, n, max(1, n // sample_size))
        if least * self.compare_pairs(CandidatePairs(pairs.one[sample], pairs.other[sample])) >= len(sample):
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
            similarity = compare(prompts[a], prompts[b], self._frequency, self._n_rows)
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
