"""The fields that choose the columns of a table: one each for prompt, completion and system prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from ftwidgets.data.readers import DEFAULT_COLUMNS
from ftwidgets.data.text import normalize
from ftwidgets.widgets.base.fields import field, row

_HALF = "410px"  # two fields side by side fill a panel

_ARGUMENTS = {"prompt": "prompt", "completion": "completion", "system": "system_column"}


class ColumnFields(ipywidgets.VBox):
    """Fields for the names of the columns; `fill` sets what they offer.

    Parameters
    ----------
    prompt, completion, system_column
        The columns to choose; None chooses those called Prompt, Completion and System.
    on_change
        Called when the user chose another column.
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
                chosen = default_column(part, header) if wanted is None else _find_column(wanted, header)
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


def _find_column(wanted: str, header: list[str]) -> str:
    """Return the column of that name, or the only one whose name differs in case and whitespace alone."""
    if wanted in header:
        return wanted
    alike = [name for name in header if normalize(name) == normalize(wanted)]
    return alike[0] if len(alike) == 1 else wanted


def default_column(part: str, header: list[str]) -> str | None:
    """Return the one column that is read for a part (`prompt`, `completion`, `system`) when none is named."""
    alike = [name for name in header if normalize(name) == normalize(DEFAULT_COLUMNS[part])]
    return alike[0] if len(alike) == 1 else None
