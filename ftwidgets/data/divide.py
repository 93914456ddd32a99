"""Which of a source's examples are held out: by groups, by label, at random, or as a column says.

Left out: drawing (`split`) and writing (`prepare`).
"""

from collections.abc import Sequence

from ftwidgets.data import splits
from ftwidgets.data.examine import Examined
from ftwidgets.data.findings import Finding
from ftwidgets.data.lazy_examples import Examples
from ftwidgets.data.text import normalize, pluralize
from ftwidgets.errors import DataError

WAYS = ("grouped", "stratified", "random")


def divide(examined: Examined, validation: float, seed: int, way: str = "grouped") -> tuple[list[bool], list[Finding]]:
    """Tell of each example whether it is held out, and remark on it if fewer are than asked for.

    Raises
    ------
    DataError
        If a random split would put near-duplicates on both sides, or the split column says nothing of a row.
    """
    examples = examined.examples
    assert isinstance(examples, Examples)
    keys = _keys(examples, examined)
    if examined.opened is not None and "split" in examined.opened.columns:
        return _by_column(examples, keys, examined.opened.columns["split"])
    wanted = splits.validation_size(validation, len(examples))
    if way == "random":
        held = splits.split([str(position) for position in range(len(keys))], wanted, seed=seed)[1]
        if (straddling := splits.straddling(keys, held, examples.places())) is not None:
            raise DataError(str(straddling))
    elif way == "stratified":
        held = splits.stratified(keys, [row.completion for row in examples.rows()], wanted, seed=seed)[1]
    else:
        held = splits.split(keys, wanted, seed=seed)[1]
    sides = [False] * len(examples)
    for position in held:
        sides[position] = True
    return sides, _shortfall(len(held), wanted)


def _keys(examples: Examples, examined: Examined) -> list[str]:
    """Return what each example goes by in a split: the first prompt of its group, folded, so that a seed lasts.

    With a group column, rows of one owner stay together too, and so do all that hang together over owners and prompts.
    """
    near, first = examined.near.keys, dict[int, str]()
    keys, owners = [], []
    for position, row in zip(examples.positions, examples.rows(), strict=True):
        keys.append(first.setdefault(near[position], normalize(row.prompt)))
        owners.append(normalize(row.group or ""))
    return _joined(keys, owners) if any(owners) else keys


def _joined(keys: Sequence[str], owners: Sequence[str]) -> list[str]:
    """Return keys that are equal wherever two rows have the same key or the same owner (union-find, by halving paths)."""
    above = {key: key for key in keys}

    def top(key: str) -> str:
        while above[key] != key:
            above[key] = key = above[above[key]]
        return key

    of_owner: dict[str, str] = {}
    for key, owner in zip(keys, owners, strict=True):
        if owner:
            above[top(key)] = top(of_owner.setdefault(owner, key))
    return [top(key) for key in keys]


def _by_column(examples: Examples, keys: Sequence[str], column: str) -> tuple[list[bool], list[Finding]]:
    places = examples.places()
    sides, findings = splits.by_column([row.split for row in examples.rows()], places, column)
    held = [position for position, out in enumerate(sides) if out]
    straddling = splits.straddling(keys, held, places)
    return sides, findings if straddling is None else [*findings, straddling]


def _shortfall(n_held: int, wanted: int) -> list[Finding]:
    if n_held >= wanted:
        return []
    message = f"{pluralize(n_held, 'example')} held out instead of {wanted:,}: rows with the same prompt stay together."
    return [Finding(id="validation-size", level="note" if n_held else "warning", message=message)]
