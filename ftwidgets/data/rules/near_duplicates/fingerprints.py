"""Some forty bytes for each prompt that nearly the same prompts have in common, made for hundreds of prompts at once.

- `heads` and `tails`: the sum of a hash of the first two (the last two) letters of every content word (four bytes, if it
  does not begin with an ASCII letter); short words and numbers count whole. One slip of the hand leaves one of the two as
  it was, wherever it is, and the order has no say.
- `letters`: how often each letter is in the content words, as a sum of powers of four; words with digits count whole. A
  blank within a word or words moved leave it as it was, a slip of the hand adds or takes one power or two, another word
  more: it tells prompts with the same heads apart, without reading them again.
- `sizes`: how many content words there are.
- `bands`: four groups of three minima (min-hashing, Broder 1997) over neighbouring content words, for prompts of 20
  words or more: two prompts with a Jaccard index of 0.8 have a band in common with 94 %, with one of 0.1 with 0.4 %.

Everything is done on the bytes of a batch with numpy: about as fast as counting words one by one is slow.

Left out: finding pairs (`pairs`) and looking at them (`alike`).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ftwidgets.data.rules.near_duplicates.compare import LONG
from ftwidgets.data.rules.near_duplicates.normalize import FUNCTION, HOMOPHONES, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS, ROWS = 4, 3
SLOTS = 1 << 18  # of the table of how often a word occurs

_K1, _K2, _K3, _K4 = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
_ALL = (1 << 64) - 1
_MASK = np.array([(1 << 8 * n) - 1 for n in range(8)] + [_ALL], dtype=np.uint64)
_SHIFT = np.array([0] + [64 - 8 * n for n in range(1, 9)] + [0, 0, 0], dtype=np.uint64)
_draws = np.random.default_rng(4)
_FACTORS = (_draws.integers(0, 1 << 31, BANDS * ROWS, dtype=np.uint32) * np.uint32(2)) | np.uint32(1)
_FLIPS = _draws.integers(0, 1 << 32, BANDS * ROWS, dtype=np.uint32)
_LETTERS = np.uint64(1) << np.array([2 * (code - 97) % 64 for code in range(256)], dtype=np.uint64)
_LETTERS[[0, 32]] = 0


@lru_cache(maxsize=100_000)
def word_hash(word: bytes) -> int:
    """Return the hash of one word: of its first and last eight bytes and its length."""
    n = min(len(word), 8)
    head, tail = int.from_bytes(word[:n], "little"), int.from_bytes(word[-n:], "little")
    total = (head * _K1 + tail * _K2 + len(word) * _K3) & _ALL
    total = ((total ^ (total >> 32)) * _K4) & _ALL
    return total ^ (total >> 29)


def _mix(total: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    total = (total ^ (total >> np.uint64(32))) * np.uint64(_K4)
    return total ^ (total >> np.uint64(29))


def _function_table() -> "NDArray[np.bool_]":
    table = np.zeros(1 << 16, dtype=bool)
    table[[word_hash(word) >> 48 for word in FUNCTION.union(HOMOPHONES, HOMOPHONES.values())]] = True
    return table


_IS_FUNCTION = _function_table()


@dataclass
class Sketches:
    """The sketches of many prompts, a column each, and how often words occur in them."""

    heads: "NDArray[np.uint64]" = field(default_factory=lambda: np.zeros(0, np.uint64))
    tails: "NDArray[np.uint64]" = field(default_factory=lambda: np.zeros(0, np.uint64))
    letters: "NDArray[np.uint64]" = field(default_factory=lambda: np.zeros(0, np.uint64))
    sizes: "NDArray[np.uint16]" = field(default_factory=lambda: np.zeros(0, np.uint16))
    bands: "NDArray[np.uint32]" = field(default_factory=lambda: np.zeros((0, BANDS), np.uint32))
    frequencies: "NDArray[np.int32]" = field(default_factory=lambda: np.zeros(SLOTS, np.int32))

    def __len__(self) -> int:
        return len(self.heads)

    def joined(self, *others: "Sketches") -> "Sketches":
        """Return the sketches of several sources as those of one."""
        parts = (self, *others)
        return Sketches(
            np.concatenate([part.heads for part in parts]),
            np.concatenate([part.tails for part in parts]),
            np.concatenate([part.letters for part in parts]),
            np.concatenate([part.sizes for part in parts]),
            np.concatenate([part.bands for part in parts]),
            np.sum([part.frequencies for part in parts], axis=0, dtype=np.int32),
        )

    def frequency(self, word: bytes) -> int:
        """Return how often a word occurs, about: never too few."""
        return int(self.frequencies[word_hash(word) & (SLOTS - 1)])


class _Words:
    """The words of a batch: the hash of each; of those with content, the first and last letters; and where texts end."""

    def __init__(self, raw: bytes) -> None:
        data = b" " * 8 + raw + b" " * 8
        chars = np.frombuffer(data, dtype=np.uint8)
        inside = chars > 32
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        starts, ends = edges[0::2], edges[1::2]
        bounds = np.searchsorted(starts, np.flatnonzero(chars == 0))
        size = ends - starts
        plural = (size >= 4) & (chars[ends - 1] == 115) & (chars[ends - 2] != 115)
        ends, size = ends - plural, size - plural
        eights: NDArray[Any] = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
        short = np.minimum(size, 8)
        head = eights[starts] & _MASK[short]
        tail = eights[ends - 8] >> _SHIFT[short]
        self.hash = _mix(head * np.uint64(_K1) + tail * np.uint64(_K2) + size.astype(np.uint64) * np.uint64(_K3))
        content = np.flatnonzero(~_IS_FUNCTION[self.hash >> np.uint64(48)])
        starts, ends, size, head, tail = (column[content] for column in (starts, ends, size, head, tail))
        self.content = self.hash[content]
        digits = (chars[starts] <= 57) | (chars[ends - 1] <= 57)
        whole = (size < 5) | digits
        width = np.where(chars[starts] < 128, 2, 4)
        self.head = _mix(np.where(whole, self.content, head & _MASK[width]))
        self.tail = _mix(np.where(whole, self.content, tail >> _SHIFT[8 + width - np.minimum(size, 8)]))
        run = np.cumsum(np.take(_LETTERS, chars))
        self.letters = np.where(digits, self.content, run[ends - 1] - run[starts - 1])
        self.stops, self.content_stops = np.append(bounds, len(self.hash)), np.searchsorted(content, bounds)
        self.content_stops = np.append(self.content_stops, len(content))


def sketches(texts: "list[bytes]") -> tuple[Sketches, "NDArray[np.uint64]"]:
    """Return the sketches of folded prompts (their `frequencies` left empty), and the hash of every word in them."""
    words = _Words(plain([text.replace(b"\0", b" ") if b"\0" in text else text for text in texts]))
    stops = words.content_stops
    starts = np.append(0, stops[:-1])
    heads, tails, letters = (_sums(column, starts, stops) for column in (words.head, words.tail, words.letters))
    sizes = np.minimum(stops - starts, (1 << 16) - 1).astype(np.uint16)
    bands = _bands(words, starts, stops)
    made = Sketches(heads, tails, letters, sizes, bands, np.zeros(0, np.int32))
    return made, words.hash


def _sums(column: "NDArray[np.uint64]", starts: "NDArray[np.int64]", stops: "NDArray[np.int64]") -> "NDArray[np.uint64]":
    run = np.append(np.uint64(0), np.cumsum(column, dtype=np.uint64))
    sums: NDArray[np.uint64] = run[stops] - run[starts]
    return sums


def _bands(words: _Words, starts: "NDArray[np.int64]", stops: "NDArray[np.int64]") -> "NDArray[np.uint32]":
    """Min-hash neighbouring content words of the long texts; zeros for the others."""
    bands = np.zeros((len(starts), BANDS), dtype=np.uint32)
    long = np.flatnonzero((np.diff(words.stops, prepend=0) >= LONG) & (stops - starts >= 5))
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
