"""Seeded splits into training and validation that keep rows together which belong together.

By groups (rows with one key are on one side), by label besides (each label has its share on both sides), or as a column
of the source says; and what a held-out set of some size can tell.

Left out: which rows belong together (`groups.Near.keys`, a group column), and a random split that ignores it: that is
`split` with a key for every row, which `straddling` then judges.
"""

import hashlib
import numbers
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

from ftwidgets.data.findings import Finding
from ftwidgets.data.rows import Fault
from ftwidgets.data.text import join_names, normalize, pluralize, quote
from ftwidgets.statistics import wilson

TRAINING = frozenset(("train", "training", "trn", "fit"))
_NAMES = ("validation", "valid", "val", "dev", "development", "eval", "evaluation", "test", "testing")
HELD_OUT = frozenset((*_NAMES, "held out", "heldout", "hold out", "holdout"))
"""What a split column may say, in any case, with a blank, a hyphen or an underscore between words."""

TOLD = 3
"""Pairs of rows that a refused split names."""

WIDE = 0.1
"""A score whose interval is wider than this deserves a remark."""


def validation_size(validation: float, n_examples: int) -> int:
    """Return how many examples go to validation: `validation` is a fraction below 1, or a whole number of examples."""
    if isinstance(validation, bool) or not isinstance(validation, numbers.Real):
        raise ValueError(f"validation is a fraction from 0 to below 1, or a number of examples: {validation!r}")
    if isinstance(validation, numbers.Integral):
        if not 0 <= validation < max(n_examples, 1):
            raise ValueError(
                f"validation={validation} must be at least 0 and leave something to train on: "
                f"there are {n_examples} usable examples"
            )
        return int(validation)
    if not 0 <= validation < 1:
        raise ValueError(f"validation as a fraction must be from 0 to below 1: {validation!r} (a number of examples is an int)")
    if validation == 0 or n_examples < 2:
        return 0
    return min(max(1, round(validation * n_examples)), n_examples - 1)


def split(keys: Sequence[Hashable], n_validation: int, *, seed: int = 0) -> tuple[list[int], list[int]]:
    """Return the positions of the training and of the validation examples, each in the order of `keys`.

    Examples with equal keys stay together, so validation may get slightly fewer than asked for. The order in which
    groups are taken depends on the seed and the key alone: a row added elsewhere hardly moves the others.
    """
    held: list[int] = []
    for positions in _drawn(keys, range(len(keys)), seed):
        if len(held) + len(positions) <= n_validation:
            held += positions
    return _sides(len(keys), held)


