"""From a path or a DataFrame to a table, or to the one finding that says why there is none.

Left out: JSONL and XLSX, which get a sentence instead.
"""

import difflib
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from ftwidgets.prep.decode import decode
from ftwidgets.prep.delimited import clean, parse
from ftwidgets.prep.findings import Finding
from ftwidgets.prep.kinds import foreign_bytes, foreign_text
from ftwidgets.prep.table import Row, Table
from ftwidgets.prep.words import quoted, visible

if TYPE_CHECKING:
    import pandas as pd

Source: TypeAlias = "str | os.PathLike[str] | pd.DataFrame"


def read(source: Source, wanted: Collection[str]) -> Table | Finding:
    """Return the table in `source`, or the one finding that says why there is none.

    `wanted` holds the names of the columns looked for; they help to tell the delimiter.
    """
    if _is_frame(source):
        return _read_frame(source)
    if not isinstance(source, (str, os.PathLike)):
        kind = type(source).__name__
        raise TypeError(
            f"the source is the path of a CSV file or a pandas DataFrame, not a {kind}: pd.DataFrame(...) makes one."
        )
    return _read_file(source, wanted)


def _is_frame(source: object) -> "TypeGuard[pd.DataFrame]":
    """Tell whether `source` is a DataFrame, without importing pandas for those who do not use it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def _read_file(source: "str | os.PathLike[str]", wanted: Collection[str]) -> Table | Finding:
    path = Path(source)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return _cannot_open(path, error)
    name = visible(path.name)
    if (foreign := foreign_bytes(data, name)) is not None:
        return foreign
    text = decode(data, name)
    if isinstance(text, Finding):
        return text
    return foreign_text(text, name) or parse(text, name, wanted)


def _cannot_open(path: Path, error: Exception) -> Finding:
    text = str(path)
    if "\n" in text or text.startswith(("http:", "https:")):
        kind = "the text of a table" if "\n" in text else "a web address"
        message = f"{quoted(text)} is {kind}, not the path of a file."
        return Finding(id="not-found", level="error", message=message, fix="Save it as a CSV file and give its path.")
    if isinstance(error, IsADirectoryError):
        return Finding(id="not-found", level="error", message=f"{quoted(text)} is a folder.", fix="Name a CSV file in it.")
    if not isinstance(error, FileNotFoundError):
        message = f"{quoted(text)} cannot be opened: {getattr(error, 'strerror', None) or error}."
        return Finding(id="not-readable", level="error", message=message, fix="Check the path and its permissions.")
    close = difflib.get_close_matches(path.name, _files_beside(path), n=1, cutoff=0.75)
    hint = f"Did you mean {quoted(close[0])}?" if close else "Check its name and folder."
    return Finding(id="not-found", level="error", message=f"There is no file {quoted(text)}.", fix=hint)


def _files_beside(path: Path) -> list[str]:
    try:
        return [file.name for file in path.parent.iterdir() if file.is_file()]
    except OSError:
        return []


def _read_frame(frame: "pd.DataFrame") -> Table:
    """Return the table in a DataFrame; its index labels name the rows, or their positions where labels repeat."""
    header = tuple(clean(str(column)) for column in frame.columns)
    findings = []
    if frame.index.is_unique:
        labels = [label if type(label) is int else visible(str(label), 40) for label in frame.index.tolist()]
    else:
        labels = list(range(len(frame)))
        message = "The index of the DataFrame repeats labels, so rows are named by position, counted from 0 as .iloc does."
        findings.append(Finding(id="repeated-index", level="note", message=message, fix="reset_index() gives unique labels."))
    values = frame.itertuples(index=False, name=None)
    rows = [
        Row(order=position, line=None, label=label, values=tuple(cells))
        for position, (label, cells) in enumerate(zip(labels, values, strict=True), start=1)
    ]
    return Table(name="DataFrame", header=header, rows=rows, from_file=False, findings=findings)
