"""A field for examples: the path of a file, the name of a bundled dataset, or rows that the code or the service gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from ftwidgets import datasets
from ftwidgets.data.prepare import draft
from ftwidgets.data.readers import DEFAULT_COLUMNS, column_names, guess_columns
from ftwidgets.data.readers.columns import MISSING_COLUMN
from ftwidgets.data.text import normalize
from ftwidgets.errors import DataError
from ftwidgets.paths import require_path
from ftwidgets.widgets.base.markup import literal

if TYPE_CHECKING:
    from ftwidgets.evaluation.examples import Examples
    from ftwidgets.widgets.evaluation.model_defaults import ValidationFile

_TABLES = (".csv", ".tsv", ".xlsx")


class ExamplesField:
    """A text field (`control`) and the examples that it names; None leaves it empty.

    Rows from the code are called `variable` in code; `split` chooses the rows of a bundled dataset.
    """

    def __init__(self, label: str, examples: Examples | None, *, variable: str, split: str) -> None:
        self._variable, self._split = variable, split
        self._rows: pd.DataFrame | list[Mapping[str, Any]] | None = None
        self._rows_text = ""  # what the field holds while it means the rows
        self._rows_code: list[str] = []  # what makes the variable
        self._rows_in_words = "the examples from the code"
        text = ""
        if isinstance(examples, str | Path):
            text = str(examples)
        elif examples is not None:
            if not isinstance(examples, Iterable):
                what = "a file's path, a dataset's name, a DataFrame or a list of chat examples"
                raise ValueError(f'"{variable}" must be {what}: {examples!r:.60}')
            self._rows = examples if isinstance(examples, pd.DataFrame) else list(examples)
            text = self._rows_text = f"({len(self._rows)} examples from the code)"
        self.control = ipywidgets.Text(description=label, value=text)

    def fill(self, file: ValidationFile) -> None:
        """Let the field mean the rows of a job's validation file."""
        self._rows, self._rows_code = list(file.rows), file.code(self._variable)
        self._rows_text = self.control.value = file.text
        self._rows_in_words = f"the rows of {file.name}"

    @property
    def is_empty(self) -> bool:
        """Whether the field names no examples."""
        return not self.control.value.strip()

    @property
    def rows_in_words(self) -> str:
        """Which rows the examples are, such as `the rows of my_data/validation.jsonl`: their numbers are counted in these."""
        text = str(self.control.value).strip()
        if self._rows is not None and text == self._rows_text:
            return self._rows_in_words
        if text in datasets.names():
            return f"the {self._split} rows of {text}"
        return f"the {'usable ' if text.lower().endswith(_TABLES) else ''}rows of {text}"

    def load(self, system: str = "") -> Examples:
        """Return the examples that the field names; an error says why there are none, such as a missing CSV file.

        `system` is the system prompt of a table's rows that have none.
        """
        text = str(self.control.value).strip()
        label = self.control.description
        if not text:
            raise ValueError(f'"{label}" is empty: there are no examples. Name a JSONL or CSV file, or a bundled dataset.')
        if self._rows is not None and text == self._rows_text:
            return self._rows
        if text in datasets.names():
            return datasets.load(text, self._split)
        if text.lower().endswith(_TABLES):
            if not require_path(text, f'"{label}"').is_file():
                raise DataError(f'"{label}": there is no file "{text}". Check its name and folder.')
            return _read_table(text, _table_options(text, system))
        return text

    def code(self, system: str = "") -> str:
        """Return the Python expression for the same examples."""
        text = str(self.control.value).strip()
        if self._rows is not None and text == self._rows_text:
            return self._variable
        if text in datasets.names():
            return f"ftwidgets.datasets.load({literal(text)}, {literal(self._split)})"
        if text.lower().endswith(_TABLES):
            options = "".join(f", {name}={literal(value)}" for name, value in _table_options(text, system).items())
            return f"ftwidgets.check({literal(text)}{options}).examples"
        return literal(text)

    def code_before(self) -> list[str]:
        """Return the lines that the expression needs before it."""
        return self._rows_code if self.code() == self._variable else []


def _table_options(path: str, system: str) -> dict[str, str]:
    """Return how a table is read, as arguments of `ftwidgets.check`: columns of other names that are probably meant."""
    header = column_names(path)
    names = header if isinstance(header, list) else []
    there = {normalize(name) for name in names}
    guessed = {part: name for part, name in guess_columns(names).items() if normalize(DEFAULT_COLUMNS[part]) not in there}
    options: dict[str, str] = {part: guessed[part] for part in ("prompt", "completion") if part in guessed}
    return options | ({"system": system} if system.strip() else {})


def _read_table(path: str, options: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a table as chats, each once; a DataError names a row that is none."""
    made = draft(path, **options)
    used = set(made.places)
    for found in made.report.findings:
        if found.level == "error" and (not used or found.where not in {"", *used}):
            sentence = f"{found.message} Rename a column in the file." if found.id == MISSING_COLUMN.id else str(found)
            raise DataError(f"{Path(path).name}: {sentence}")
    return list(made.report.examples)
