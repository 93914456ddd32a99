"""Split examples into training and validation, seeded, so that rows which belong together stay in one of the two.

Three strategies (`SPLIT_STRATEGIES`): grouped, where rows with equal or nearly equal prompts stay together; stratified, where
each label also has its share of validation; random, which is rejected where it separates near-duplicates. A column of the
source may decide instead. `precision_note` says how much a score on so few examples can tell.
"""

import hashlib
import numbers
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.text import join_names, normalize, pluralize, quote
from ftwidgets.errors import DataError
from ftwidgets.statistics import wilson

if TYPE_CHECKING:
    from ftwidgets.data.check import CheckedSource

STRADDLING_NEAR_DUPLICATES = FindingType(
    "straddling-near-duplicates", "error", title="A random split would separate near-duplicates",
    why="Nearly equal rows would be on both sides, so validation would measure memory.",
    fix="Split by groups: then nearly equal rows stay together.",
)  # fmt: skip
VALIDATION_SIZE = FindingType(
    "validation-size", "note", title="How many rows are held out",
    why="A score on few rows says little: it could be far off by chance. Rows with the same prompt stay together, so the "
        "number asked for cannot always be met. If nothing can be held out at all, this is a warning.",
    fix="Nothing, or ask for another share.", other_level="warning",
)  # fmt: skip
UNKNOWN_SIDE = FindingType(
    "unknown-side", "error", title="The split column says neither train nor validation",
    why="Such rows are trained on, although you may have meant to hold them out.",
    fix="Write `train` or `validation` in each row; `test` and `held-out` count as validation.",
)  # fmt: skip

SPLIT_STRATEGIES = ("grouped", "stratified", "random")

# What a split column may hold, in any case, with a space, a hyphen or an underscore between words.
TRAINING_NAMES = frozenset(("train", "training", "trn", "fit"))
VALIDATION_NAMES = frozenset(
    ("validation", "valid", "val", "dev", "development", "eval", "evaluation", "test", "testing")
) | frozenset(("held out", "heldout", "hold out", "holdout"))

MAX_PAIRS = 3  # pairs of rows that the finding on a leaking split names
WIDE_INTERVAL = 0.1  # a score whose 95 % interval is wider than this deserves a note


@dataclass(frozen=True)
class SplitOptions:
    """How to split: `validation` is a fraction from 0 to below 1, or a number of examples; ValueError for another strategy."""

    validation: float
    strategy: str = "grouped"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.strategy not in SPLIT_STRATEGIES:
            raise ValueError(f"split is one of {', '.join(SPLIT_STRATEGIES)}: {self.strategy!r}")


class Split(NamedTuple):
    """Of each example whether it is held out for validation, and what was found on the way."""

    in_validation: list[bool]
    findings: list[Finding]


def split_source(checked: "CheckedSource", options: SplitOptions) -> Split:
    """Split the examples of a checked source, as its split column says or else by the strategy.

    Raises DataError if a random split would put near-duplicates on both sides.
    """
    examples = checked.examples
    keys = _group_keys(checked)
    if "split" in checked.source.columns:
        places = examples.places()
        in_validation, findings = split_by_column(
            [row.split for row in examples.rows()], places, checked.source.columns["split"]
        )
        leak = find_leak(keys, [position for position, held_out in enumerate(in_validation) if held_out], places)
        return Split(in_validation, findings if leak is None else [*findings, leak])
    n_validation = validation_size(options.validation, len(examples))
    if options.strategy == "random":
        chosen = split_by_key([str(position) for position in range(len(keys))], n_validation, seed=options.seed)
        if (leak := find_leak(keys, chosen, examples.places())) is not None:
            raise DataError(str(leak))
    elif options.strategy == "stratified":
        labels = [row.completion for row in examples.rows()]
        chosen = split_stratified(keys, labels, n_validation, seed=options.seed)
    else:
        chosen = split_by_key(keys, n_validation, seed=options.seed)
    in_validation = [False] * len(examples)
    for position in chosen:
        in_validation[position] = True
    if len(chosen) >= n_validation:
        return Split(in_validation, [])
    message = (
        f"{pluralize(len(chosen), 'example')} held out instead of {n_validation:,}: rows with the same prompt stay together."
    )
    return Split(in_validation, [VALIDATION_SIZE(message, level="note" if chosen else "warning")])


