"""Fingerprints of prompts: some forty bytes that nearly the same prompts have in common, made for a batch at once.

- `prefix_sums` and `suffix_sums`: the sum of a hash of the first two (the last two) letters of every content word (four
  bytes, if it does not begin with an ASCII letter); short words and numbers count whole. One typo, wherever it is, leaves
  one of the two sums as it was, and so does any order of the words.
- `letter_sums`: how often each letter is in the content words, as a sum of powers of four (a: 1, b: 4, c: 16, ...; the sum
  of "cab" and of "abc" is 21); words with digits count by their hash. A space within a word or words moved leave the sum as
  it was, a typo adds or takes one or two powers, another word takes more: it tells apart prompts with the same prefix sums
  without reading them again.
- `n_words`: how many content words there are.
- `bands`: MinHash (Broder 1997) with four bands of three minima over pairs of neighbouring content words, for prompts of 20
  words or more. Two prompts with Jaccard index J share a band with probability 1 - (1 - J**3)**4: 94 % for 0.8, 0.4 % for 0.1.

Everything is computed with numpy on the bytes of a whole batch: Python loops over words are too slow for a million prompts.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ftwidgets.data.rules.near_duplicates.compare import FUNCTION_WORDS, HOMOPHONES, LONG_PROMPT, normalize_batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS, ROWS = 4, 3  # MinHash: four bands, each of three minima
SLOTS = 1 << 18  # size of the table of word frequencies, which is indexed by the low 18 bits of a word's hash

# Odd 64-bit constants to multiply by: the golden ratio, two primes of xxHash, the multiplier of the mixer degski64.
_K1, _K2, _K3, _K4 = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
_ALL = (1 << 64) - 1
# _MASK[n] keeps the first n of the eight bytes of a word; _SHIFT[n] moves its last n bytes to the lower end.
_MASK = np.array([(1 << 8 * n) - 1 for n in range(8)] + [_ALL], dtype=np.uint64)
_SHIFT = np.array([0] + [64 - 8 * n for n in range(1, 9)] + [0, 0, 0], dtype=np.uint64)
# MinHash needs twelve hash functions: x -> (x ^ flip) * factor, with fixed random odd factors and flips.
_draws = np.random.default_rng(4)
_FACTORS = (_draws.integers(0, 1 << 31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2)) | np.uint32(1)
_FLIPS = _draws.integers(0, 1 << 32, BANDS * ROWS, dtype=np.uint32)
# 4**0 for a, 4**1 for b, ...; bytes that are no ASCII letter share these places.
_LETTERS = np.uint64(1) << np.array([2 * (code - 97) % 64 for code in range(256)], dtype=np.uint64)
_LETTERS[[0, 32]] = 0


@lru_cache(maxsize=100_000)
def word_hash(word: bytes) -> int:
    """Return the hash of one word, from its first eight bytes, its last eight bytes and its length."""
    n = min(len(word), 8)
    first, last = int.from_bytes(word[:n], "little"), int.from_bytes(word[-n:], "little")
    total = (first * _K1 + last * _K2 + len(word) * _K3) & _ALL
    total = ((total ^ (total >> 32)) * _K4) & _ALL
    return total ^ (total >> 29)


def _mix(total: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Spread every bit over all bits, as `word_hash` does."""
    total = (total ^ (total >> np.uint64(32))) * np.uint64(_K4)
    return total ^ (total >> np.uint64(29))


# A table of 65,536 slots, by the high 16 bits of a hash, that is true for function words. About one content word in 840 falls
# into such a slot and counts as a function word. That costs a few candidates, no wrong pair: `compare` decides by the words.
_IS_FUNCTION = np.zeros(1 << 16, dtype=bool)
_IS_FUNCTION[[word_hash(word) >> 48 for word in FUNCTION_WORDS.union(HOMOPHONES, HOMOPHONES.values())]] = True


@dataclass
class Fingerprints:
    """The fingerprints of many prompts, one array for each part, and how often words occur in the prompts."""

    prefix_sums: "NDArray[np.uint64]" = field(default_factory=lambda: np.zeros(0, np.uint64))
    suffix_sums: "NDArray[np.uint64]" = field(default_factory=lambda: np.zeros(0, np.uint64))
    letter_sums: "NDArray[np.uint64]" = field(default_factory=lambda: np.zeros(0, np.uint64))
    n_words: "NDArray[np.uint16]" = field(default_factory=lambda: np.zeros(0, np.uint16))
    bands: "NDArray[np.uint32]" = field(default_factory=lambda: np.zeros((0, BANDS), np.uint32))
    frequencies: "NDArray[np.int32]" = field(default_factory=lambda: np.zeros(SLOTS, np.int32))

    def __len__(self) -> int:
        return len(self.prefix_sums)

    def concatenate(self, *others: "Fingerprints") -> "Fingerprints":
        """Return the fingerprints of several sources as one."""
        parts = (self, *others)
        return Fingerprints(
            np.concatenate([part.prefix_sums for part in parts]),
            np.concatenate([part.suffix_sums for part in parts]),
            np.concatenate([part.letter_sums for part in parts]),
            np.concatenate([part.n_words for part in parts]),
            np.concatenate([part.bands for part in parts]),
            np.sum([part.frequencies for part in parts], axis=0, dtype=np.int32),
        )

    def frequency(self, word: bytes) -> int:
        """Return how often a word occurs, or more where it shares its slot with another."""
        return int(self.frequencies[word_hash(word) & (SLOTS - 1)])


