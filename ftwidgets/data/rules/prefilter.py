"""Select the few texts of a batch that the rules on single texts must read, and for which rule.

The rules are regular expressions and Python loops: too slow for a million texts. This selection is a few passes of numpy
over all texts of a batch joined into one array of bytes, one byte a character (what is beyond Latin-1 becomes "?"), at
about a nanosecond a character. It selects too many texts rather than too few; the rules then decide.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_SEPARATOR = 0x1E
_DIGITS, _WITHIN = 7, 18  # phone and card numbers: at least 7 digits within 18 characters
_RUN = 4  # bytes are compared in words of four: a run of 19 characters holds four whole words, wherever it begins
_TOKEN = bytes(0 if b < 128 and (chr(b).isalnum() or chr(b) in "_-") else 1 for b in range(256))
# The last two letters of what a secret is assigned to: password, pwd, Passwort, secret, token, key, passphrase, hasło ...
_ENDS = ("rd", "wd", "rt", "et", "en", "ey", "ss", "se", "ña", "ha", "de", "ło")
_BETWEEN = 6  # spaces, quotes and punctuation that may stand between the name and the = or :


class Candidates(NamedTuple):
    """Indices of the texts that may hold a control character, a secret, a card or phone number, an address.

    `non_ascii` are those with any character beyond ASCII.
    """

    control: list[int]
    secret: list[int]
    digits: list[int]
    at_sign: list[int]
    non_ascii: list[int]


def select_candidates(texts: Sequence[str]) -> Candidates:
    """Return which of the texts each rule must read."""
    import numpy as np

    joined = "\x1e".join(texts)
    raw = joined.encode("latin-1", "replace")
    bytes_ = np.frombuffer(raw, np.uint8)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1)

    def texts_at(*positions: "np.ndarray[Any, Any]") -> list[int]:
        """Return the indices of the texts in which these bytes lie."""
        some = [np.searchsorted(ends, p, side="right") for p in positions if len(p)]
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
    non_ascii = [] if joined.isascii() else [i for i, text in enumerate(texts) if not text.isascii()]
    secret = texts_at(_long_runs(raw), _assignments(bytes_))
    return Candidates(texts_at(control), secret, texts_at(dense), texts_at(at_sign), non_ascii)


def _long_runs(raw: bytes) -> "np.ndarray[Any, Any]":
    """Return positions in runs of at least 19 letters, digits, `_` and `-`, as keys are."""
    import numpy as np

    classes = raw.translate(_TOKEN) + b"\1" * (-len(raw) % _RUN)
    whole = np.frombuffer(classes, np.uint32) == 0
    four = whole[:-3] & whole[1:-2] & whole[2:-1] & whole[3:]
    positions: np.ndarray[Any, Any] = np.flatnonzero(four) * _RUN
    return positions


def _assignments(bytes_: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return positions of `=` and `:` after what may be a name for a secret, as in `password:`."""
    import numpy as np

    between, ends = _tables()
    operators: np.ndarray[Any, Any] = np.flatnonzero((bytes_[1:] == 0x3D) | (bytes_[1:] == 0x3A)) + 1
    name = np.maximum(operators - 1, 1)  # the last letter of what stands before each
    for _ in range(_BETWEEN if len(operators) else 0):
        name = np.maximum(name - between[bytes_[name]], 1)
    if len(operators):
        operators = operators[ends[bytes_[name - 1].astype(np.int64) * 256 + bytes_[name]]]
    return operators


@cache
def _tables() -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return which bytes may stand between a name and its = or :, and which pairs of bytes end such a name."""
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
