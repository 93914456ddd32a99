"""The fields that choose the data: a bundled dataset, a path, an upload, or a DataFrame from the code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets import datasets
from ftwidgets.errors import DataError
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import field

if TYPE_CHECKING:
    import pandas as pd

    from ftwidgets.data.readers import Source

BUNDLED, PATH, UPLOAD, FRAME = "a bundled dataset", "a file beside the notebook", "an upload", "the DataFrame from the code"

_TRAIN = "train"
_KINDS = ".csv,.tsv,.txt,.xlsx,.jsonl,.json"


class SourceFields(ipywidgets.VBox):
    """Fields that choose a source of rows.

    Parameters
    ----------
    source
        The name of a bundled dataset, the path of a file, a DataFrame, or None for nothing yet.
    uploads
        Returns the folder where an uploaded file is stored.
    on_change
        Called when another source was chosen.
    catch_errors
        Makes a callback that shows an exception, as `Panel.catch_errors`.
    """

    def __init__(
        self,
        source: Source | None,
        *,
        uploads: Callable[[], Path],
        on_change: Callable[[], object],
        catch_errors: Callable[[Callable[[], object]], Callable[..., None]],
    ) -> None:
        self._uploads, self._on_change = uploads, on_change
        self._uploaded: Path | None = None
        self.frame = None if source is None or isinstance(source, str | os.PathLike) else _check_frame(source)
        kinds = [BUNDLED, PATH, UPLOAD, *([FRAME] if self.frame is not None else [])]
        self.kind = ipywidgets.Dropdown(options=kinds, description="Data from")
        names = [("(choose)", ""), *((name, name) for name in datasets.names())]
        self.bundled = ipywidgets.Dropdown(options=names, description="Dataset")
        self.path = ipywidgets.Text(description="Path", placeholder="data/my_table.csv", continuous_update=False)
        self.upload = ipywidgets.FileUpload(accept=_KINDS, multiple=False, description="Choose a file")
        self._fill(source)
        self._boxes = {
            BUNDLED: field(self.bundled, "Comes with the kit. Its held-out rows stay out, for measuring at the end."),
            PATH: field(self.path, "CSV, XLSX or JSON Lines, seen from the notebook's folder."),
            UPLOAD: field(self.upload, "Copied to the folder below. Put a large file beside the notebook instead."),
            FRAME: ipywidgets.VBox(),
        }
        self.upload.layout.width = "auto"
        super().__init__([field(self.kind), *self._boxes.values()])
        self._show()
        for control in (self.kind, self.bundled, self.path):
            control.observe(catch_errors(self._on_choice), names="value")
        self.upload.observe(catch_errors(self._store_upload), names="value")

    @property
    def source(self) -> Source | None:
        """The source for `ftwidgets.prepare`; None if nothing is chosen yet."""
        match self.kind.value:
            case value if value == BUNDLED:
                name = self.bundled.value
                return datasets.load(name, _TRAIN if _is_split(name) else None) if name else None
            case value if value == PATH:
                return self.path.value.strip() or None
            case value if value == UPLOAD:
                return None if self._uploaded is None else str(self._uploaded)
        return self.frame

    @property
    def code(self) -> str:
        """The source as a Python expression."""
        if self.kind.value == BUNDLED and self.bundled.value:
            name = self.bundled.value
            split = f', "{_TRAIN}"' if _is_split(name) else ""
            return f'ftwidgets.datasets.load("{name}"{split})'
        if self.kind.value == FRAME:
            return _variable_name(self.frame)
        return markup.literal(self.source)

    @property
    def label(self) -> str:
        """The source in a few words."""
        if self.kind.value == BUNDLED:
            name = self.bundled.value
            return f"{name}, its split {_TRAIN}" if _is_split(name) else str(name)
        return "DataFrame" if self.kind.value == FRAME else Path(str(self.source)).name

    def set(self, source: Source) -> None:
        """Choose another source."""
        if not isinstance(source, str | os.PathLike):
            self.frame = _check_frame(source)
            self.kind.options = [BUNDLED, PATH, UPLOAD, FRAME]
        self._fill(source)

    def _fill(self, source: Source | None) -> None:
        if isinstance(source, str) and source in datasets.names() and not Path(source).exists():
            self.bundled.value, self.kind.value = source, BUNDLED
        elif isinstance(source, str | os.PathLike):
            self.path.value, self.kind.value = os.fspath(source), PATH
        elif source is not None:
            self.kind.value = FRAME

    def _show(self) -> None:
        for kind, box in self._boxes.items():
            box.layout.display = "" if kind == self.kind.value else "none"

    def _on_choice(self) -> None:
        self._show()
        self._on_change()

    def _store_upload(self) -> None:
        """Store an uploaded file on disk, where the code can name it, and drop it from the notebook's state."""
        if not self.upload.value:
            return
        file, self.upload.value = self.upload.value[0], ()
        folder = self._uploads()
        folder.mkdir(parents=True, exist_ok=True)
        self._uploaded = folder / _safe_file_name(str(file["name"]))
        self._uploaded.write_bytes(bytes(file["content"]))
        self._on_choice()


def _safe_file_name(name: str) -> str:
    """Return the name of an uploaded file without what a file system may reject."""
    last = name.replace("\\", "/").rpartition("/")[2]
    allowed = "".join(char for char in last if char.isprintable() and char not in '<>:"|?*').strip(". ")
    return allowed[-60:] or "upload.csv"


def _check_frame(source: Any) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(source, pd.DataFrame):
        kind = type(source).__name__
        raise DataError(f"the data is a bundled dataset's name, the path of a file or a pandas DataFrame, not a {kind}.")
    return source


def _is_split(name: str) -> bool:
    if not name:
        return False
    with datasets.path(name).open(encoding="utf-8") as file:
        return "Split" in file.readline().strip().split(",")


def _variable_name(frame: object) -> str:
    """Return the notebook's variable that holds the DataFrame; `table` if there is none."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    names = shell.user_ns if shell is not None else {}
    return next((name for name, value in names.items() if value is frame and not name.startswith("_")), "table")
