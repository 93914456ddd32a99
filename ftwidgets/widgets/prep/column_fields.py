"""The part of a form that says which column is what: one field each for prompt, completion and system prompt.

Left out: reading the table; `fill` is told its header.
"""

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
    """Fields that name the columns.

    Parameters
    ----------
    prompt, completion, system_column
        What is asked for from the code; None takes the columns called Prompt, Completion and System.
    on_change
        Called when another column was chosen by hand.
    """

    def __init__(
        self, prompt: str | None, completion: str | None, system_column: str | None, *, on_change: Callable[[], object]
    ) -> None:
        self._asked = {"prompt": prompt, "completion": completion, "system": system_column}
        self._header: list[str] = []
        self._filling = False
        self._on_change = on_change
        self.prompt = ipywidgets.Dropdown(description="Prompt column")
        self.completion = ipywidgets.Dropdown(description="Completion column")
        self.system = ipywidgets.Dropdown(description="System column")
        self._fields = {"prompt": self.prompt, "completion": self.completion, "system": self.system}
        for control in self._fields.values():
            control.observe(self._changed, names="value")
        helped = (
            half(self.prompt, "What the user says."),
            half(self.completion, "What the model should answer: the only part it learns."),
        )
        super().__init__([pair(*helped), half(self.system, "If each row has a system prompt of its own.")])
        self.fill([])

    @property
    def named(self) -> dict[str, str]:
        """The columns as arguments of `ftwidgets.prepare`: those that it would not take by itself."""
        chosen = {part: control.value for part, control in self._fields.items()}
        return {_ARGUMENTS[part]: name for part, name in chosen.items() if name and name != default_column(part, self._header)}

    def fill(self, header: list[str]) -> None:
        """Offer the columns of a table, and choose those asked for, else those with the usual names."""
        self._header, self._filling = header, True
        try:
            for part, control in self._fields.items():
                asked = self._asked[part]
                chosen = default_column(part, header) if asked is None else _found(asked, header)
                extra = [chosen] if chosen is not None and chosen not in header else []  # not there: the check says so
                nothing = [] if part == "system" and chosen is not None else [("(none)", "")]
                control.options = [*nothing, *((name, name) for name in [*header, *extra])]
                control.value = chosen or ""
        finally:
            self._filling = False

    def _changed(self, _change: Any) -> None:
        if not self._filling:
            self._on_change()


def half(control: Any, help_text: str) -> ipywidgets.VBox:
    """Make a field half as wide as a panel."""
    made = field(control, help_text, width=_HALF)
    made.layout.width = _HALF
    return made


def pair(*fields: Any) -> ipywidgets.HBox:
    """Put two half fields side by side, their tops in line."""
    made = row(*fields)
    made.layout.align_items = "flex-start"
    return made


def _found(asked: str, header: list[str]) -> str:
    """Return the column that a name means: spelled so, or alike but for case and blanks."""
    if asked in header:
        return asked
    alike = [name for name in header if normalize(name) == normalize(asked)]
    return alike[0] if len(alike) == 1 else asked


def default_column(part: str, header: list[str]) -> str | None:
    """Return the one column that is read for a part (`prompt`, `completion`, `system`) when none is named."""
    alike = [name for name in header if normalize(name) == normalize(DEFAULT_COLUMNS[part])]
    return alike[0] if len(alike) == 1 else None