def stratified(
    keys: Sequence[Hashable], labels: Sequence[str], n_validation: int, *, seed: int = 0
) -> tuple[list[int], list[int]]:
    """Return a split, as `split` does, in which each label has its share of the validation examples.

    The shares are rounded by largest remainders (Hamilton), and a label that comes out without any gets one from the label
    with the most, as far as there are enough. Labels are compared folded; a group of several labels counts as its most
    frequent one. A label all of whose rows are in one group stays in training.

    Parameters
    ----------
    keys
        What stays together.
    labels
        The label of each example.
    n_validation, seed
        How many are held out, and another seed for others.
    """
    label_of = _labels_of_groups(keys, labels)
    by_label: dict[str, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        by_label[label_of[key]].append(position)
    room = {}  # rows that can be held out with something left to train on
    for label, positions in by_label.items():
        sizes = Counter(keys[position] for position in positions)
        room[label] = len(positions) - min(sizes.values())
    held: list[int] = []
    for label, quota in shares({label: len(rows) for label, rows in by_label.items()}, room, n_validation).items():
        taken = 0
        for positions in _drawn(keys, by_label[label], seed):
            if taken + len(positions) <= quota:
                held += positions
                taken += len(positions)
    return _sides(len(keys), held)


def shares(counts: Mapping[str, int], room: Mapping[str, int], n: int) -> dict[str, int]:
    """Return how many of `n` each label gets: in proportion to its count, at most its room, at least one if that can be."""
    total = sum(counts.values())
    exact = {label: n * count / total for label, count in counts.items()}
    parts = {label: min(int(share), room[label]) for label, share in exact.items()}
    by_remainder = sorted(counts, key=lambda label: (int(exact[label]) - exact[label], label))
    while sum(parts.values()) < n and (open_ones := [label for label in by_remainder if parts[label] < room[label]]):
        for label in open_ones[: n - sum(parts.values())]:
            parts[label] += 1
    for label in sorted(label for label in parts if not parts[label] and room[label]):
        richest = max(sorted(parts), key=lambda other: parts[other])
        if parts[richest] > 1:
            parts[richest] -= 1
            parts[label] = 1
    return parts


def by_column(sides: Sequence[str | None], places: Sequence[str], column: str) -> tuple[list[bool], list[Finding]]:
    """Return which examples a column holds out, and a finding if it says neither of some.

    Parameters
    ----------
    sides
        What the column says of each example: `train`, `validation`, `test` and their like.
    places
        Where each example is: `line 14`.
    column
        Its name.

    Returns
    -------
    list of bool
        Whether each is held out. Rows of which the column says neither are trained on.
    list of Finding
        `unknown-side`, for these.
    """
    plain = [" ".join(normalize(side or "").replace("-", " ").replace("_", " ").split()) for side in sides]
    unknown = [position for position, side in enumerate(plain) if side not in TRAINING and side not in HELD_OUT]
    held = [side in HELD_OUT for side in plain]
    if not unknown:
        return held, []
    values = sorted({sides[position] or "" for position in unknown})
    message = (
        f"{quote(column)} says neither train nor validation in {pluralize(len(unknown), 'row')}, first on "
        f"{places[unknown[0]]}, but {join_names(values, 5)}; they are trained on."
    )
    fix = "Write train or validation in each row (test and held-out count as validation)."
    return held, [Finding(id="unknown-side", level="error", message=message, fix=fix, field=column)]


def straddling(keys: Sequence[Hashable], held: Sequence[int], places: Sequence[str]) -> Fault | None:
    """Return the fault of a split that has rows with one key on both sides, or None if it has none.

    Parameters
    ----------
    keys
        What should stay together.
    held
        The positions held out.
    places
        Where each example is: `line 14`.
    """
    out = set(held)
    sides: dict[Hashable, list[int | None]] = {}
    for position, key in enumerate(keys):
        first = sides.setdefault(key, [None, None])
        side = position in out
        if first[side] is None:
            first[side] = position
    pairs = [(trained, tested) for trained, tested in sides.values() if trained is not None and tested is not None]
    if not pairs:
        return None
    named = [f"{places[trained]} (train) and {places[tested]} (validation)" for trained, tested in pairs[:TOLD]]
    more = f", and {pluralize(len(pairs) - TOLD, 'more pair')}" if len(pairs) > TOLD else ""
    message = f"A random split puts the same or nearly the same prompt on both sides: {'; '.join(named)}{more}."
    fix = 'Use split="grouped", which keeps them together; else validation would look too good.'
    return Fault("straddling-near-duplicates", "error", message, fix)


def size_note(n_held: int) -> list[Finding]:
    """Return what a score on so many held-out examples can tell, where that is less than people think.

    The 95 % score interval of Wilson (1927), at a score of 0.80 and at 0.50, where it is widest.
    """
    if n_held < 1:
        return []
    (good, low, high), (half, below, above) = (_interval(share, n_held) for share in (0.8, 0.5))
    if high - low <= WIDE:
        return []
    message = (
        f"{pluralize(n_held, 'held-out example')}: a score of {good:.2f} means {low:.2f} to {high:.2f}, "
        f"one of {half:.2f} means {below:.2f} to {above:.2f} (95 % interval)."
    )
    fix = "Two models that lie within it cannot be told apart; hold out more to be surer."
    return [Finding(id="validation-size", level="note", message=message, fix=fix)]


def _interval(share: float, n: int) -> tuple[float, float, float]:
    """Return the score nearest to `share` that `n` examples can give, and its interval."""
    right = round(share * n)
    low, high = wilson(right, n)
    return right / n, low, high


def _labels_of_groups(keys: Sequence[Hashable], labels: Sequence[str]) -> dict[Hashable, str]:
    counts: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for key, label in zip(keys, labels, strict=True):
        counts[key][normalize(label)] += 1
    return {key: min(found, key=lambda label: (-found[label], label)) for key, found in counts.items()}


def _drawn(keys: Sequence[Hashable], positions: Sequence[int], seed: int) -> list[list[int]]:
    """Return the positions of each group, groups in the order of their draw."""
    groups: dict[Hashable, list[int]] = {}
    for position in positions:
        groups.setdefault(keys[position], []).append(position)
    return [groups[key] for key in sorted(groups, key=lambda key: _draw(key, seed))]


def _draw(key: Hashable, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _sides(n: int, held: Sequence[int]) -> tuple[list[int], list[int]]:
    out = set(held)
    return [position for position in range(n) if position not in out], sorted(held)
