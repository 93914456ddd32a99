"""A pandas DataFrame, of texts in columns or of chats in one, and a list of records. Left out: changing either."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.columns import clean
from ftwidgets.data.readers.in_memory import Held
from ftwidgets.data.readers.table import is_missing
from ftwidgets.data.text import printable

if TYPE_CHECKING:
    import pandas as pd

# Columns that hold lists: what such a row says, it says as a record.
_OF_RECORDS = {"messages", "conversations", "preferred_output", "chosen"}


def is_frame(source: object) -> "TypeGuard[pd.DataFrame]":
    """Tell whether `source` is a DataFrame, without importing pandas for those who do not use it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def is_records(source: object) -> "TypeGuard[Sequence[Any]]":
    """Tell whether `source` is a list of dicts, or something that can be looked at like one (a Hugging Face dataset)."""
    if isinstance(source, (str, bytes, Mapping)):
        return False
    if not isinstance(source, Sequence) and not (hasattr(source, "column_names") and hasattr(source, "__getitem__")):
        return False
    return len(source) == 0 or isinstance(source[0], Mapping)  # type: ignore[arg-type]


def of_records(frame: "pd.DataFrame") -> bool:
    """Tell whether the rows of a DataFrame are records: whether a column holds lists of messages."""
    return any(str(column) in _OF_RECORDS for column in frame.columns)


def frame_header(frame: "pd.DataFrame") -> tuple[str, ...]:
    """Return the names of the columns."""
    return tuple(clean(str(column)) for column in frame.columns)


def read_frame(frame: "pd.DataFrame", *, records: bool) -> Held:
    """Return the rows of a DataFrame; its index labels name them, or their positions where labels repeat."""
    notes = []
    if frame.index.is_unique:
        labels = [label if type(label) is int else printable(str(label), 40) for label in frame.index.tolist()]
    else:
        labels = list(range(len(frame)))
        message = "The index of the DataFrame repeats labels, so rows are named by position, counted from 0 as .iloc does."
        notes.append(Finding(id="repeated-index", level="note", message=message, fix="reset_index() gives unique labels."))
    values: list[Any] = list(frame.itertuples(index=False, name=None))
    if records:
        names = [str(column) for column in frame.columns]
        values = [
            {name: plain(value) for name, value in zip(names, cells, strict=True) if not is_missing(value)} for cells in values
        ]
    return Held("DataFrame", values, labels, notes=notes)


def record(value: Any) -> Any:
    """Return a record of a list as a dict; of one that holds lists, keys without a value are left out."""
    if not isinstance(value, Mapping):
        return value
    nested = any(not isinstance(held, str) and hasattr(held, "__len__") for held in value.values())
    return {key: plain(held) for key, held in value.items() if held is not None or not nested}


def plain(value: Any) -> Any:
    """Return arrays as lists and mappings as dicts, all the way down: Parquet hands out arrays of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items() if not (held is None and key != "content")}
    if isinstance(value, (list, tuple)):
        return [plain(held) for held in value]
    kept = getattr(value, "tolist", None)
    return plain(kept()) if callable(kept) and hasattr(value, "ndim") and value.ndim else value
