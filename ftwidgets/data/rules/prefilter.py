"""A quick look over all texts of a batch at once: which of them need a close one, and for what.

It works on one byte a character (what is beyond Latin-1 becomes "?"): a whole batch is looked at in a few passes of
numpy over one array, at about a nanosecond a character. It finds too many rather than too few; the rules then read those texts.
Left out: all judgement.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_SEPARATOR = 0x1E
_DIGITS, _WITHIN = 7, 18  # phone and card numbers: so many digits, within so many characters
_RUN = 4  # words of four bytes: a run of 19 characters holds four whole ones, wherever it begins
_TOKEN = bytes(0 if b < 128 and (chr(b).isalnum() or chr(b) in "_-") else 1 for b in range(256))
# The last two letters of what a secret is assigned to: password, pwd, Passwort, secret, token, key, passphrase, hasło ...
_ENDS = ("rd", "wd", "rt", "et", "en", "ey", "ss", "se", "ña", "ha", "de", "ło")
_BETWEEN = 6  # blanks, quotes and signs that may stand between the name and the sign


class Look(NamedTuple):
    """Places, in the list of texts, of those that need a close look."""

    control: list[int]
    secret: list[int]
    digits: list[int]
    at_sign: list[int]
    beyond_ascii: list[int]


def look(texts: Sequence[str]) -> Look:
    """Look over all texts at once."""
    import numpy as np

    joined = "\x1e".join(texts)
    raw = joined.encode("latin-1", "replace")
    bytes_ = np.frombuffer(raw, np.uint8)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1)

    def of(*places: "np.ndarray[Any, Any]") -> list[int]:
        """Return the texts in which these places lie."""
        some = [np.searchsorted(ends, p, side="right") for p in places if len(p)]
        return sorted(set(np.concatenate(some).tolist())) if some else []

    low = np.flatnonzero(bytes_ < 32)
    kinds = bytes_[low]
    control = low[(kinds != 9) & (kinds != 10) & (kinds != 13) & (kinds != _SEPARATOR)]
    if np.count_nonzero(kinds == _SEPARATOR) >= len(texts):
        control = np.concatenate([control, np.setdiff1d(low[kinds == _SEPARATOR], ends - 1)])
    if b"\x7f" in raw:
        control = np.concatenate([control, np.flatnonzero(bytes_ == 0x7F)])

    digits = np.flatnonzero((bytes_ - 48) < 10)
    dense = digits[: -_DIGITS + 1][digits[_DIGITS - 1 :] - digits[: -_DIGITS + 1] < _WITHIN]

    at_sign = np.flatnonzero(bytes_ == 0x40) if b"@" in raw else digits[:0]
    beyond_ascii = [] if joined.isascii() else [place for place, text in enumerate(texts) if not text.isascii()]
    return Look(of(control), of(_long_runs(raw), _assignments(bytes_)), of(dense), of(at_sign), beyond_ascii)


def _long_runs(raw: bytes) -> "np.ndarray[Any, Any]":
    """Return places in runs of at least 19 letters, digits, `_` and `-`, as keys are."""
    import numpy as np

    classes = raw.translate(_TOKEN) + b"\1" * (-len(raw) % _RUN)
    whole = np.frombuffer(classes, np.uint32) == 0
    four = whole[:-3] & whole[1:-2] & whole[2:-1] & whole[3:]
    places: np.ndarray[Any, Any] = np.flatnonzero(four) * _RUN
    return places


def _assignments(bytes_: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return places of `=` and `:` after what may be a name for a secret, as in `password:`."""
    import numpy as np

    between, ends = _tables()
    signs: np.ndarray[Any, Any] = np.flatnonzero((bytes_[1:] == 0x3D) | (bytes_[1:] == 0x3A)) + 1
    name = np.maximum(signs - 1, 1)  # the last letter of what stands before each
    for _ in range(_BETWEEN if len(signs) else 0):
        name = np.maximum(name - between[bytes_[name]], 1)
    if len(signs):
        signs = signs[ends[bytes_[name - 1].astype(np.int64) * 256 + bytes_[name]]]
    return signs


@cache
def _tables() -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return which bytes may stand between a name and its sign, and which pairs of bytes end such a name."""
    import numpy as np

    between = np.zeros(256, np.int64)
    between[list(b" \t\n\r\"'`*:=")] = 1
    ends = np.zeros(65536, bool)
    for end in _ENDS:
        for first in {end[0], end[0].upper()}:
            for last in {end[1], end[1].upper()}:
                one, two = (first + last).encode("latin-1", "replace")
                ends[one * 256 + two] = True
    return between, ends
