"""From a record (a row of JSON, a dict) to an example, or to what keeps it from being one, by `form`.

Left out: what the forms are (`form`), and flat records whose keys were named as columns (`flat`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ftwidgets.data import schema
from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.source import Item, Mend
from ftwidgets.data.readers.table import text_of
from ftwidgets.data.rows import Fault, Row, TrainingRow
from ftwidgets.data.text import quote

# What a record becomes; a file holds examples of one kind.
BECOMES = {
    "chat": "chat",
    "sharegpt": "chat",
    "completion": "completion",
    "alpaca": "completion",
    "preference": "preference",
}
_CALLED = {"chat": "chat", "completion": "prompt and completion", "preference": "preference"}
_MAPPING = ' Or say which of its keys they are: prompt="...", completion="...".'


@dataclass
class RecordReader:
    """What makes an example of a record.

    Parameters
    ----------
    system
        The system prompt of records that have none of their own.
    columns
        The keys that hold the group and the split, where they are named; they are no part of the example.
    kind
        What the first record is, such as `alpaca`; a record of another kind cannot be used beside it.
    """

    system: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    kind: str = "unknown"
    header: tuple[str, ...] = ()
    mend: Mend | None = None
    n_mixed: int = 0

    def __post_init__(self) -> None:
        self.form = self.kind
        self._becomes = BECOMES.get(self.kind)
        self._beside = tuple(self.columns.values())

    def fresh(self, mend: Mend | None = None) -> "RecordReader":
        """Return the same reader as it was before it took a row."""
        return replace(self, mend=mend, n_mixed=0)

    def remarks(self) -> list[Finding]:
        """Nothing: a record is judged by itself."""
        return []

    def units(self, rows: Iterator[Row | list[Finding]]) -> Iterator[Item]:
        """Yield an example or findings for each row."""
        take, read, system = self.take, schema.read, self.system
        plain = self.mend is None and not self.columns and self._becomes is not None
        becomes = self._becomes
        for row in rows:
            if type(row) is list:
                yield row
            elif plain:
                kind, faults, example, prompt, completion, prompted, own = read(row.values, system)  # type: ignore[union-attr]
                if not faults and example is not None and (kind == becomes or BECOMES.get(kind) == becomes):
                    yield TrainingRow(row, prompt, completion, prompted, own, example)  # type: ignore[arg-type]
                else:
                    yield take(row)  # type: ignore[arg-type]
            else:
                yield take(row)  # type: ignore[arg-type]

    def take(self, row: Row) -> Item:
        """Return the row as an example, or the findings that keep it from being one."""
        value, group, split = self._apart(row.values)
        if self.mend is not None:
            value = self.mend(value)
        found = schema.read(value, self.system)
        becomes = BECOMES.get(found.kind)
        faults = [_told(fault) for fault in found.faults]
        if becomes is not None and self._becomes is not None and becomes != self._becomes:
            return [row.found(self._mixed(becomes))]
        if found.example is None or any(fault.level == "error" for fault in faults):
            return [row.found(fault) for fault in faults]
        self._becomes = self._becomes or becomes
        texts = found.prompt, found.completion, found.system, found.own_system
        return TrainingRow(row, *texts, found.example, group, split, tuple(faults))

    def _apart(self, value: Any) -> tuple[Any, str | None, str | None]:
        """Return a record without the keys of group and split, and what these say."""
        if not self.columns or not isinstance(value, dict):
            return value, None, None
        said = {part: text_of(value.get(key)).strip() or None for part, key in self.columns.items()}
        rest = {key: held for key, held in value.items() if key not in self._beside}
        return rest, said.get("group"), said.get("split")

    def _mixed(self, becomes: str) -> Fault:
        message = f"This is a {_CALLED[becomes]} row; the first row of the file is a {_CALLED[self._becomes or becomes]} row."
        fix = "A file holds rows of one kind: a training method takes one. Put the others into a file of their own."
        return Fault("mixed-forms", "error", message, fix)


def kind_of(value: object) -> str:
    """Return the kind of a record, `unknown` if it is of none."""
    return schema.read(value).kind


def _told(fault: Fault) -> Fault:
    return replace(fault, fix=fault.fix + _MAPPING) if fault.id == "unknown-shape" else fault


def missing_key(name: str, keys: str) -> Finding:
    """Return the finding for a key that was named and is not in the first record."""
    message = f"There is no key {quote(name)} in the first record; its keys are {keys}."
    return Finding(id="missing-column", level="error", message=message, fix="Check its spelling.", field=name)
