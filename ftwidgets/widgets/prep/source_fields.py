"""The fields that choose the data: a file that is dropped or uploaded, a path, a bundled dataset, a DataFrame from the code."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets import datasets
from ftwidgets.data.text import pluralize, printable
from ftwidgets.errors import DataError
from ftwidgets.paths import expand_home, name_problem
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import field
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prep.drop_zone import DropZone
from ftwidgets.widgets.prep.target_folder import readable_size

if TYPE_CHECKING:
    import pandas as pd

    from ftwidgets.data.readers import Source

UPLOAD, PATH = "my own file (drop or upload)", "a file beside the notebook"
BUNDLED, FRAME = "a bundled dataset", "the DataFrame from the code"

_TRAIN = "train"
_KINDS = ".csv,.tsv,.txt,.xlsx,.jsonl,.json"
_HINT = "CSV, Excel (.xlsx) or JSON Lines: a question and its answer in each row."
_MAX_COLUMNS = 8  # named beside the file


class SourceFields(ipywidgets.VBox):
    """Fields that choose a source of rows; `on_change` is called when another one was chosen.

    `uploads` returns the folder where an uploaded file is stored; `catch_errors` is that of the panel.
    """

    def __init__(
        self,
        source: Source | None,
        *,
        uploads: Callable[[], Path],
        on_change: Callable[[], object],
        catch_errors: Callable[[Callable[[], object]], Callable[..., None]],
    ) -> None:
        self._uploads, self._on_change, self._catch_errors = uploads, on_change, catch_errors
        self._uploaded: Path | None = None
        self.frame = None if source is None or isinstance(source, str | os.PathLike) else _check_frame(source)
        kinds = [UPLOAD, PATH, BUNDLED, *([FRAME] if self.frame is not None else [])]
        self.kind = ipywidgets.Dropdown(options=kinds, description="Data from")
        names = [("(choose)", ""), *((name, name) for name in datasets.names())]
        self.bundled = ipywidgets.Dropdown(options=names, description="Dataset")
        self.bundled.tooltip = "Comes with the kit. Its held-out rows stay out, for measuring at the end"
        self.path = ipywidgets.Text(description="Path", placeholder="data/my_table.csv", continuous_update=False)
        self.path.tooltip = "CSV, XLSX or JSON Lines, seen from the notebook's folder"
        self.upload = DropZone(_KINDS, _HINT)
        self._fill(source)
        self._boxes = {
            UPLOAD: self.upload,
            PATH: field(self.path),
            BUNDLED: field(self.bundled),
            FRAME: ipywidgets.VBox(),
        }
        self.about = Live()
        self.about.add_class("ftw-one-line")
        super().__init__([field(self.kind), *self._boxes.values(), self.about])
        self.describe()
        self._show()
        for control in (self.kind, self.bundled, self.path):
            control.observe(catch_errors(self._on_choice), names="value")
        self.upload.on_file(lambda name, content: catch_errors(lambda: self._store(name, content))())

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
                return None if self._uploaded is None else self._uploaded.as_posix()
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
    def file(self) -> Path | None:
        """The file that is read; None for rows in memory."""
        return expand_home(str(self.source)) if self.kind.value in (PATH, UPLOAD) and self.source is not None else None

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
            self.kind.options = [UPLOAD, PATH, BUNDLED, FRAME]
        self._fill(source)

    def describe(self, columns: Sequence[str] = (), n_rows: int | None = None) -> None:
        """Show the name of the source, its rows, columns and size; nothing if none is chosen."""
        if self.source is None:
            self.about.html = "<p></p>"
            return
        facts = [] if n_rows is None else [pluralize(n_rows, "row")]
        if columns:
            names = ", ".join(printable(name, 30) for name in columns[:_MAX_COLUMNS])
            more = f" and {len(columns) - _MAX_COLUMNS} more" if len(columns) > _MAX_COLUMNS else ""
            facts.append(f"{'columns' if len(columns) > 1 else 'column'} {names}{more}")
        if self.file is not None and not name_problem(self.file) and self.file.is_file():
            facts.append(readable_size(self.file.stat().st_size))
        details = "".join(f", {fact}" for fact in facts)
        text = escape(details, quote=True)
        self.about.html = f'<p title="{text[2:]}"><strong>{escape(printable(self.label))}</strong>{text}</p>'

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

    def _store(self, name: str, content: bytes) -> None:
        """Store an uploaded file on disk, where the code can name it."""
        self.upload.note = "It could not be stored."  # unless it can
        folder = self._uploads()
        folder.mkdir(parents=True, exist_ok=True)
        name = name.replace("\\", "/").rpartition("/")[2]  # without what a file system may reject:
        allowed = "".join(char for char in name if char.isprintable() and char not in '<>:"|?*').strip(". ")
        self._uploaded = folder / (allowed[-60:] or "upload.csv")
        self._uploaded.write_bytes(content)
        self.upload.note = f"{self._uploaded.name} is uploaded. Drop another file to replace it."
        self._on_choice()


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
