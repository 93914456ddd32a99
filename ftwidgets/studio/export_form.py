"""The form that writes a tuned model into a folder that other programs can use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.clients import export
from ftwidgets.jobs.labels import model_label
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_client, require_text
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.panel import Panel

if TYPE_CHECKING:
    import openai

FORMATS = {
    "huggingface": "Whole model, for transformers",
    "adapter": "Adapter, for PEFT (models tuned by LoRA)",
    "gguf": "GGUF, for llama.cpp and Ollama",
}


class ExportForm(Panel):
    """Write a tuned model into a folder; `path` is then where it is.

    Parameters
    ----------
    client
        A client of a sandbox in this process.
    model
        The model's id.
    """

    def __init__(self, client: openai.OpenAI, model: str) -> None:
        require_client(client)
        require_text("model", model)
        self._client, self.model = client, model
        self.path: Path | None = None
        self._task: BackgroundTask[Path] = BackgroundTask("export", on_error=self.show_error)
        options = [(label, name) for name, label in FORMATS.items()]
        self.format = ipywidgets.Dropdown(options=options, description="Format")
        self.folder = ipywidgets.Text(value=f"exports/{_slug(model)}", description="Folder", continuous_update=False)
        self.write = button("Export", primary=True)
        super().__init__(
            f"Export {model_label(model)}",
            [field(self.format), field(self.folder, "A new or an empty folder."), row(self.write)],
        )
        self.write.on_click(self.catch_errors(self.export))
        for control in (self.format, self.folder):
            control.observe(lambda _change: self.refresh_code(), names="value")

    def export(self) -> None:
        """Write the model in the background, as the button does; `wait` waits for it."""

        def write() -> Path:
            try:
                self.path = export(self._client, self.model, self.folder.value, format=self.format.value)
                self.show_status(f"Written: {self.path}", "ok")
                return self.path
            finally:
                self.write.disabled = False
                self.update_static_view()

        self.write.disabled = True
        self.show_status("Writing the model ...")
        if not self._task.start(write):
            self.write.disabled = False

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


def _slug(model: str) -> str:
    """Return a folder's name for a model, of letters that every file system takes."""
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in model_label(model).partition(" (")[0])
