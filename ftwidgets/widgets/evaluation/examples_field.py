"""Examples named in a field or handed in as an object: read them, and write them in code.

Left out: what the examples are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ftwidgets import datasets
from ftwidgets.errors import DataError
from ftwidgets.widgets.base import markup

if TYPE_CHECKING:
    from ftwidgets.evaluation.examples import Examples


class Given:
    """What a field for examples stands for.

    Parameters
    ----------
    name
        The variable that stands in code for an object handed in.
    examples
        The object, a path or the name of a bundled dataset; None for an empty field.
    split
        Which rows of a bundled dataset are meant.
    """

    def __init__(self, name: str, examples: Examples | None, *, split: str) -> None:
        self._name, self._split = name, split
        self._object: pd.DataFrame | list[Mapping[str, Any]] | None = None
        self.text = ""
        if isinstance(examples, str | Path):
            self.text = str(examples)
        elif examples is not None:
            self._object = examples if isinstance(examples, pd.DataFrame) else list(examples)
            self.text = f"({len(self._object)} examples handed in)"

    def load(self, text: str) -> Examples:
        """Read what the field names.

        Raises
        ------
        ValueError
            If the field is empty, or names a CSV file that is not there or cannot be read.
        """
        text = text.strip()
        if not text:
            raise ValueError("there are no examples. Name a JSONL or CSV file, or a bundled dataset.")
        if self._object is not None and text == self.text:
            return self._object
        if text in datasets.names():
            return datasets.load(text, self._split)
        if text.lower().endswith(".csv"):
            if not Path(text).expanduser().is_file():
                raise DataError(f'there is no file "{text}". Check its name and folder.')
            return pd.read_csv(Path(text).expanduser(), dtype=str, keep_default_na=False)
        return text

    def code(self, text: str) -> str:
        """Write the expression that gives the same examples."""
        text = text.strip()
        if self._object is not None and text == self.text:
            return self._name
        if text in datasets.names():
            return f"ftwidgets.datasets.load({markup.literal(text)}, {markup.literal(self._split)})"
        if text.lower().endswith(".csv"):
            return f"pandas.read_csv({markup.literal(str(Path(text).expanduser()))}, dtype=str, keep_default_na=False)"
        return markup.literal(text)
