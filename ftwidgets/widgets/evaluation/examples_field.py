"""A field for examples: the path of a file, the name of a bundled dataset, or rows that the code or the service gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from ftwidgets import datasets
from ftwidgets.errors import DataError
from ftwidgets.widgets.base.markup import literal

if TYPE_CHECKING:
    from ftwidgets.evaluation.examples import Examples
    from ftwidgets.widgets.evaluation.model_defaults import ValidationFile


class ExamplesField:
    """A text field (`control`) and the examples that it names; None leaves it empty.

    Rows from the code are called `variable` in code; `split` chooses the rows of a bundled dataset.
    """

    def __init__(self, label: str, examples: Examples | None, *, variable: str, split: str) -> None:
        self._variable, self._split = variable, split
        self._rows: pd.DataFrame | list[Mapping[str, Any]] | None = None
        self._rows_text = ""  # what the field holds while it means the rows
        self._rows_code: list[str] = []  # what makes the variable
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

    @property
    def is_empty(self) -> bool:
        """Whether the field names no examples."""
        return not self.control.value.strip()

    def load(self) -> Examples:
        """Return the examples that the field names; an error says why there are none, such as a missing CSV file."""
        text = str(self.control.value).strip()
        label = self.control.description
        if not text:
            raise ValueError(f'"{label}" is empty: there are no examples. Name a JSONL or CSV file, or a bundled dataset.')
        if self._rows is not None and text == self._rows_text:
            return self._rows
        if text in datasets.names():
            return datasets.load(text, self._split)
        if text.lower().endswith(".csv"):
            if not Path(text).expanduser().is_file():
                raise DataError(f'"{label}": there is no file "{text}". Check its name and folder.')
            return pd.read_csv(Path(text).expanduser(), dtype=str, keep_default_na=False)
        return text

    def code(self) -> str:
        """Return the Python expression for the same examples."""
        text = str(self.control.value).strip()
        if self._rows is not None and text == self._rows_text:
            return self._variable
        if text in datasets.names():
            return f"ftwidgets.datasets.load({literal(text)}, {literal(self._split)})"
        if text.lower().endswith(".csv"):
            return f"pandas.read_csv({literal(str(Path(text).expanduser()))}, dtype=str, keep_default_na=False)"
        return literal(text)

    def code_before(self) -> list[str]:
        """Return the lines that the expression needs before it."""
        return self._rows_code if self.code() == self._variable else []