class _WordArrays:
    """The words of a batch as arrays, one entry a word.

    `hashes` are those of all words; `content`, `prefixes`, `suffixes` and `letter_sums` have the content words only. `stops`
    and `content_stops` tell for each text where its words end in them.
    """

    def __init__(self, raw: bytes) -> None:
        data = b" " * 8 + raw + b" " * 8
        chars = np.frombuffer(data, dtype=np.uint8)
        inside = chars > 32
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        starts, ends = edges[0::2], edges[1::2]  # words begin and end in turn
        bounds = np.searchsorted(starts, np.flatnonzero(chars == 0))
        size = ends - starts
        plural = (size >= 4) & (chars[ends - 1] == 115) & (chars[ends - 2] != 115)  # 115 is "s": as `normalize.stem` does
        ends, size = ends - plural, size - plural
        eights: NDArray[Any] = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))  # eight bytes from each on
        short = np.minimum(size, 8)
        first = eights[starts] & _MASK[short]
        last = eights[ends - 8] >> _SHIFT[short]
        self.hashes = _mix(first * np.uint64(_K1) + last * np.uint64(_K2) + size.astype(np.uint64) * np.uint64(_K3))
        content = np.flatnonzero(~_IS_FUNCTION[self.hashes >> np.uint64(48)])
        starts, ends, size, first, last = (column[content] for column in (starts, ends, size, first, last))
        self.content = self.hashes[content]
        digits = (chars[starts] <= 57) | (chars[ends - 1] <= 57)
        whole = (size < 5) | digits
        width = np.where(chars[starts] < 128, 2, 4)  # bytes of two letters
        self.prefixes = _mix(np.where(whole, self.content, first & _MASK[width]))
        self.suffixes = _mix(np.where(whole, self.content, last >> _SHIFT[8 + width - np.minimum(size, 8)]))
        run = np.cumsum(np.take(_LETTERS, chars))
        self.letter_sums = np.where(digits, self.content, run[ends - 1] - run[starts - 1])
        self.stops, self.content_stops = np.append(bounds, len(self.hashes)), np.searchsorted(content, bounds)
        self.content_stops = np.append(self.content_stops, len(content))


def make_fingerprints(texts: "list[bytes]") -> tuple[Fingerprints, "NDArray[np.uint64]"]:
    """Return the fingerprints of normalized prompts (without `frequencies`), and the hash of every word in them."""
    words = _WordArrays(normalize_batch([text.replace(b"\0", b" ") if b"\0" in text else text for text in texts]))
    stops = words.content_stops
    starts = np.append(0, stops[:-1])

    def sums(column: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
        run = np.append(np.uint64(0), np.cumsum(column, dtype=np.uint64))
        of_texts: NDArray[np.uint64] = run[stops] - run[starts]
        return of_texts

    n_words = np.minimum(stops - starts, (1 << 16) - 1).astype(np.uint16)
    bands = _minhash_bands(words, starts, stops)
    made = Fingerprints(
        sums(words.prefixes), sums(words.suffixes), sums(words.letter_sums), n_words, bands, np.zeros(0, np.int32)
    )
    return made, words.hashes


def _minhash_bands(words: _WordArrays, starts: "NDArray[np.int64]", stops: "NDArray[np.int64]") -> "NDArray[np.uint32]":
    """Return the MinHash bands over pairs of neighbouring content words of long texts; zeros for the other texts."""
    bands = np.zeros((len(starts), BANDS), dtype=np.uint32)
    long = np.flatnonzero((np.diff(words.stops, prepend=0) >= LONG_PROMPT) & (stops - starts >= 5))
    if not len(long):
        return bands
    content = words.content
    pairs = (_mix(content[:-1] * np.uint64(3) + content[1:]) >> np.uint64(32)).astype(np.uint32)
    pairs = np.append(pairs, np.uint32(0))
    cuts = np.ravel(np.column_stack((starts[long], stops[long] - 1)))  # pairs within the text; the next one is not
    minima = np.empty((BANDS * ROWS, len(long)), dtype=np.uint64)
    for row, factor, flip in zip(minima, _FACTORS, _FLIPS, strict=True):
        row[:] = np.minimum.reduceat((pairs ^ flip) * factor, cuts)[0::2]
    for band in range(BANDS):
        total = np.zeros(len(long), dtype=np.uint64)
        for row in minima[band * ROWS : (band + 1) * ROWS]:
            total = _mix(total * np.uint64(_K1) + row)
        bands[long, band] = (total >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
    return bands
