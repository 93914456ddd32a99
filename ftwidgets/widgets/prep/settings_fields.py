"""The settings of DatasetPrep, folded: system prompt, how much is held out, the folder, and what the estimate needs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from numbers import Real
from typing import Any

import ipywidgets

from ftwidgets.data.model_specs import find_model, sandbox_models
from ftwidgets.data.text import join_names
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_text, require_whole
from ftwidgets.widgets.base.fields import Fold, field
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.launch.job_settings import MOST_EPOCHS, parse_count
from ftwidgets.widgets.prep.column_fields import half, pair

_HELP = {
    "System prompt": "The instruction that the model gets before each conversation. Use the same text when you ask it.",
    "System column": "A column with a system prompt for each row.",
    "Held out": "A share below 1, or a number of examples: to measure, never to train on.",
    "Seed": "The same seed holds out the same rows; another seed holds out others.",
    "Folder": "Where train.jsonl and validation.jsonl go.",
    "Epochs": "How often training passes over each example; used only for the estimate of the cost. Auto: what a job takes.",
    "Base model": "Tokens are counted with its tokenizer; rows that are too long for it are listed.",
}


class SettingsFields:
    """The fields, in `fold`; `system_field` is that of the column with system prompts, which is made elsewhere."""

    def __init__(
        self,
        system_field: ipywidgets.VBox,
        *,
        system: str | None,
        validation: float,
        seed: int,
        folder: str,
        n_epochs: int | str,
        model: str,
    ) -> None:
        held_out: object = validation
        if isinstance(held_out, bool) or not isinstance(held_out, Real):  # which numbers are possible, the form says itself
            raise ValueError(f'"validation" must be a number, such as 0.2 or 50: {held_out!r:.60}')
        require_whole("seed", seed, least=0)
        self.system = ipywidgets.Textarea(value=system or "", description="System prompt", rows=2, continuous_update=False)
        self.validation = ipywidgets.FloatText(value=validation, description="Held out", step=0.05)
        self.seed = ipywidgets.IntText(value=seed, description="Seed")
        self.folder = ipywidgets.Text(value=folder, description="Folder", continuous_update=False)
        if problem := _epochs_problem(str(n_epochs)):
            raise ValueError(f'"n_epochs": {problem}')
        self.n_epochs = ipywidgets.Text(value=str(n_epochs), placeholder="auto", description="Epochs", continuous_update=False)
        self.model = ipywidgets.Dropdown(options=sandbox_models(), value=_installed(model), description="Base model")
        for control in (self.system, self.validation, self.seed, self.folder, self.n_epochs, self.model):
            control.tooltip = _HELP[control.description]
        model_field = half(self.model)
        model_field.layout.display = "" if len(self.model.options) > 1 else "none"
        terms = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in _HELP.items())
        parts = [
            field(self.system, width="826px"),
            pair(half(self.validation), half(self.seed)),
            pair(half(self.folder), system_field),
            pair(half(self.n_epochs), model_field),
            Live(markup.fold("What do these settings mean?", f"<dl>{terms}</dl>")),
        ]
        self.fold = Fold("Settings", parts)

    @property
    def system_prompt(self) -> str | None:
        """The system prompt; None if the field is blank."""
        return self.system.value if self.system.value.strip() else None

    @property
    def epochs(self) -> int | None:
        """The epochs to estimate with; None leaves them to the job, and also if the field holds no such number."""
        return None if self.epochs_problem else parse_count(self.n_epochs.value.strip(), most=MOST_EPOCHS)

    @property
    def epochs_problem(self) -> str:
        """What is wrong with the field for the epochs; empty if nothing is."""
        return _epochs_problem(self.n_epochs.value)

    @property
    def arguments(self) -> dict[str, Any]:
        """The settings as arguments of `ftwidgets.prepare`."""
        share = self.validation.value
        system = {} if self.system_prompt is None else {"system": self.system_prompt}
        return {**system, "validation": int(share) if share >= 1 and share.is_integer() else share, "seed": self.seed.value}

    def observe(
        self,
        wrap: Callable[[Callable[[], object]], Callable[..., None]],
        *,
        check: Callable[[], object],
        split: Callable[[], object],
        count: Callable[[], object],
        cost: Callable[[], object],
        other: Callable[[], object],
    ) -> None:
        """Call one of five functions, each wrapped, when a field that it depends on was changed."""
        for act, controls in (
            (check, [self.system]),
            (split, [self.validation, self.seed]),
            (count, [self.model]),
            (cost, [self.n_epochs]),
            (other, [self.folder]),
        ):
            for control in controls:
                control.observe(wrap(act), names="value")


def _epochs_problem(text: str) -> str:
    try:
        parse_count(text.strip(), most=MOST_EPOCHS)
    except ValueError as error:
        return str(error)
    return ""


def _installed(model: str) -> str:
    """Return the full name of a base model that can be tuned on this computer."""
    require_text("model", model)
    name, installed = find_model(model).name, sandbox_models()
    if name not in installed:
        raise ValueError(f'"model" must be a base model that is installed here ({join_names(installed)}): {model!r:.60}')
    return name
