"""Blocking: the pairs of prompts that share a key of their fingerprints, as candidates for a comparison.

Sorted by a key, prompts that share it are neighbours. Each is paired with at most 64 of them, in the order of their letter
sums, so that a template which fills half the file costs no more than any other row.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftwidgets.data.rules.near_duplicates.fingerprints import BANDS, Fingerprints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

NEIGHBOURS = 64
"""How many prompts with the same key each prompt is paired with at most."""

PARTNERS = 8
"""How many pairs of one key are kept of a prompt and those before it: a group needs no more to hang together."""

LETTERS = 4
"""Letters in which the two prompts of a pair may differ: a typo changes at most 2, another word mostly more."""

LETTERS_OF_A_WORD = 8
"""A word rarely has more letters; one extra word is allowed for besides."""

CROWD = 256
"""With more long prompts than this in one band, a few pairs are tried first; if few of these are alike, it is a template."""

STEPS = 4
"""Long prompts of one band are paired with so many that follow them in the band."""


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
        crowds += [rows[order[bounds[i] : bounds[i + 1]]] for i in np.flatnonzero(sizes > CROWD)]
        few = np.repeat(sizes <= CROWD, sizes)
        order, key = order[few], key[few]
        for step in range(1, STEPS + 1):
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
    for step in range(1, NEIGHBOURS + 1):
        here = here[: np.searchsorted(here, len(order) - step)]
        here = here[keys[here] == keys[here + step]]  # the others have no neighbour so far away
        if not len(here):
            break
        near = here[letter_distance(letters[here], letters[here + step]) <= LETTERS]
        near = near[partners[near + step] < PARTNERS]
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
