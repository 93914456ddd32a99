"""Split examples into training and validation, seeded, so that rows which belong together stay in one of the two.

Three strategies (`SPLIT_STRATEGIES`): grouped, where rows with equal or nearly equal prompts stay together; stratified, where
each label also has its share of validation; random, which is refused where it separates near-duplicates. A column of the
source may decide instead. `precision_note` says how much a score on so few examples can tell.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.split_strategies import split_by_key, split_stratified, validation_size
from ftwidgets.data.text import join_names, normalize, pluralize, quote
from ftwidgets.errors import DataError
from ftwidgets.statistics import wilson

if TYPE_CHECKING:
    from ftwidgets.data.check import CheckedSource

STRADDLING_NEAR_DUPLICATES = FindingType(
    "straddling-near-duplicates",
    "error",
    title="A random split would separate near-duplicates",
    why="Nearly equal rows would be on both sides, so validation would measure memory.",
    todo="Split by groups: then nearly equal rows stay together.",
)
VALIDATION_SIZE = FindingType(
    "validation-size",
    "note",
    title="How many rows are held out",
    why=(
        "A score on few rows says little: it could be far off by chance. Rows with the same prompt stay together, so the "
        "number asked for cannot always be met. If nothing can be held out at all, this is a warning."
    ),
    todo="Nothing, or ask for another share.",
    other_level="warning",
)
UNKNOWN_SIDE = FindingType(
    "unknown-side",
    "error",
    title="The split column says neither train nor validation",
    why="Such rows are trained on, although you may have meant to hold them out.",
    todo="Write `train` or `validation` in each row; `test` and `held-out` count as validation.",
)

SPLIT_STRATEGIES = ("grouped", "stratified", "random")

# What a split column may hold, in any case, with a space, a hyphen or an underscore between words.
TRAINING_NAMES = frozenset(("train", "training", "trn", "fit"))
VALIDATION_NAMES = frozenset(
    ("validation", "valid", "val", "dev", "development", "eval", "evaluation", "test", "testing")
) | frozenset(("held out", "heldout", "hold out", "holdout"))

MOST_PAIRS = 3
"""Pairs of rows that the finding on a leaking split names."""

WIDE_INTERVAL = 0.1
"""A score whose 95 % interval is wider than this deserves a note."""


@dataclass(frozen=True)
class SplitOptions:
    """How to split.

    Parameters
    ----------
    validation
        How much is held out: a fraction from 0 to below 1, or a number of examples.
    strategy
        One of `SPLIT_STRATEGIES`.
    seed
        Another seed holds out other rows.

    Raises
    ------
    ValueError
        If there is no such strategy.
    """

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

    Raises
    ------
    DataError
        If a random split would put near-duplicates on both sides.
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
        chosen = split_by_key([str(position) for position in range(len(keys))], n_validation, seed=options.seed)[1]
        if (leak := find_leak(keys, chosen, examples.places())) is not None:
            raise DataError(str(leak))
    elif options.strategy == "stratified":
        labels = [row.completion for row in examples.rows()]
        chosen = split_stratified(keys, labels, n_validation, seed=options.seed)[1]
    else:
        chosen = split_by_key(keys, n_validation, seed=options.seed)[1]
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


def split_by_column(values: Sequence[str | None], places: Sequence[str], column: str) -> tuple[list[bool], list[Finding]]:
    """Return which examples a column holds out, and a finding if it says neither for some.

    Parameters
    ----------
    values
        What the column says of each example: `train`, `validation`, `test` and the like.
    places
        Where each example is: `line 14`.
    column
        Its name.

    Returns
    -------
    list of bool
        Whether each is held out. Rows for which the column says neither are trained on.
    list of Finding
        `unknown-side`, for these.
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

    Parameters
    ----------
    keys
        Equal for rows that should stay together.
    validation
        The positions held out.
    places
        Where each example is: `line 14`.
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
    named = [f"{places[train]} (train) and {places[held_out]} (validation)" for train, held_out in pairs[:MOST_PAIRS]]
    more = f", and {pluralize(len(pairs) - MOST_PAIRS, 'more pair')}" if len(pairs) > MOST_PAIRS else ""
    message = f"A random split puts the same or nearly the same prompt on both sides: {'; '.join(named)}{more}."
    fix = 'Use split="grouped", which keeps them together; else validation would look too good.'
    return STRADDLING_NEAR_DUPLICATES(message, fix)


def precision_note(n_validation: int) -> list[Finding]:
    """Return a note on what a score on so few held-out examples can tell, where that is less than people think.

    The 95 % score interval of Wilson (1927), at a score of 0.80 and at 0.50, where it is widest.
    """
    if n_validation < 1:
        return []
    (good, low, high), (half, below, above) = (_interval(share, n_validation) for share in (0.8, 0.5))
    if high - low <= WIDE_INTERVAL:
        return []
    message = (
        f"{pluralize(n_validation, 'held-out example')}: a score of {good:.2f} means {low:.2f} to {high:.2f}, "
        f"one of {half:.2f} means {below:.2f} to {above:.2f} (95 % interval)."
    )
    fix = "Two models that lie within it cannot be told apart; hold out more to be surer."
    return [VALIDATION_SIZE(message, fix)]


def _interval(share: float, n: int) -> tuple[float, float, float]:
    """Return the score nearest to `share` that `n` examples can give, and its interval."""
    right = round(share * n)
    return right / n, *wilson(right, n)
