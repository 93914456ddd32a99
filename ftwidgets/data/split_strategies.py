"""Choose at random, but seeded, which examples are held out: examples with equal keys stay together.

Which rows get equal keys is decided in `splits`.
"""

import hashlib
import numbers
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

from ftwidgets.data.text import normalize


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


def split_by_key(keys: Sequence[Hashable], n_validation: int, *, seed: int = 0) -> tuple[list[int], list[int]]:
    """Return the positions of the training and of the validation examples, each in the order of `keys`.

    Examples with equal keys stay together, so validation may get slightly fewer than asked for. The order in which
    groups are taken depends on the seed and the key alone: a row added elsewhere hardly moves the others.
    """
    chosen: list[int] = []
    for positions in _shuffled_groups(keys, range(len(keys)), seed):
        if len(chosen) + len(positions) <= n_validation:
            chosen += positions
    return _both_sides(len(keys), chosen)


def split_stratified(
    keys: Sequence[Hashable], labels: Sequence[str], n_validation: int, *, seed: int = 0
) -> tuple[list[int], list[int]]:
    """Return a split, as `split_by_key` does, in which each label has its share of the validation examples.

    The shares are rounded by largest remainders (Hamilton), and a label that comes out without any gets one from the label
    with the most, as far as there are enough. Labels are normalized; a group of several labels counts as its most
    frequent one. A label all of whose rows are in one group stays in training.

    Parameters
    ----------
    keys
        Equal for examples that stay together.
    labels
        The label of each example.
    n_validation, seed
        How many are held out, and another seed for others.
    """
    label_of = _label_of_each_group(keys, labels)
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
    return _both_sides(len(keys), chosen)


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


def _label_of_each_group(keys: Sequence[Hashable], labels: Sequence[str]) -> dict[Hashable, str]:
    counts: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for key, label in zip(keys, labels, strict=True):
        counts[key][normalize(label)] += 1
    return {key: min(found, key=lambda label: (-found[label], label)) for key, found in counts.items()}


def _shuffled_groups(keys: Sequence[Hashable], positions: Sequence[int], seed: int) -> list[list[int]]:
    """Return the positions of each group, groups in the order of a hash of seed and key."""

    def rank(key: Hashable) -> bytes:
        return hashlib.blake2b(f"{seed}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

    groups: dict[Hashable, list[int]] = {}
    for position in positions:
        groups.setdefault(keys[position], []).append(position)
    return [groups[key] for key in sorted(groups, key=rank)]


def _both_sides(n: int, chosen: Sequence[int]) -> tuple[list[int], list[int]]:
    excluded = set(chosen)
    return [position for position in range(n) if position not in excluded], sorted(chosen)
