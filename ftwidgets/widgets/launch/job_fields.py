"""The fields of the form for a job, each with one sentence: what it does and when to change it.

Left out: reading them (`jobform`), and the button.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.widgets.launch import job_form
from ftwidgets.widgets.launch.form_field import Entry

if TYPE_CHECKING:
    from ftwidgets.widgets.launch.service_options import Offers

_TYPED = "a path, or an uploaded file (empty the field for the list)."


class FieldText:
    """The text in one field of a form; assigning to it writes it there."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, form: Any, _owner: type | None = None) -> str:
        return "" if form is None else form.entries[self._name].text

    def __set__(self, form: Any, value: object) -> None:
        form.entries[self._name].put(value)


class ModelText(FieldText):
    """The same for the menu of models; a model that the service did not list, such as a new one, comes at its end."""

    def __set__(self, form: Any, value: object) -> None:
        menu = form.entries[self._name].control
        if value and value not in menu.options:
            menu.options = (*menu.options, str(value))
        super().__set__(form, value)


def job_fields(offers: Offers) -> dict[str, Entry[Any]]:
    """Make the fields, by the names of `JobLauncher`'s parameters, in the order of the form."""

    def named(text: str) -> str:
        """Give the id of an uploaded file that was chosen by what it is called; any other text is a path or an id."""
        return offers.files.get(text.strip(), text.strip())

    return {
        "train_file": Entry(
            _choice("Training file"),
            f"The chats to learn from: {_TYPED}",
            lambda text: job_form.training_file(named(text)),
        ),
        "validation_file": Entry(
            _choice("Validation file"),
            "Chats it never learns from, to tell learning from remembering. Leave it out only if you have too few.",
            lambda text: job_form.optional_file(named(text)),
        ),
        "model": Entry(
            ipywidgets.Dropdown(description="Base model"),
            "Where the training starts. Choose a tuned model to train that one further.",
            job_form.model,
        ),
        "method": Entry(
            ipywidgets.Dropdown(options=[(label, name) for name, label in job_form.METHODS.items()], description="Method"),
            "How it learns. Supervised: from questions and the answers you want.",
            job_form.method,
        ),
        "n_epochs": Entry(
            _text("Epochs"),
            "How often each example is seen. More if the held-out loss still falls at the end, fewer if it rises.",
            job_form.epochs,
        ),
        "batch_size": Entry(
            _text("Batch size"),
            "Examples in one step. Change it last; larger makes fewer and steadier steps.",
            job_form.batch_size,
        ),
        "learning_rate_multiplier": Entry(
            _text("Learning rate x"),
            "How far each step goes. Smaller if the loss jumps or shoots up, larger if it hardly falls.",
            job_form.multiplier,
        ),
        "seed": Entry(
            _text("Seed", "the service chooses"),
            "Decides the order of the examples. Give the same one to jobs that you compare.",
            job_form.seed,
        ),
        "suffix": Entry(
            _text("Suffix", "none"),
            "A word in the new model's name. Give one as soon as you have two models to tell apart.",
            job_form.suffix,
        ),
    }


def _text(label: str, placeholder: str = "auto") -> Any:
    return ipywidgets.Text(description=label, placeholder=placeholder)


def _choice(label: str) -> Any:
    return ipywidgets.Combobox(description=label, ensure_option=False, continuous_update=False)
