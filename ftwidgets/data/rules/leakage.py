"""Leakage: validation rows that are also trained on, by the same prompt, nearly the same prompt, or the same group.

Left out: making a split without leakage (`ftwidgets.data.splits`).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowLookup
from ftwidgets.data.rules.duplicates import first_occurrences
from ftwidgets.data.text import normalize, quote

if TYPE_CHECKING:
    from ftwidgets.data.rows import TrainingRow
    from ftwidgets.data.rules.near_duplicates.rule import NearDuplicates

SHARED_PROMPT = FindingType(
    "shared-prompt", "error", title="A validation row is also trained on",
    why="The model has seen the answer, so the score tells nothing about new questions.",
    fix="Delete it from one of the two.",
)  # fmt: skip
SHARED_NEAR = FindingType(
    "shared-near", "error", title="A validation row is nearly the same as a training row",
    why="The model has seen almost this answer, so the score is too good.",
    fix="Delete it from one of the two, or let `ftwidgets.prepare` split by groups.",
)  # fmt: skip
SHARED_GROUP = FindingType(
    "shared-group", "error", title="A group is on both sides",
    why="Rows of one customer or one document are similar. With some of them in training, the others are no fair test.",
    fix="Put all rows of the group on one side.",
)  # fmt: skip


def find_leaked_prompts(
    train: "NearDuplicates", train_rows: RowLookup, validation: "NearDuplicates", validation_rows: RowLookup
) -> Iterator[tuple[int, Finding]]:
    """Yield (position among the validation rows, finding) for each row whose prompt is trained on, exactly or nearly.

    `train` and `validation` are the rules that have seen the training rows and the validation rows. If one of them was made
    with `near=False`, only prompts that are equal when normalized are found.
    """
    import numpy as np

    from ftwidgets.data.rules.near_duplicates.groups import find_groups

    n = len(train_rows)
    first_of_all = first_occurrences(np.concatenate((train.prompt_hashes, validation.prompt_hashes)))
    first = root = first_of_all[n:]
    if train.near and validation.near and len(first):
        both = _TwoSources(train_rows, validation_rows)
        root = find_groups(first_of_all, train.fingerprints.concatenate(validation.fingerprints), both).roots[n:]
    for position in np.flatnonzero((first < n) | (root < n)).tolist():
        if first[position] < n:
            where = train_rows.where(int(first[position]))
            message = f"The prompt is also in the training rows ({where}), so validation would look too good."
            yield position, SHARED_PROMPT(message, "Delete it from one of the two.")
        else:
            where = train_rows.where(int(root[position]))
            message = f"Nearly the same prompt is in the training rows ({where}), so validation would look too good."
            yield position, SHARED_NEAR(message, "Delete one of the two, or keep both on one side.")


class _TwoSources:
    """A `RowLookup` over two sources: the rows of the first, then those of the second."""

    def __init__(self, one: RowLookup, two: RowLookup) -> None:
        self._one, self._two, self._n = one, two, len(one)

    def __len__(self) -> int:
        return self._n + len(self._two)

    def where(self, position: int) -> str:
        return self._one.where(position) if position < self._n else self._two.where(position - self._n)

    def read(self, positions: Sequence[int]) -> "list[TrainingRow]":
        own = [position for position in positions if position < self._n]
        others = [position - self._n for position in positions if position >= self._n]
        return [*(self._one.read(own) if own else ()), *(self._two.read(others) if others else ())]


def find_leaked_groups(
    train_groups: Sequence[str | None], validation_groups: Sequence[str | None], train_rows: RowLookup
) -> Iterator[tuple[int, Finding]]:
    """Yield (position among the validation rows, finding) for each row of a group that is trained on.

    The groups are the values of the group column in each row, compared normalized; None or blank: the row is in no group.
    """
    first: dict[str, int] = {}
    for position, group in enumerate(train_groups):
        if group and (name := normalize(group)):
            first.setdefault(name, position)
    for position, group in enumerate(validation_groups):
        if group and (same := first.get(normalize(group))) is not None:
            where = train_rows.where(same)
            message = f"Group {quote(group, 40)} is also in the training rows ({where}), so validation would look too good."
            yield position, SHARED_GROUP(message, "Keep all rows of a group on one side.")