def _group_keys(checked: "CheckedSource") -> list[str]:
    """Return a key for each example, equal for rows that stay together.

    It is the first prompt of the row's group of near-duplicates, normalized, so that a seed gives the same split again. With
    a group column, rows of one group stay together too, and so do all rows that are connected over groups and prompts.
    """
    examples, near_keys, first_prompt = checked.examples, checked.near.keys, dict[int, str]()
    keys, groups = [], []
    for position, row in zip(examples.positions, examples.rows(), strict=True):
        keys.append(first_prompt.setdefault(near_keys[position], normalize(row.prompt)))
        groups.append(normalize(row.group or ""))
    return _connect(keys, groups) if any(groups) else keys


def _connect(keys: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Return keys that are equal wherever two rows have the same key or the same group (union-find, by halving paths)."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    key_of_group: dict[str, str] = {}
    for key, group in zip(keys, groups, strict=True):
        if group:
            parent[root(key)] = root(key_of_group.setdefault(group, key))
    return [root(key) for key in keys]


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


def split_by_key(keys: Sequence[Hashable], n_validation: int, *, seed: int = 0) -> list[int]:
    """Return the positions of the validation examples, rising.

    Examples with equal keys stay together, so there may be slightly fewer than asked for. The order in which
    groups are taken depends on the seed and the key alone: a row added elsewhere hardly moves the others.
    """
    chosen: list[int] = []
    for positions in _shuffled_groups(keys, range(len(keys)), seed):
        if len(chosen) + len(positions) <= n_validation:
            chosen += positions
    return sorted(chosen)


def split_stratified(keys: Sequence[Hashable], labels: Sequence[str], n_validation: int, *, seed: int = 0) -> list[int]:
    """Return the positions of the validation examples, as `split_by_key` does, with its share for each of the `labels`.

    The shares are rounded by largest remainders (Hamilton), and a label that comes out without any gets one from the label
    with the most, as far as there are enough. Labels are normalized; a group of several labels counts as its most
    frequent one. A label all of whose rows are in one group stays in training.
    """
    counts: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for key, label in zip(keys, labels, strict=True):
        counts[key][normalize(label)] += 1
    label_of = {key: min(found, key=lambda label: (-found[label], label)) for key, found in counts.items()}
    by_label: dict[str, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        by_label[label_of[key]].append(position)
    limits = {}  # rows that can be held out with something left to train on
    for label, positions in by_label.items():
        sizes = Counter(keys[position] for position in positions)
        limits[label] = len(positions) - min(sizes.values())
    chosen: list[int] = []
    for label, quota in apportion({label: len(rows) for label, rows in by_label.items()}, limits, n_validation).items():
        n_of_label = 0
        for positions in _shuffled_groups(keys, by_label[label], seed):
            if n_of_label + len(positions) <= quota:
                chosen += positions
                n_of_label += len(positions)
    return sorted(chosen)


def apportion(counts: Mapping[str, int], limits: Mapping[str, int], n: int) -> dict[str, int]:
    """Return how many of `n` each label gets: in proportion to its count, at most its limit, at least one if possible."""
    total = sum(counts.values())
    exact = {label: n * count / total for label, count in counts.items()}
    parts = {label: min(int(share), limits[label]) for label, share in exact.items()}
    by_remainder = sorted(counts, key=lambda label: (int(exact[label]) - exact[label], label))
    while sum(parts.values()) < n and (below := [label for label in by_remainder if parts[label] < limits[label]]):
        for label in below[: n - sum(parts.values())]:
            parts[label] += 1
    for label in sorted(label for label in parts if not parts[label] and limits[label]):
        richest = max(sorted(parts), key=lambda other: parts[other])
        if parts[richest] > 1:
            parts[richest] -= 1
            parts[label] = 1
    return parts


def _shuffled_groups(keys: Sequence[Hashable], positions: Sequence[int], seed: int) -> list[list[int]]:
    """Return the positions of each group, groups in the order of a hash of seed and key."""

    def rank(key: Hashable) -> bytes:
        return hashlib.blake2b(f"{seed}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

    groups: dict[Hashable, list[int]] = {}
    for position in positions:
        groups.setdefault(keys[position], []).append(position)
    return [groups[key] for key in sorted(groups, key=rank)]


def split_by_column(values: Sequence[str | None], places: Sequence[str], column: str) -> tuple[list[bool], list[Finding]]:
    """Return of each example whether a column holds it out, and the finding `unknown-side` if it says neither for some.

    `values` are what the column says of each example (`train`, `test`, ...), `places` where it is (`line 14`).
    """
    names = [" ".join(normalize(value or "").replace("-", " ").replace("_", " ").split()) for value in values]
    known = TRAINING_NAMES | VALIDATION_NAMES
    unknown = [position for position, name in enumerate(names) if name not in known]
    in_validation = [name in VALIDATION_NAMES for name in names]
    if not unknown:
        return in_validation, []
    odd = sorted({values[position] or "" for position in unknown})
    message = (
        f"{quote(column)} says neither train nor validation in {pluralize(len(unknown), 'row')}, first on "
        f"{places[unknown[0]]}, but {join_names(odd, 5)}; they are trained on."
    )
    fix = "Write train or validation in each row (test and held-out count as validation)."
    return in_validation, [UNKNOWN_SIDE(message, fix, field=column)]


def find_leak(keys: Sequence[Hashable], validation: Sequence[int], places: Sequence[str]) -> Finding | None:
    """Return the finding on rows with one key that are on both sides of a split, or None if there are none.

    `validation` are the positions held out, `places` say where each example is (`line 14`).
    """
    chosen = set(validation)
    first: dict[Hashable, list[int | None]] = {}  # of each key the first row in training and in validation
    for position, key in enumerate(keys):
        rows = first.setdefault(key, [None, None])
        if rows[position in chosen] is None:
            rows[position in chosen] = position
    pairs = [(train, held_out) for train, held_out in first.values() if train is not None and held_out is not None]
    if not pairs:
        return None
    named = [f"{places[train]} (train) and {places[held_out]} (validation)" for train, held_out in pairs[:MAX_PAIRS]]
    more = f", and {pluralize(len(pairs) - MAX_PAIRS, 'more pair')}" if len(pairs) > MAX_PAIRS else ""
    message = f"A random split puts the same or nearly the same prompt on both sides: {'; '.join(named)}{more}."
    fix = 'Use split="grouped", which keeps them together; else validation would look too good.'
    return STRADDLING_NEAR_DUPLICATES(message, fix)


def precision_note(n_validation: int) -> list[Finding]:
    """Return a note on what a score on so few held-out examples can tell, where that is less than people think.

    The 95 % score interval of Wilson (1927), at a score of 0.80 and at 0.50, where it is widest.
    """
    if n_validation < 1:
        return []
    right, half = round(0.8 * n_validation), n_validation // 2
    (low, high), (below, above) = wilson(right, n_validation), wilson(half, n_validation)
    if high - low <= WIDE_INTERVAL:
        return []
    message = (
        f"{pluralize(n_validation, 'held-out example')}: a score of {right / n_validation:.2f} means {low:.2f} to {high:.2f}, "
        f"one of {half / n_validation:.2f} means {below:.2f} to {above:.2f} (95 % interval)."
    )
    fix = "Two models that lie within it cannot be told apart; hold out more to be surer."
    return [VALIDATION_SIZE(message, fix)]
