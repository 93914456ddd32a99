"""The form that writes a tuned model into a folder that other programs can use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.clients import export
from ftwidgets.jobs.labels import model_label
from ftwidgets.jobs.times import when
from ftwidgets.models.export import exported_format, exported_model, how_to_use, replace_export
from ftwidgets.paths import require_path, shown_path
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_client, require_text
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.panel import Panel

if TYPE_CHECKING:
    import openai

FORMATS = {
    "huggingface": "Whole model folder (for transformers)",
    "adapter": "Adapter (small; needs the base model; for PEFT)",
    "gguf": "GGUF file (for Ollama, llama.cpp)",
}


class ExportForm(Panel):
    """Write a tuned model into a folder; `path` is then where it is.

    A folder that is in use is not written over. If it holds this model in this format already, the form says so; else it asks
    whether to write beside it or, if another exported model is in it, in its place.

    Parameters
    ----------
    client
        A client of a sandbox in this process.
    model
        The model's id.
    made
        When the model was made, in seconds since 1970, if that is known: part of what it is called.
    """

    def __init__(self, client: openai.OpenAI, model: str, *, made: int | None = None) -> None:
        require_client(client)
        require_text("model", model)
        self._client, self.model = client, model
        self.path: Path | None = None
        self._label = model_label(model, made)
        self._task: BackgroundTask[Path] = BackgroundTask("export", on_error=self.show_error)
        options = [(label, name) for name, label in FORMATS.items()]
        self.format = ipywidgets.Dropdown(options=options, description="Format")
        self.folder = ipywidgets.Text(value=f"exports/{_slug(model)}", description="Folder", continuous_update=False)
        self.write = button("Export", primary=True)
        self.beside = button("Write beside it", tooltip="Write into a new folder beside the one that is in use")
        self.replace = button("Replace it", tooltip="Delete the exported model in the folder, and write this one there")
        super().__init__(
            f"Export {self._label}",
            [
                field(self.format, width="520px"),
                field(self.folder, "A new folder; what is in use is not written over."),
                row(self.write, self.replace, self.beside),
            ],
        )
        self.write.on_click(self.catch_errors(self.export))
        self.beside.on_click(self.catch_errors(self.export_beside))
        self.replace.on_click(self.catch_errors(self.export_again))
        for control in (self.format, self.folder):
            control.observe(self.catch_errors(self._on_change), names="value")
        self._ask("")

    def export(self) -> None:
        """Write the model in the background, as the button does; `wait` waits for it. A folder in use is asked about."""
        folder = self._path()
        if folder.is_dir() and any(folder.iterdir()):
            there = exported_model(folder)
            if there == self.model and exported_format(folder) == self.format.value:
                self._show_there_already(folder)
            else:
                self._ask(there or "other files")
        else:
            self._start(lambda: export(self._client, self.model, folder, format=self.format.value))

    def export_beside(self) -> None:
        """Write into the first free folder beside the one in the field: its name, and a number from 2 on."""
        folder, number = self._path(), 2
        while (beside := folder.with_name(f"{folder.name}-{number}")).exists():
            number += 1
        self.folder.value = Path(self.folder.value).with_name(beside.name).as_posix()
        self.export()

    def export_again(self) -> None:
        """Write in place of the exported model that is in the folder; if it fails, the earlier one stays."""
        folder = self._path()
        self._start(lambda: replace_export(folder, lambda: export(self._client, self.model, folder, format=self.format.value)))

    def wait(self, timeout: float | None = None) -> Path:
        """Wait for the export that the button started and return its folder; raises what made it fail."""
        return self._task.wait(timeout)

    @property
    def code(self) -> str:
        """The call of `ftwidgets.export`."""
        values = ", ".join(map(markup.literal, (self.model, self.folder.value)))
        return f"ftwidgets.export(client, {values}, format={markup.literal(self.format.value)})"

    def static_text(self) -> str:
        """Return where the model was written."""
        return f"{self.model}: " + (f"written to {self.path}" if self.path else "not exported")

    def _path(self) -> Path:
        return require_path(self.folder.value.strip() or ".", '"Folder"')

    def _start(self, write: Callable[[], Path]) -> None:
        def work() -> Path:
            try:
                self.path = write()
                where = shown_path(self.path)
                self.show_status(f"Written: {where.as_posix()}. {how_to_use(where)}", "ok")
                return self.path
            finally:
                self.write.disabled = False
                self.update_static_view()

        self._ask("")
        self.write.disabled = True
        self.show_status("Writing the model ...")
        if not self._task.start(work):
            self.write.disabled = False

    def _show_there_already(self, folder: Path) -> None:
        """Say that the folder holds this very model, and how to use it; replacing it is offered, and not needed."""
        self.path, where = folder, shown_path(folder)
        self._ask("")
        self.replace.layout.visibility = "visible"
        written = when(folder.stat().st_mtime)
        self.show_status(f"{where.as_posix()} already holds this model, written {written}. {how_to_use(where)}", "ok")
        self.update_static_view()

    def _ask(self, there: str) -> None:
        """Ask what to do about what is in the folder already, and offer the two buttons; an empty text asks nothing."""
        is_model = bool(there) and there != "other files"
        for press, offered in ((self.beside, bool(there)), (self.replace, is_model)):
            press.layout.visibility = "visible" if offered else "hidden"  # their places are kept
        if not there:
            return
        folder = self._path()
        label = self._label if there == self.model else model_label(there)
        what = "other files"
        if is_model:
            form = FORMATS[exported_format(folder)].partition(" (")[0]
            what = f"the model {label} ({form}), written {when(folder.stat().st_mtime)}"
        which = 'Press "Write beside it" or "Replace it"' if is_model else 'Press "Write beside it"'
        self.show_status(f"{shown_path(folder).as_posix()} holds {what}. {which}, or name another folder.", "warning")

    def _on_change(self) -> None:
        self._ask("")
        self.show_status("")
        self.refresh_code()


def _slug(model: str) -> str:
    """Return a folder's name for a model, of letters that every file system takes."""
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in model_label(model).partition(" (")[0])
