"""The fields of the form for a job together: what they hold, what is wrong with it, and what is questionable."""

from __future__ import annotations

from collections.abc import Collection

import ipywidgets

from ftwidgets.errors import DataError
from ftwidgets.widgets.base.fields import Fold
from ftwidgets.widgets.launch.estimate import Estimate
from ftwidgets.widgets.launch.form_field import MenuField
from ftwidgets.widgets.launch.job_fields import MAIN, make_fields
from ftwidgets.widgets.launch.job_settings import TRAINED_WEIGHTS, JobSettings
from ftwidgets.widgets.launch.questions import unwise_values
from ftwidgets.widgets.launch.service_options import ServiceOptions

_GRID = {"flex_flow": "row wrap", "align_items": "flex-start", "overflow": "visible"}  # two columns where there is room


class JobForm:
    """The fields by name, and the folded section with all but the first three; what they offer is in `options`."""

    def __init__(self, options: ServiceOptions) -> None:
        self.options = options
        self.fields = make_fields()
        folded = [field.box for name, field in self.fields.items() if name not in MAIN]
        for box in folded:
            box.layout.flex = "0 1 408px"
        self.advanced = Fold("Advanced settings", [ipywidgets.HBox(folded, layout=_GRID)])
        self.parts = [*(self.fields[name].box for name in MAIN), self.advanced]

    @property
    def model(self) -> str:
        """The base model."""
        return self.fields["model"].text

    @property
    def texts(self) -> list[str]:
        """What the fields hold."""
        return [field.text for field in self.fields.values()]

    def fill_menus(self, model: str | None) -> None:
        """Put what the service offers into the menus; what is chosen stays. Without a `model` it is the first."""
        menus = {"train_file": self.options.files, "validation_file": self.options.files, "model": self.options.model_names}
        for name, choices in menus.items():
            menu = self.fields[name]
            assert isinstance(menu, MenuField)
            menu.offer(choices)
        if chosen := model or next(iter(self.options.models), None):
            self.fields["model"].text = chosen
        for name in ("lora", "lora_r"):
            self.fields[name].offered = self.options.takes_lora

    def settings(self) -> JobSettings:
        """Return what the fields hold; a DataError names each field that cannot be parsed."""
        if problems := self.problems():
            raise DataError(" ".join(self.label(problems)))
        values = {name: field.value() for name, field in self.fields.items()}
        del values["method"]  # only one is offered
        return JobSettings(training_file=values.pop("train_file"), **values)

    def estimate(self, own_job: str) -> Estimate | None:
        """Estimate the job; None if its file cannot be counted from here. `own_job` is its id if it was launched already."""
        values = {name: self.fields[name].value() for name in ("n_epochs", "batch_size", "lora", "lora_r")}
        return self.options.estimate(self.fields["train_file"].value(), self.model, own_job=own_job, **values)

    def problems(self) -> dict[str, str]:
        """Return what is wrong, by the name of the field."""
        return {name: problem for name, field in self.fields.items() if (problem := field.problem())}

    def questions(self) -> dict[str, str]:
        """Return what is asked about values that are allowed but unwise, by the field; nothing while one is wrong."""
        if self.problems():
            return {}
        settings = self.settings()
        count = self.options.count(settings.training_file, settings.model)
        return unwise_values(settings, count, is_factor=self.options.takes_factor)

    def notes(self) -> dict[str, str]:
        """Return what the service may reject, or what makes a result mean less, by the name of the field."""
        notes: dict[str, str] = {}
        train, validation, lora, rank = (self.fields[name] for name in ("train_file", "validation_file", "lora", "lora_r"))
        count = None if train.problem() else self.options.count(train.value(), self.model)
        if count is not None and count.warning:
            notes["train_file"] = count.warning
        if validation.text and validation.text == train.text:
            notes["validation_file"] = (
                "This is the training file. Its loss would only show how well the examples are remembered."
            )
        trains_all = lora.value() is False or (lora.value() is None and self.options.is_bundled(self.model))
        if not rank.problem() and rank.value() is not None and trains_all:
            notes["lora_r"] = f'This job trains all weights. Choose "{TRAINED_WEIGHTS["True"]}", or leave the rank auto.'
        return notes

    def mark(self, problems: Collection[str]) -> None:
        """Mark the fields with these names as wrong, and no others; the folded section opens if one of them is in it."""
        for name, field in self.fields.items():
            field.mark(wrong=name in problems)
        if any(name not in MAIN for name in problems):
            self.advanced.show()

    def label(self, sentences: dict[str, str]) -> list[str]:
        """Return sentences about fields, each after the label of its field."""
        return [f"{self.fields[name].label}: {sentence}" for name, sentence in sentences.items()]
