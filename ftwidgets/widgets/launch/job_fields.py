"""The fields of the form for a job, in one table: label, control, how its text is parsed, and what the value does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

import ipywidgets
from traitlets import TraitError

from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.launch import job_settings
from ftwidgets.widgets.launch.job_settings import (
    LARGEST_BATCH,
    LARGEST_RANK,
    METHODS,
    MOST_EPOCHS,
    TRAINED_WEIGHTS,
    parse_count,
)

_FILE = partial(ipywidgets.Combobox, ensure_option=False, continuous_update=False)
_UNDER = "margin:0 0 4px 158px"  # below the control, not below its label
_AUTO = partial(ipywidgets.Text, placeholder="auto")

FIELDS: dict[str, tuple[str, Callable[..., Any], Callable[[str], Any], str]] = {
    "train_file": (
        "Training file",
        _FILE,
        job_settings.parse_training_file,
        "The chats to learn from: a path, or an uploaded file (empty the field for the list).",
    ),
    "validation_file": (
        "Validation file",
        _FILE,
        job_settings.parse_validation_file,
        "Chats it never learns from, to tell learning from remembering. Leave it out only if you have too few.",
    ),
    "model": (
        "Base model",
        ipywidgets.Dropdown,
        job_settings.parse_model,
        "Where the training starts. Choose a tuned model to train that one further.",
    ),
    "method": (
        "Method",
        partial(ipywidgets.Dropdown, options=[(label, name) for name, label in METHODS.items()]),
        job_settings.parse_method,
        "How it learns. Supervised: from questions and the answers you want.",
    ),
    "n_epochs": (
        "Epochs",
        _AUTO,
        partial(parse_count, most=MOST_EPOCHS),
        "How often each example is seen. More if the held-out loss still falls at the end, fewer if it rises.",
    ),
    "batch_size": (
        "Batch size",
        _AUTO,
        partial(parse_count, most=LARGEST_BATCH),
        "Examples in one step. Change it last; larger makes fewer and steadier steps.",
    ),
    "learning_rate_multiplier": (
        "Learning rate x",
        _AUTO,
        job_settings.parse_multiplier,
        "How far each step goes. Smaller if the loss jumps or shoots up, larger if it hardly falls.",
    ),
    "lora": (
        "What is trained",
        partial(ipywidgets.Dropdown, options=[(label, name) for name, label in TRAINED_WEIGHTS.items()]),
        job_settings.parse_trained_weights,
        "An adapter: the model stays as it is, and a few weights beside it learn. All weights: more memory, more can change.",
    ),
    "lora_r": (
        "LoRA rank",
        _AUTO,
        partial(parse_count, most=LARGEST_RANK),
        "The size of the adapter. 16 is the usual one; a larger adapter can learn more and takes more memory.",
    ),
    "seed": (
        "Seed",
        partial(ipywidgets.Text, placeholder="the service chooses"),
        job_settings.parse_seed,
        "Decides the order of the examples. Give the same one to jobs that you compare.",
    ),
    "suffix": (
        "Suffix",
        partial(ipywidgets.Text, placeholder="none"),
        job_settings.parse_suffix,
        "A word in the new model's name. Give one as soon as you have two models to tell apart.",
    ),
}
"""By the names of `JobLauncher`'s parameters, in the order of the form."""


class FormField:
    """A field of the form, from a row of `FIELDS`, with its sentence of help and a line for what is wrong with it."""

    def __init__(self, label: str, control: Callable[..., Any], parse: Callable[[str], Any], help_text: str) -> None:
        self.label = label
        self.control = control(description=label)
        self._parse = parse
        self._choices: dict[str, str] = {}
        self._error = Live(role="status")
        self._error.layout.margin = "0"
        self._note = Live()
        parts = [fields.field(self.control, help_text, width="436px"), self._note, self._error]
        self.box = ipywidgets.VBox(parts, layout={"flex": "1 1 420px", "max_width": "100%", "overflow": "visible"})

    def offer(self, choices: Mapping[str, str]) -> None:
        """Put choices into the list of the control: what each is called there, and the text that it stands for."""
        self._choices = dict(choices)
        self.control.options = list(choices)

    def name_of(self, value: object) -> object:
        """Return what a choice is called in the list; anything else as it is."""
        return next((name for name, choice in self._choices.items() if choice == value), value)

    @property
    def offered(self) -> bool:
        """Whether the field is shown; a service may not know what it sets."""
        return bool(self.box.layout.display != "none")

    @offered.setter
    def offered(self, offered: bool) -> None:
        self.box.layout.display = "" if offered else "none"

    def show_note(self, text: str) -> None:
        """Show a second sentence of help under the field; an empty one clears it."""
        self._note.html = f'<p class="ftw-help" style="{_UNDER}">{escape(text)}</p>' if text else ""

    @property
    def text(self) -> str:
        """What the field holds."""
        return str(self.control.value or "")

    @text.setter
    def text(self, value: object) -> None:
        try:
            self.control.value = "" if value is None else str(value)
        except TraitError:
            raise ValueError(f'{self.label}: "{value!s:.40}" is not in the menu.') from None

    @property
    def shown(self) -> str:
        """What the page shows in the field: of a menu its entry."""
        return str(self.control.label if isinstance(self.control, ipywidgets.Dropdown) else self.text)

    def value(self) -> Any:
        """Return the parsed value; a ValueError says what to write instead."""
        text = self.text.strip()
        return self._parse(self._choices.get(text, text))

    def problem(self) -> str:
        """Return what is wrong with the field in a sentence; empty if nothing is."""
        try:
            self.value()
        except (ValueError, OSError) as error:
            return failure_text(error)
        return ""

    def show_error(self, text: str) -> None:
        """Show a sentence under the field; an empty one clears it."""
        self._error.html = f'<p class="ftw-wrong" style="{_UNDER}">{escape(text)}</p>' if text else ""


class FieldText:
    """The text of one field as an attribute of the widget; assigning to it fills the field in."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, widget: Any, _owner: type | None = None) -> str:
        return "" if widget is None else widget.fields[self._name].text

    def __set__(self, widget: Any, value: object) -> None:
        field = widget.fields[self._name]
        if self._name == "model" and value and value not in field.control.options:  # such as a model newer than the list
            field.control.options = (*field.control.options, str(value))
        field.text = value
