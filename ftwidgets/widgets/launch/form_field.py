"""One field of the form for a job: a control with a label, how its text is parsed, and whether it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets
from traitlets import TraitError

from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.failures import failure_text

_LABEL = "170px"
_OTHER = "(another)"  # stands for no path and no id


class FormField:
    """A field with its label; the sentence of help is shown by a resting pointer.

    Parameters
    ----------
    label
        Beside the control.
    control
        Makes the control from its `description`.
    parse
        Turns the text into the value; a ValueError says what to write instead.
    help_text
        What the value does.
    """

    width = "404px"

    def __init__(self, label: str, control: Callable[..., Any], parse: Callable[[str], Any], help_text: str) -> None:
        self.label, self.help_text = label, help_text
        self.control = control(description=label)
        self.control.tooltip = help_text
        self._parse = parse
        self.box = ipywidgets.VBox(self._parts(), layout={"max_width": "100%", "overflow": "visible"})

    def _parts(self) -> list[ipywidgets.Widget]:
        return [self._labelled(self.control)]

    def _labelled(self, control: Any) -> ipywidgets.Widget:
        made = fields.field(control, width=self.width)
        control.style.description_width = _LABEL
        return made

    @property
    def controls(self) -> list[Any]:
        """What a change of the field can be observed on."""
        return [self.control]

    @property
    def offered(self) -> bool:
        """Whether the field is shown; a service may not know what it sets."""
        return bool(self.box.layout.display != "none")

    @offered.setter
    def offered(self, offered: bool) -> None:
        self.box.layout.display = "" if offered else "none"

    @property
    def text(self) -> str:
        """What the field holds; of a menu, what the choice stands for."""
        return str(self.control.value or "")

    @text.setter
    def text(self, value: object) -> None:
        try:
            self.control.value = "" if value is None else str(value)
        except TraitError:
            raise ValueError(f'{self.label}: "{value!s:.40}" is not in the menu.') from None

    @property
    def is_set(self) -> bool:
        """Whether the field holds anything but its usual value."""
        return self.text not in ("", "auto", "supervised")

    @property
    def shown(self) -> str:
        """What the page shows in the field: of a menu its entry."""
        return str(self.control.label if isinstance(self.control, ipywidgets.Dropdown) else self.text)

    def value(self) -> Any:
        """Return the parsed value; a ValueError says what to write instead."""
        return self._parse(self.text.strip())

    def problem(self) -> str:
        """Return what is wrong with the field in a sentence; empty if nothing is."""
        try:
            self.value()
        except (ValueError, OSError) as error:
            return failure_text(error)
        return ""

    def mark(self, *, wrong: bool) -> None:
        """Give the control a red edge, or take it away."""
        (self.box.add_class if wrong else self.box.remove_class)("ftw-bad")


class MenuField(FormField):
    """A menu whose entries are names for something longer: ids of models.

    `name_unlisted` gives a name to a value that is not in the list; such a value is added to it.
    """

    width = "620px"

    def __init__(self, *row: Any, name_unlisted: Callable[[str], str] = str) -> None:
        self._name_unlisted = name_unlisted
        self._names: dict[str, str] = {}  # by value
        super().__init__(*row)

    def offer(self, choices: Mapping[str, str]) -> None:
        """Put choices into the menu: their names, and what each stands for. What is chosen stays chosen.

        What is in the menu already keeps its place: a press that is on its way tells the choice by its place.
        """
        chosen, names = self.text, {value: name for name, value in choices.items()}
        kept = {value: names[value] for value in self._names if value in names}
        self._names = kept | names
        self._fill(chosen)

    def _fill(self, chosen: str) -> None:
        self.control.options = self._options()
        self.text = chosen

    def _options(self) -> list[tuple[str, str]]:
        return [(name, value) for value, name in self._names.items()]

    @property
    def text(self) -> str:
        """What the choice stands for."""
        return str(self.control.value or "")

    @text.setter
    def text(self, value: object) -> None:
        text = "" if value is None else str(value)
        if text and text not in self._names:
            self._names[text] = self._name_unlisted(text)
            self.control.options = self._options()
        self.control.value = text or None


class FileField(MenuField):
    """A menu of files, with a last entry for any other path or id, which opens a text field under it."""

    def __init__(self, *row: Any, empty: str, name_unlisted: Callable[[str], str]) -> None:
        self._empty = empty
        self.path = ipywidgets.Text(description="Its path or id", continuous_update=False)
        self._path_box = self._labelled(self.path)
        super().__init__(*row, name_unlisted=name_unlisted)
        self.control.observe(lambda _change: self._show_path(), names="value")
        self._fill("")

    def _parts(self) -> list[ipywidgets.Widget]:
        return [*super()._parts(), self._path_box]

    @property
    def controls(self) -> list[Any]:
        """The menu and the text field under it."""
        return [self.control, self.path]

    def _options(self) -> list[tuple[str, str]]:
        return [(self._empty, ""), *super()._options(), ("Another file, by its path or id", _OTHER)]

    @property
    def text(self) -> str:
        """The path or the id."""
        return str((self.path.value if self.control.value == _OTHER else self.control.value) or "")

    @text.setter
    def text(self, value: object) -> None:
        text = "" if value is None else str(value)
        if text and text not in self._names and (name := self._name_unlisted(text)):
            self._names[text] = name
            self.control.options = self._options()
        if text and text not in self._names:
            self.path.value, self.control.value = text, _OTHER
        else:
            self.control.value = text
        self._show_path()

    @property
    def shown(self) -> str:
        """What the page shows in the field."""
        return self.text if self.control.value == _OTHER else str(self.control.label if self.text else "")

    def _show_path(self) -> None:
        self._path_box.layout.display = "" if self.control.value == _OTHER else "none"
