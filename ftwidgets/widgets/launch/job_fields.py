"""The fields of the form for a job, in one table: label, control, how its text is parsed, and what the value does."""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets

from ftwidgets.jobs.labels import model_label
from ftwidgets.jobs.upload import find_path
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.launch import file_names, job_settings
from ftwidgets.widgets.launch.form_field import FileField, FormField, MenuField
from ftwidgets.widgets.launch.job_settings import (
    LARGEST_BATCH,
    LARGEST_RANK,
    METHODS,
    MOST_EPOCHS,
    TRAINED_WEIGHTS,
    parse_count,
)

MAIN = ("train_file", "validation_file", "model")
"""The fields that stand first; the others are folded."""


def make_fields() -> dict[str, FormField]:
    """Return the fields by the names of `JobLauncher`'s parameters, in the order of the form."""
    auto = partial(ipywidgets.Text, placeholder="auto")
    return {
        "train_file": FileField(
            "Training file",
            ipywidgets.Dropdown,
            job_settings.parse_training_file,
            "The chats to learn from.",
            empty="Choose a file",
            name_unlisted=_name_path,
        ),
        "validation_file": FileField(
            "Validation file",
            ipywidgets.Dropdown,
            job_settings.parse_validation_file,
            "Chats it never learns from, to tell learning from remembering. Leave it out only if you have too few.",
            empty="None",
            name_unlisted=_name_path,
        ),
        "model": MenuField(
            "Base model",
            ipywidgets.Dropdown,
            job_settings.parse_model,
            "Where the training starts. Choose a tuned model to train that one further.",
            name_unlisted=model_label,
        ),
        "suffix": FormField(
            "Name of the new model",
            partial(ipywidgets.Text, placeholder="none"),
            job_settings.parse_suffix,
            "A word to know it by among your models (its suffix). Letters, digits, - _ and . are allowed.",
        ),
        "method": FormField(
            "Method",
            partial(ipywidgets.Dropdown, options=[(label, name) for name, label in METHODS.items()]),
            job_settings.parse_method,
            "How it learns. Supervised: from questions and the answers you want.",
        ),
        "n_epochs": FormField(
            "Epochs",
            auto,
            partial(parse_count, most=MOST_EPOCHS),
            "How often each example is seen. More if the held-out loss still falls at the end, fewer if it rises.",
        ),
        "batch_size": FormField(
            "Batch size",
            auto,
            partial(parse_count, most=LARGEST_BATCH),
            "Examples in one step. Change it last; larger makes fewer and steadier steps.",
        ),
        "learning_rate_multiplier": FormField(
            "Learning rate multiplier",
            auto,
            job_settings.parse_multiplier,
            "How far each step goes. Smaller if the loss jumps or shoots up, larger if it hardly falls.",
        ),
        "lora": FormField(
            "What is trained",
            partial(ipywidgets.Dropdown, options=[(label, name) for name, label in TRAINED_WEIGHTS.items()]),
            job_settings.parse_trained_weights,
            "An adapter: the model stays as it is, a few weights beside it learn. All weights: more memory, more can change.",
        ),
        "lora_r": FormField(
            "LoRA rank",
            auto,
            partial(parse_count, most=LARGEST_RANK),
            "The size of the adapter. 16 is the usual one; a larger adapter can learn more and takes more memory.",
        ),
        "seed": FormField(
            "Seed",
            partial(ipywidgets.Text, placeholder="the service chooses"),
            job_settings.parse_seed,
            "Decides the order of the examples. Give the same one to jobs that you compare.",
        ),
    }


def help_html(fields: dict[str, FormField]) -> str:
    """Return what the fields mean, folded."""
    rows = [(field.label, field.help_text) for field in fields.values() if field.offered]
    return markup.fold("What do these fields mean?", markup.table("The fields", ("field", "what it does"), rows))


def _name_path(text: str) -> str:
    """Return what a path is called in the menu; empty if there is no such file, or it is an id."""
    try:
        path = find_path(text)
        return file_names.name_local(path) if path else ""
    except (ValueError, OSError):
        return ""


class FieldText:
    """The text of one field as an attribute of the widget; assigning to it fills the field in."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, widget: Any, _owner: type | None = None) -> str:
        return "" if widget is None else widget.fields[self._name].text

    def __set__(self, widget: Any, value: object) -> None:
        field = widget.fields[self._name]
        field.text = value
        if self._name not in MAIN and field.is_set:
            widget.advanced.show()
