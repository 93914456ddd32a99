"""Completions that are far shorter or far longer than the others of their set.

Length is compared on a log scale, by the median and the median absolute deviation (Leys and others 2013, "Detecting
outliers", J. Exp. Soc. Psychol. 49), and must differ from the median by a factor as well. Left out: sets of labels.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ftwidgets.data.findings import Finding, FindingType

if TYPE_CHECKING:
    import numpy as np

VERY_SHORT = FindingType(
    "very-short",
    "warning",
    title="Much shorter than the others",
    why="An answer of a word or two among long ones is often a cell that was cut off, or a placeholder.",
    todo="Check whether it is complete.",
)
VERY_LONG = FindingType(
    "very-long",
    "warning",
    title="Much longer than the others",
    why="One very long answer counts as much in training as many short ones, and is often two rows that ran together.",
    todo="Check whether it is one answer, and shorten it.",
)

FEWEST_ROWS = 20
_DEVIATIONS = 4.0  # in units of a standard deviation, which is 1.4826 MAD for a normal distribution
_FACTOR = 5.0
_SMALLEST_MAD = 0.15  # of log length: in a set of nearly equal lengths a half more is no outlier
_SHORT_NEEDS = 40  # characters in the median completion for which "very short" means something
_RARE = 0.02  # where more rows than this are so short, short answers are a habit of the set


def check_lengths(lengths: "np.ndarray[Any, Any]") -> Iterator[tuple[int, Finding]]:
    """Yield (position, finding) for the lengths that stand out."""
    import numpy as np

    if len(lengths) < FEWEST_ROWS:
        return
    logs = np.log(np.maximum(lengths, 1).astype(np.float32))
    middle = float(np.median(logs))
    spread = max(_SMALLEST_MAD, float(np.median(np.abs(logs - middle)))) * 1.4826 * _DEVIATIONS
    median = float(np.exp(middle))
    shortest, longest = min(median / _FACTOR, np.exp(middle - spread)), max(median * _FACTOR, np.exp(middle + spread))
    low, high = (int(value) for value in np.percentile(lengths, (25, 75)))
    usual = f"half of the completions here have between {low:,} and {high:,}"
    most = max(2, int(_RARE * len(lengths)))
    short, long = np.flatnonzero(lengths < shortest), np.flatnonzero(lengths > longest)
    if median >= _SHORT_NEEDS and len(short) <= most:
        for at in short.tolist():
            message = f"Has {int(lengths[at]):,} characters; {usual}."
            fix = "Check that it is whole and that so short an answer is what you want to hear."
            yield at, VERY_SHORT(message, fix, field="completion")
    if len(long) <= most:
        for at in long.tolist():
            message = f"Has {int(lengths[at]):,} characters; {usual}."
            fix = "Check that nothing was pasted into it by mistake, and whether so long an answer is what you want to hear."
            yield at, VERY_LONG(message, fix, field="completion")
