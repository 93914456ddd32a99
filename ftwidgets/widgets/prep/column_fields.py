"""The menus that say which column of a table holds the prompt, the completion and the system prompt."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets

from ftwidgets.data.readers import DEFAULT_COLUMNS, guess_columns
from ftwidgets.data.text import normalize, quote
from ftwidgets.widgets.base.fields import field, row
from ftwidgets.widgets.base.live import Live

_HALF = "410px"  # two fields side by side fill a panel
_ARGUMENTS = {"prompt": "prompt", "completion": "completion", "system": "system_column"}
_NAMES = {"prompt": "the prompt", "completion": "the answer", "system": "the system prompt"}
_NO_COLUMNS = "These rows are conversations already: there are no columns to choose."


class ColumnFields:
    """Menus for the names of the columns; `fill` sets what they offer, `on_change` is called when the user chose another.

    The names that are given hold for the first table, and for a later one that has them all. None chooses the columns called
    Prompt, Completion and System, or else those that are probably meant; `note` says so. `box` holds the first two menus and
    the note, `system_field` the third.
    """

    def __init__(
        self, prompt: str | None, completion: str | None, system_column: str | None, *, on_change: Callable[[], object]
    ) -> None:
        self._wanted = {"prompt": prompt, "completion": completion, "system": system_column}
        self._is_first = True  # no table was there yet
        self._header: list[str] = []
        self._filling = False
        self._on_change = on_change
        self.prompt = ipywidgets.Dropdown(description="Prompt column", tooltip="What the user says")
        tooltip = "What the model should answer: the only part it learns"
        self.completion = ipywidgets.Dropdown(description="Completion column", tooltip=tooltip)
        self.system = ipywidgets.Dropdown(description="System column", tooltip="If each row has a system prompt of its own")
        self._menus = {"prompt": self.prompt, "completion": self.completion, "system": self.system}
        for control in self._menus.values():
            control.observe(self._changed, names="value")
        self.note = Live()
        self.note.add_class("ftw-one-line")
        self.box = ipywidgets.VBox([pair(half(self.prompt), half(self.completion)), self.note])
        self.system_field = half(self.system)
        self.fill(None)

    @property
    def header(self) -> list[str]:
        """The names of the columns that are offered."""
        return self._header

    @property
    def arguments(self) -> dict[str, str]:
        """The columns as arguments of `ftwidgets.prepare`, without those that it would choose by itself."""
        chosen = {part: control.value for part, control in self._menus.items()}
        return {_ARGUMENTS[part]: name for part, name in chosen.items() if name and name != default_column(part, self._header)}

    def fill(self, header: list[str] | None, *, read: bool = False) -> None:
        """Offer the columns of a table, and choose those that were given, else those with the default or a likely name.

        None stands for no table: nothing is offered, and what was given is kept for the next one. `read` says that a source was
        read, so that an empty header means rows without columns.
        """
        is_table, header = header is not None, header or []
        self._header, self._filling = header, True
        guesses, guessed = guess_columns(header), dict[str, str]()
        given = [name for name in self._wanted.values() if name is not None]
        applies = is_table and (self._is_first or all(name in header or _match_column(name, header) for name in given))
        self._is_first = self._is_first and not is_table
        try:
            for part, control in self._menus.items():
                wanted = self._wanted[part] if applies else None
                chosen = default_column(part, header)
                if wanted is not None:
                    chosen = wanted if wanted in header else _match_column(wanted, header) or wanted
                elif chosen is None and part in guesses and not _is_ambiguous(part, header):
                    chosen = guessed[part] = guesses[part]
                extra = [chosen] if chosen is not None and chosen not in header else []  # the check reports it
                none = [] if part == "system" and chosen is not None and part not in guessed else [("(none)", "")]
                control.options = [*none, *((name, name) for name in [*header, *extra])]
                control.value = chosen or ""
                control.disabled = not control.options[1:] and not chosen
        finally:
            self._filling = False
        columns = " and ".join(f"{quote(name, 40)} as {_NAMES[part]}" for part, name in guessed.items())
        text = f"Reading {columns}; change it here." if columns else ""
        self.note.html = f"<p>{escape(text or (_NO_COLUMNS if read and not header else ''))}</p>"

    def _changed(self, _change: Any) -> None:
        if not self._filling:
            self.note.html = "<p></p>"
            self._on_change()


def half(control: Any) -> ipywidgets.VBox:
    """Return a field half as wide as a panel."""
    box = field(control, width=_HALF)
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


def _is_ambiguous(part: str, header: list[str]) -> bool:
    return sum(normalize(column) == normalize(DEFAULT_COLUMNS[part]) for column in header) > 1


def default_column(part: str, header: list[str]) -> str | None:
    """Return the one column that is read for a part (`prompt`, `completion`, `system`) when none is named."""
    return _match_column(DEFAULT_COLUMNS[part], header)
