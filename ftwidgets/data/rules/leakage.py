"""Validation rows that are also trained on: the same prompt, nearly the same, or another row of the same group.

Left out: splitting so that none is (`split`).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowLookup
from ftwidgets.data.rules.number_columns import firsts
from ftwidgets.data.text import normalize, quote

if TYPE_CHECKING:
    from ftwidgets.data.rows import TrainingRow
    from ftwidgets.data.rules.near_duplicates.rule import Near

SHARED_PROMPT = FindingType(
    "shared-prompt",
    "error",
    title="A validation row is also trained on",
    why="The model has seen the answer, so the score says nothing about new questions.",
    todo="Delete it from one of the two.",
)
SHARED_NEAR = FindingType(
    "shared-near",
    "error",
    title="A validation row is nearly the same as a trained one",
    why="The model has seen nearly this answer, so the score is too good.",
    todo="Delete it from one of the two, or let `ftwidgets.prepare` split by groups.",
)
SHARED_GROUP = FindingType(
    "shared-group",
    "error",
    title="A group is on both sides",
    why="Rows of one customer or one document are alike. With some of them in training, the others are no fair test.",
    todo="Put all rows of the group on one side.",
)


def leaks(train: "Near", train_known: RowLookup, held: "Near", held_known: RowLookup) -> Iterator[tuple[int, Finding]]:
    """Yield (position among the validation rows, fault) for each whose prompt is trained on, exactly or nearly.

    Parameters
    ----------
    train, held
        The rules that have seen the training rows and the validation rows. Where one of them was told not to look for
        near-duplicates, only equal prompts are found (case, blanks and Unicode form aside).
    train_known, held_known
        The rows they have seen.
    """
    import numpy as np

    from ftwidgets.data.rules.near_duplicates.groups import grouped

    n = len(train_known)
    keys = np.concatenate((train.prompt_hashes, held.prompt_hashes))
    first_of_all = firsts(keys)
    first = top = first_of_all[n:]
    if train.near and held.near and len(first):
        both = _Both(train_known, held_known)
        top = grouped(first_of_all, train.sketches.joined(held.sketches), both).tops[n:]
    for position in np.flatnonzero((first < n) | (top < n)).tolist():
        if first[position] < n:
            yield position, _shared(train_known.where(int(first[position])))
        else:
            yield position, _nearly(train_known.where(int(top[position])))


class _Both:
    """Two sources as one: the rows of the first, then those of the second (`RowLookup`)."""

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


def shared_groups(
    train_groups: Sequence[str | None], held_groups: Sequence[str | None], train_known: RowLookup
) -> Iterator[tuple[int, Finding]]:
    """Yield (position among the validation rows, fault) for each row of a group that is trained on.

    Parameters
    ----------
    train_groups, held_groups
        What the group column says of each row; None or blank: the row is in no group. Compared folded.
    train_known
        The training rows, to name the first of the group.
    """
    first: dict[str, int] = {}
    for position, group in enumerate(train_groups):
        if group and (name := normalize(group)):
            first.setdefault(name, position)
    for position, group in enumerate(held_groups):
        if group and (twin := first.get(normalize(group))) is not None:
            yield position, _of_group(group, train_known.where(twin))


def _shared(where: str) -> Finding:
    message = f"The prompt is also in the training rows ({where}), so validation would look too good."
    return SHARED_PROMPT(message, "Delete it from one of the two.")


def _nearly(where: str) -> Finding:
    message = f"Nearly the same prompt is in the training rows ({where}), so validation would look too good."
    return SHARED_NEAR(message, "Delete one of the two, or keep both on one side.")


def _of_group(group: str, where: str) -> Finding:
    message = f"Group {quote(group, 40)} is also in the training rows ({where}), so validation would look too good."
    return SHARED_GROUP(message, "Keep all rows of a group on one side.")
