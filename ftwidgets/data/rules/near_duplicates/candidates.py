"""Pairs of prompts that may be nearly the same, found by sorting sketches.

Sorted by a key, prompts that share it are neighbours; each is held against at most 64 of them, in the order of their
letters, so that a template which fills half the file costs no more than any other row.

Left out: looking at the prompts themselves (`near`).
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftwidgets.data.rules.near_duplicates.fingerprints import BANDS, Sketches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Words = NDArray[np.uint64]

NEIGHBOURS = 64
"""Prompts with the same key that one is held against."""

PARTNERS = 8
"""Pairs of one key that are kept of a prompt and those before it: a group needs no more to hang together."""

LETTERS = 4
"""Letters in which two prompts may differ: one slip makes 2 at most, another word mostly more."""

OF_A_WORD = 8
"""Letters of a word, rarely more; one word is allowed for besides."""

CROWD = 256
"""Long prompts that share a band: with more, a few are tried first, and if few of these are alike, it is a template."""

STEPS = 4
"""How far apart two long prompts of one band may be, in their order, to be tried."""


class Pairs(NamedTuple):
    """Candidates, as positions (`one` below `other`), and whether some may have been missed."""

    one: "Ints"
    other: "Ints"
    capped: bool = False


def close(sketches: Sketches, rows: "Ints") -> Pairs:
    """Return pairs of the rows whose content words have nearly the same letters, and the same heads, tails or letters.

    All pairs are among them that are the same but for their wording (`alike.Likeness.SAME`).
    """
    letters = sketches.letters[rows]
    return _together([_neighbours(key, letters, rows) for key in (sketches.heads[rows], sketches.tails[rows], letters)])


def overlapping(sketches: Sketches, rows: "Ints") -> tuple[Pairs, Pairs, list["Ints"]]:
    """Return pairs of long prompts that share two bands or more, pairs that share one, and the crowds.

    A crowd is the rows of a band that very many share. The two of a pair differ in how many content words they have.
    """
    found, crowds = [], []
    for band in range(BANDS):
        key = sketches.bands[rows, band]
        order, key = _shared(key)
        if not len(order):
            continue
        bounds = np.append(np.append(0, np.flatnonzero(np.diff(key)) + 1), len(order))
        sizes = np.diff(bounds)
        crowds += [rows[order[bounds[i] : bounds[i + 1]]] for i in np.flatnonzero(sizes > CROWD)]
        few = np.repeat(sizes <= CROWD, sizes)
        order, key = order[few], key[few]
        for step in range(1, STEPS + 1):
            same = np.flatnonzero(key[step:] == key[:-step])
            found.append(Pairs(rows[order[same]], rows[order[same + step]]))
    together = unlike_in_size(sketches, found)
    shared = (sketches.bands[together.one] == sketches.bands[together.other]).sum(axis=1)
    surer, less_sure = (Pairs(together.one[some], together.other[some]) for some in (shared > 1, shared == 1))
    return surer, less_sure, crowds


def unlike_in_size(sketches: Sketches, found: list[Pairs]) -> Pairs:
    """Return the pairs of several searches, each once, of which one may have all content words of the other and some more.

    Pairs as long as each other are alike only if they are the same but for their wording, and those are in `close`. Of
    the others, those are left out that differ in more letters than that many words have.
    """
    pairs = _together(found)
    sizes, letters = sketches.sizes, sketches.letters
    more = np.abs(sizes[pairs.one].astype(np.int64) - sizes[pairs.other])
    unlike = apart(letters[pairs.one], letters[pairs.other])
    some = (more > 0) & (unlike <= OF_A_WORD * (more + 1))
    return Pairs(pairs.one[some], pairs.other[some])


def _shared(key: "NDArray[Any]") -> tuple["Ints", "NDArray[Any]"]:
    """Return the places of all keys that are there twice or more and are not 0, sorted by key and place, and these keys."""
    places = np.flatnonzero(key)
    order = places[np.argsort(key[places])]
    keys = key[order]
    same = keys[1:] == keys[:-1]
    order = order[np.append(same, False) | np.append(False, same)] if len(order) else order
    order = order[np.lexsort((order, key[order]))]
    return order, key[order]


def _neighbours(key: "Words", sums: "Words", rows: "Ints") -> Pairs:
    order, keys = _shared(key)
    order = order[np.lexsort((sums[order], keys))]
    letters = sums[order]
    ones, others = [], []
    partners = np.zeros(len(order), dtype=np.int8)
    here = np.arange(len(order))
    for step in range(1, NEIGHBOURS + 1):
        here = here[: np.searchsorted(here, len(order) - step)]
        here = here[keys[here] == keys[here + step]]
        if not len(here):
            break
        near = here[apart(letters[here], letters[here + step]) <= LETTERS]
        near = near[partners[near + step] < PARTNERS]
        partners[near + step] += 1
        ones.append(rows[order[near]])
        others.append(rows[order[near + step]])
    none = np.zeros(0, dtype=np.int64)
    return Pairs(np.concatenate([none, *ones]), np.concatenate([none, *others]), capped=len(here) > 0)


def apart(one: "Words", other: "Words") -> "Ints":
    """Return in how many letters two sketches differ, about: powers of two to add or take to come from one to the other.

    The least number of them is that of the digits of the difference in the non-adjacent form (Reitwiesner 1960), which are
    where the difference and its half, added and not added, have other bits.
    """
    difference = (one - other).view(np.int64)
    half = difference >> 1
    return popcount((half ^ (half + difference)).view(np.uint64))


def popcount(numbers: "Words") -> "NDArray[np.int64]":
    """Return how many bits are set in each (numpy has `bitwise_count` from 2.0; this is Warren's Hacker's Delight, 5-1)."""
    one, two, four = (np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F))
    numbers = numbers - ((numbers >> np.uint64(1)) & one)
    numbers = (numbers & two) + ((numbers >> np.uint64(2)) & two)
    numbers = (numbers + (numbers >> np.uint64(4))) & four
    return ((numbers * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int64)


def _together(found: list[Pairs]) -> Pairs:
    """Return the pairs of several searches, each once, the later row rising."""
    none = np.zeros(0, dtype=np.int64)
    one, other = np.concatenate([none, *(pairs.one for pairs in found)]), np.concatenate([none, *(p.other for p in found)])
    low, high = np.minimum(one, other), np.maximum(one, other)
    span = int(high.max(initial=0)) + 1
    codes = np.unique(high * span + low)
    return Pairs(codes % span, codes // span, any(pairs.capped for pairs in found))
