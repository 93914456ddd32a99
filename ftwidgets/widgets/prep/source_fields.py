"""The fields that choose the data (a bundled dataset, a path, an upload, a DataFrame from the code) and its columns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets import datasets
from ftwidgets.data.readers import DEFAULT_COLUMNS
from ftwidgets.data.text import normalize
from ftwidgets.errors import DataError
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import field, row

if TYPE_CHECKING:
    import pandas as pd

    from ftwidgets.data.readers import Source

BUNDLED, PATH, UPLOAD, FRAME = "a bundled dataset", "a file beside the notebook", "an upload", "the DataFrame from the code"

_TRAIN = "train"
_KINDS = ".csv,.tsv,.txt,.xlsx,.jsonl,.json"
_HALF = "410px"  # two fields side by side fill a panel
_ARGUMENTS = {"prompt": "prompt", "completion": "completion", "system": "system_column"}


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
        name = str(file["name"]).replace("\\", "/").rpartition("/")[2]  # without what a file system may reject:
        allowed = "".join(char for char in name if char.isprintable() and char not in '<>:"|?*').strip(". ")
        self._uploaded = folder / (allowed[-60:] or "upload.csv")
        self._uploaded.write_bytes(bytes(file["content"]))
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


class ColumnFields(ipywidgets.VBox):
    """Fields for the names of the columns; `fill` sets what they offer, `on_change` is called when the user chose another.

    None chooses the columns called Prompt, Completion and System.
    """

    def __init__(
        self, prompt: str | None, completion: str | None, system_column: str | None, *, on_change: Callable[[], object]
    ) -> None:
        self._wanted = {"prompt": prompt, "completion": completion, "system": system_column}
        self._header: list[str] = []
        self._filling = False
        self._on_change = on_change
        self.prompt = ipywidgets.Dropdown(description="Prompt column")
        self.completion = ipywidgets.Dropdown(description="Completion column")
        self.system = ipywidgets.Dropdown(description="System column")
        self._fields = {"prompt": self.prompt, "completion": self.completion, "system": self.system}
        for control in self._fields.values():
            control.observe(self._changed, names="value")
        prompt_field = half(self.prompt, "What the user says.")
        completion_field = half(self.completion, "What the model should answer: the only part it learns.")
        system_field = half(self.system, "If each row has a system prompt of its own.")
        super().__init__([pair(prompt_field, completion_field), system_field])
        self.fill([])

    @property
    def arguments(self) -> dict[str, str]:
        """The columns as arguments of `ftwidgets.prepare`, without those that it would choose by itself."""
        chosen = {part: control.value for part, control in self._fields.items()}
        return {_ARGUMENTS[part]: name for part, name in chosen.items() if name and name != default_column(part, self._header)}

    def fill(self, header: list[str]) -> None:
        """Offer the columns of a table, and choose the wanted ones, else those with the default names."""
        self._header, self._filling = header, True
        try:
            for part, control in self._fields.items():
                wanted = self._wanted[part]
                if wanted is None:
                    chosen = default_column(part, header)
                else:
                    chosen = wanted if wanted in header else _match_column(wanted, header) or wanted
                extra = [chosen] if chosen is not None and chosen not in header else []  # the check reports it
                none = [] if part == "system" and chosen is not None else [("(none)", "")]
                control.options = [*none, *((name, name) for name in [*header, *extra])]
                control.value = chosen or ""
        finally:
            self._filling = False

    def _changed(self, _change: Any) -> None:
        if not self._filling:
            self._on_change()


def half(control: Any, help_text: str) -> ipywidgets.VBox:
    """Return a field half as wide as a panel."""
    box = field(control, help_text, width=_HALF)
    box.layout.width = _HALF
    return box


def pair(*fields: Any) -> ipywidgets.HBox:
    """Return two half fields side by side, aligned at their tops."""
    box = row(*fields)
    box.layout.align_items = "flex-start"
    return box


def _match_column(name: str, header: list[str]) -> str | None:
    """Return the only column whose name differs at most in case and whitespace."""
    alike = [column for column in header if normalize(column) == normalize(name)]
    return alike[0] if len(alike) == 1 else None


def default_column(part: str, header: list[str]) -> str | None:
    """Return the one column that is read for a part (`prompt`, `completion`, `system`) when none is named."""
    return _match_column(DEFAULT_COLUMNS[part], header)
