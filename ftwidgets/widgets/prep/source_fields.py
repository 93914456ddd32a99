"""The part of a form that says where the data is: a bundled dataset, a path, an upload, or a DataFrame from the code.

Left out: reading any of it.
"""

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
    """Fields that name a source of rows.

    Parameters
    ----------
    given
        The name of a bundled dataset, the path of a file, a DataFrame, or None for nothing yet.
    uploads
        Gives the folder where an uploaded file is kept.
    on_change
        Called when another source was named.
    catch_errors
        Makes a callback that says a failure in words, as `Panel.catch_errors` does.
    """

    def __init__(
        self,
        given: Source | None,
        *,
        uploads: Callable[[], Path],
        on_change: Callable[[], object],
        catch_errors: Callable[[Callable[[], object]], Callable[..., None]],
    ) -> None:
        self._uploads, self._on_change = uploads, on_change
        self._uploaded: Path | None = None
        self.frame = None if given is None or isinstance(given, str | os.PathLike) else _checked(given)
        kinds = [BUNDLED, PATH, UPLOAD, *([FRAME] if self.frame is not None else [])]
        self.kind = ipywidgets.Dropdown(options=kinds, description="Data from")
        known = [("(choose)", ""), *((name, name) for name in datasets.names())]
        self.bundled = ipywidgets.Dropdown(options=known, description="Dataset")
        self.path = ipywidgets.Text(description="Path", placeholder="data/my_table.csv", continuous_update=False)
        self.upload = ipywidgets.FileUpload(accept=_KINDS, multiple=False, description="Choose a file")
        self._fill(given)
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
            control.observe(catch_errors(self._changed), names="value")
        self.upload.observe(catch_errors(self._take), names="value")

    @property
    def source(self) -> Source | None:
        """What `ftwidgets.prepare` is given; None if nothing is named yet."""
        match self.kind.value:
            case value if value == BUNDLED:
                name = self.bundled.value
                return _rows(name) if name else None
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
            return _name_of(self.frame)
        return markup.literal(self.source)

    @property
    def label(self) -> str:
        """The source in a word or two."""
        if self.kind.value == BUNDLED:
            name = self.bundled.value
            return f"{name}, its split {_TRAIN}" if _is_split(name) else str(name)
        return "DataFrame" if self.kind.value == FRAME else Path(str(self.source)).name

    def set(self, given: Source) -> None:
        """Name another source."""
        if not isinstance(given, str | os.PathLike):
            self.frame = _checked(given)
            self.kind.options = [BUNDLED, PATH, UPLOAD, FRAME]
        self._fill(given)

    def _fill(self, given: Source | None) -> None:
        if isinstance(given, str) and given in datasets.names() and not Path(given).exists():
            self.bundled.value, self.kind.value = given, BUNDLED
        elif isinstance(given, str | os.PathLike):
            self.path.value, self.kind.value = os.fspath(given), PATH
        elif given is not None:
            self.kind.value = FRAME

    def _show(self) -> None:
        for kind, box in self._boxes.items():
            box.layout.display = "" if kind == self.kind.value else "none"

    def _changed(self) -> None:
        self._show()
        self._on_change()

    def _take(self) -> None:
        """Keep an uploaded file on disk, so that the code can name it, and not in the notebook's state."""
        if not self.upload.value:
            return
        file, self.upload.value = self.upload.value[0], ()
        folder = self._uploads()
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / _file_name(str(file["name"]))
        kept.write_bytes(bytes(file["content"]))
        self._uploaded = kept
        self._changed()


def _file_name(given: str) -> str:
    """Return the name of an uploaded file as any file system takes it, whatever the browser sent."""
    last = given.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(". ")
    return kept[-60:] or "upload.csv"


def _checked(given: Any) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(given, pd.DataFrame):
        kind = type(given).__name__
        raise DataError(f"the data is a bundled dataset's name, the path of a file or a pandas DataFrame, not a {kind}.")
    return given


def _is_split(name: str) -> bool:
    return bool(name) and "Split" in _head(name)


def _head(name: str) -> list[str]:
    with datasets.path(name).open(encoding="utf-8") as file:
        return file.readline().strip().split(",")


def _rows(name: str) -> pd.DataFrame:
    """Return a bundled dataset's rows to train on: all of them, where it is not split."""
    return datasets.load(name, _TRAIN if _is_split(name) else None)


def _name_of(frame: object) -> str:
    """Return what the notebook calls the DataFrame, else `table`."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    names = shell.user_ns if shell is not None else {}
    return next((name for name, value in names.items() if value is frame and not name.startswith("_")), "table")
