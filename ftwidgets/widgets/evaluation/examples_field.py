"""A field for examples: a path, the name of a bundled dataset, or an object from the code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import pandas as pd

from ftwidgets import datasets
from ftwidgets.errors import DataError
from ftwidgets.widgets.base import markup

if TYPE_CHECKING:
    from ftwidgets.evaluation.examples import Examples


class ExamplesField:
    """A text field and the examples that it names.

    Parameters
    ----------
    label
        Of the field.
    examples
        An object, a path or the name of a bundled dataset; None for an empty field.
    variable
        The name of the object in code.
    split
        The rows of a bundled dataset to use.

    Attributes
    ----------
    control
        The text field.
    """

    def __init__(self, label: str, examples: Examples | None, *, variable: str, split: str) -> None:
        self._variable, self._split = variable, split
        self._object: pd.DataFrame | list[Mapping[str, Any]] | None = None
        self._object_text = ""  # what the field holds while it means the object
        text = ""
        if isinstance(examples, str | Path):
            text = str(examples)
        elif examples is not None:
            self._object = examples if isinstance(examples, pd.DataFrame) else list(examples)
            text = self._object_text = f"({len(self._object)} examples from the code)"
        self.control = ipywidgets.Text(description=label, value=text)

    @property
    def is_empty(self) -> bool:
        """Whether the field names no examples."""
        return not self.control.value.strip()

    def load(self) -> Examples:
        """Return the examples that the field names.

        Raises
        ------
        ValueError
            If the field is empty, or names a CSV file that does not exist or cannot be read.
        """
        text = str(self.control.value).strip()
        if not text:
            raise ValueError("there are no examples. Name a JSONL or CSV file, or a bundled dataset.")
        if self._object is not None and text == self._object_text:
            return self._object
        if text in datasets.names():
            return datasets.load(text, self._split)
        if text.lower().endswith(".csv"):
            if not Path(text).expanduser().is_file():
                raise DataError(f'there is no file "{text}". Check its name and folder.')
            return pd.read_csv(Path(text).expanduser(), dtype=str, keep_default_na=False)
        return text

    def code(self) -> str:
        """Return the Python expression for the same examples."""
        text = str(self.control.value).strip()
        if self._object is not None and text == self._object_text:
            return self._variable
        if text in datasets.names():
            return f"ftwidgets.datasets.load({markup.literal(text)}, {markup.literal(self._split)})"
        if text.lower().endswith(".csv"):
            return f"pandas.read_csv({markup.literal(str(Path(text).expanduser()))}, dtype=str, keep_default_na=False)"
        return markup.literal(text)
