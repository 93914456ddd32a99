# ruff: noqa: RUF001 - strange characters are the subject
"""The rule about texts that differ from the rest of their set in length, ending or style.

It keeps five bytes of each row. Completions that are a few short labels are not compared. Left out: spelling (British or
American), formatting, tone; endings that prove nothing: a list, a link, a number, code, a signature, an emoji, two or three
words.
"""

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, RowLookup
from ftwidgets.data.text import pluralize

if TYPE_CHECKING:
    import numpy as np


MIXED_STYLE = FindingType(
    "mixed-style", "note", title="Answers in two styles",
    why="If most answers begin with a capital letter and some do not, the model will do both.",
    fix="Write all answers in one style.",
)  # fmt: skip
MIXED_ENDINGS = FindingType(
    "mixed-endings", "warning", title="Most answers end in one way, this one does not",
    why="If most answers end with a full stop and some without, the model does not learn when it is done.",
    fix="End all answers in one way.",
)  # fmt: skip

_FEW = 0.10  # a habit is one if at least nine in ten have it
_RARELY = 0.02
_MIN_CAPITALS = 20  # characters; shorter ones in capitals may be names: "NASA", "ISO 9001"
_MAX_LABEL_LENGTH = 60
_MAX_LABELS = 200


class Outliers:
    """The rules mixed-endings, mixed-style, very-short and very-long."""

    def __init__(self) -> None:
        self._lengths = array("i")
        self._endings = bytearray()
        self._distinct: set[int] = set()
        self._greeting = self._lower = self._upper = self._capitals = 0

    def update(self, batch: RowBatch) -> Iterator[tuple[int, Finding]]:
        """Keep the length and the ending of each row; nothing is reported yet."""
        completions = batch.completions
        self._lengths.extend(map(len, completions))
        endings = bytes(map(ending, completions))
        self._endings += endings
        if len(self._distinct) <= _MAX_LABELS:
            self._distinct.update(map(hash, completions))
        for text in completions:
            self._greeting += greets(text)
        for text in completions:  # "NASA" may be a name; letters such as Chinese ones have no case
            if text.isupper() and len(text) >= _MIN_CAPITALS:
                self._capitals += text.isascii() or all(map(str.isupper, filter(str.isalpha, text)))
        starts = [text[:1] for text, end in zip(completions, endings, strict=True) if end == WHOLE]
        lower = sum(map(str.islower, starts))
        self._lower += lower
        self._upper += sum(map(str.isupper, starts)) if lower or self._lower else len(starts)
        return iter(())

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield the rows that differ from the others, and habits that only some rows have."""
        import numpy as np

        lengths = np.frombuffer(self._lengths, np.int32) if self._lengths else np.zeros(0, np.int32)
        few = len(self._distinct) <= min(_MAX_LABELS, max(2, len(lengths) // 4))
        are_labels = not len(lengths) or (few and float(np.percentile(lengths, 98)) <= _MAX_LABEL_LENGTH)
        if not are_labels:
            yield from check_lengths(lengths)
            yield from self._check_endings()
            yield from self._check_style()

    def _check_endings(self) -> Iterator[tuple[int | None, Finding]]:
        """Yield the rows that end unlike nine in ten, or one finding on the whole set if it has no such habit."""
        n_whole, n_open = self._endings.count(WHOLE), self._endings.count(OPEN)
        few = min(n_whole, n_open)
        if n_whole + n_open < MIN_ROWS or not few:
            return
        if few <= _FEW * (n_whole + n_open):
            unusual = OPEN if n_whole > n_open else WHOLE
            if unusual == OPEN:
                message = f"Ends without a full stop; {n_whole:,} of {pluralize(n_whole + n_open, 'completion')} end with one."
                fix = "Check that it is whole, and end it as the others do; the model learns where to stop from the endings."
            else:
                message = f"Ends with a full stop; {n_open:,} of {pluralize(n_whole + n_open, 'completion')} end without one."
                fix = "End it as the others do; the model learns where to stop from the endings."
            for position, end in enumerate(self._endings):
                if end == unusual:
                    yield position, MIXED_ENDINGS(message, fix, field="completion")
        else:
            message = f"{n_whole:,} completions end with a full stop or the like and {n_open:,} without."
            fix = "Choose one and keep to it; the model learns where to stop from the endings."
            yield None, MIXED_ENDINGS(message, fix, field="completion")

    def _check_style(self) -> Iterator[tuple[int | None, Finding]]:
        """Yield notes on styles that only some of the completions have."""
        n_rows = len(self._endings)
        if n_rows < MIN_ROWS:
            return
        if _FEW * n_rows <= self._greeting <= (1 - _FEW) * n_rows:
            message = f"{self._greeting:,} of {pluralize(n_rows, 'completion')} begin with a greeting, the others do not."
            yield None, MIXED_STYLE(message, "Choose one and keep to it, unless the prompts say when to greet.", "completion")
        if _RARELY * n_rows <= self._capitals <= (1 - _FEW) * n_rows:
            message = f"{self._capitals:,} of {pluralize(n_rows, 'completion')} are all in capitals, the others are not."
            yield None, MIXED_STYLE(message, "Choose one and keep to it.", "completion")
        n_starts = self._lower + self._upper
        if n_starts >= MIN_ROWS and _RARELY * n_starts <= min(self._lower, self._upper):
            message = (
                f"{self._lower:,} of {pluralize(n_starts, 'completion')} begin with a small letter, the others with a capital."
            )
            yield None, MIXED_STYLE(message, "Choose one and keep to it.", "completion")


VERY_SHORT = FindingType(
    "very-short", "warning", title="Much shorter than the others",
    why="An answer of a word or two among long ones is often a cell that was cut off, or a placeholder.",
    fix="Check whether it is complete.",
)  # fmt: skip
VERY_LONG = FindingType(
    "very-long", "warning", title="Much longer than the others",
    why="One very long answer counts as much in training as many short ones, and is often two rows that ran together.",
    fix="Check whether it is one answer, and shorten it.",
)  # fmt: skip

MIN_ROWS = 20
_DEVIATIONS = 4.0  # in units of a standard deviation, which is 1.4826 MAD for a normal distribution
_FACTOR = 5.0
_MIN_MAD = 0.15  # of log length: in a set of nearly equal lengths a half more is no outlier
_MIN_MEDIAN = 40  # characters in the median completion for which "very short" means something
_RARE = 0.02  # where more rows than this are so short, short answers are a habit of the set


def check_lengths(lengths: "np.ndarray[Any, Any]") -> Iterator[tuple[int, Finding]]:
    """Yield (position, finding) for the lengths that stand out."""
    import numpy as np

    if len(lengths) < MIN_ROWS:
        return
    logs = np.log(np.maximum(lengths, 1).astype(np.float32))
    middle = float(np.median(logs))
    spread = max(_MIN_MAD, float(np.median(np.abs(logs - middle)))) * 1.4826 * _DEVIATIONS
    median = float(np.exp(middle))
    shortest, longest = min(median / _FACTOR, np.exp(middle - spread)), max(median * _FACTOR, np.exp(middle + spread))
    low, high = (int(value) for value in np.percentile(lengths, (25, 75)))
    usual = f"half of the completions here have between {low:,} and {high:,}"
    most = max(2, int(_RARE * len(lengths)))
    short, long = np.flatnonzero(lengths < shortest), np.flatnonzero(lengths > longest)
    if median >= _MIN_MEDIAN and len(short) <= most:
        for at in short.tolist():
            message = f"Has {int(lengths[at]):,} characters; {usual}."
            fix = "Check that it is whole and that so short an answer is what you want to hear."
            yield at, VERY_SHORT(message, fix, field="completion")
    if len(long) <= most:
        for at in long.tolist():
            message = f"Has {int(lengths[at]):,} characters; {usual}."
            fix = "Check that nothing was pasted into it by mistake, and whether so long an answer is what you want to hear."
            yield at, VERY_LONG(message, fix, field="completion")


OTHER, WHOLE, OPEN = 0, 1, 2
_STOPS = frozenset(".!?…。！？．।۔؟")
_CLOSERS = "\"'”’“»«›)]）」』*_` "
_HANGING = frozenset(",;:-–—，、")
_MARKERS = ("-", "*", "•", "|", "#", ">", "+", "```", "~~~", "$", "\\")
_MIN_WORDS = 4
GREETINGS = (
    "Hello", "Hi", "Hey", "Dear", "Good morning", "Good afternoon", "Good evening",
    "Greetings", "Hallo", "Guten Tag", "Bonjour",
    "Hola", "Ciao", "Buongiorno", "Olá", "hello", "hi", "hey", "dear",
)  # fmt: skip


def ending(text: str) -> int:
    """Return how a text ends: `WHOLE` with a stop, `OPEN` as if broken off, or `OTHER`."""
    if text[-1:] in _STOPS:
        return WHOLE if text else OTHER
    bare = text.rstrip()
    last = bare[-1:]
    if last in _CLOSERS:
        last = bare.rstrip(_CLOSERS)[-1:]
        return WHOLE if last in _STOPS and last else OTHER
    if last in _STOPS:
        return WHOLE
    if not (last.isalpha() or last in _HANGING):
        return OTHER
    start = bare.rfind("\n") + 1
    line = bare[start:].lstrip()
    words = line.split()
    if line.startswith(_MARKERS) or line[:1].isdigit() or "://" in words[-1] or "@" in words[-1] or "www." in words[-1]:
        return OTHER
    if any(map(str.isdigit, words[-1])) or "." in words[-1]:
        return OTHER
    long_enough = len(words) >= _MIN_WORDS or (len(line) >= 20 and not line.isascii())
    return OPEN if long_enough else OTHER


def greets(text: str) -> bool:
    """Tell whether a text begins with a greeting."""
    if not text.startswith(GREETINGS):
        return False
    word = next(greeting for greeting in sorted(GREETINGS, key=len, reverse=True) if text.startswith(greeting))
    return not text[len(word) : len(word) + 1].isalnum()
