"""The form of the prompt tester: its fields, the models in their lists, and the places for answers and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.streaming import PromptRequest

if TYPE_CHECKING:
    import openai

_FULL, _WIDE, _NARROW = "700px", "440px", "290px"


class PromptForm:
    """The form, in three boxes: `top` with the fields, `answers`, and `blind` for the prompts and result of a blind vote.

    The fields begin as `request`; the lists of models offer `choices`, others can be typed.
    """

    def __init__(self, request: PromptRequest, choices: Sequence[str]) -> None:
        late = {"continuous_update": False}
        seed = "" if request.seed is None else str(request.seed)
        self._choices = tuple(choices)
        self.left = ipywidgets.Combobox(description="Left model", ensure_option=False, **late)
        self.right = ipywidgets.Combobox(description="Right model", ensure_option=False, **late)
        self.third = ipywidgets.Combobox(description="Third model", ensure_option=False, **late)
        self.fourth = ipywidgets.Combobox(description="Fourth model", ensure_option=False, **late)
        self.model_fields = (self.left, self.right, self.third, self.fourth)
        self.system = ipywidgets.Textarea(request.system, description="System prompt", rows=3, **late)
        self.prompt = ipywidgets.Textarea(request.prompt, description="Prompt", rows=3, **late)
        self.temperature = ipywidgets.BoundedFloatText(request.temperature, min=0, max=2, step=0.1, **late)
        self.temperature.description = "Temperature"
        self.max_tokens = ipywidgets.BoundedIntText(request.max_tokens, min=1, max=100_000, **late)
        self.max_tokens.description = "Max tokens"
        self.seed = ipywidgets.Text(seed, description="Seed", **late)
        self.prompts = ipywidgets.Textarea(description="Prompts", rows=4, **late)
        self.controls = (*self.model_fields, self.system, self.prompt, self.temperature, self.max_tokens, self.seed)
        self.go = fields.button("Ask both", primary=True)
        self.halt, self.start = fields.button("Stop"), fields.button("Start the blind vote")
        self.notice, self.result, self.history = Live(role="status"), Live(), Live()
        self.sides = tuple(Live() for _ in self.model_fields)
        for side in self.sides:
            side.layout = ipywidgets.Layout(flex="1 1 200px", width="auto", min_width="0")
        side_by_side = ipywidgets.HBox(self.sides, layout=ipywidgets.Layout(flex_flow="row wrap"))
        self.follow_models()
        self.answers = ipywidgets.VBox([side_by_side, self.history])
        self.top = ipywidgets.VBox(
            [
                fields.field(self.left, "A model or checkpoint. Clear the field to see the list.", width=_FULL),
                fields.field(self.right, "The one to compare it with.", width=_FULL),
                fields.field(self.third, "Asked too, if it is named.", width=_FULL),
                fields.field(self.fourth, "And this one.", width=_FULL),
                fields.row(
                    _column(self.system, "Sent first. Empty: none is sent.", _WIDE),
                    _column(self.prompt, "What each is asked.", _WIDE),
                ),
                fields.row(
                    _column(self.temperature, "0: the likeliest word.", _NARROW),
                    _column(self.max_tokens, "Cuts the answer off.", _NARROW),
                    _column(self.seed, "Fixes the draw.", _NARROW),
                ),
                self.notice,
                fields.row(self.go, self.halt),
            ]
        )
        help_text = "One per line. You vote on pairs of answers; the names are shown after the last vote."
        self.blind = ipywidgets.VBox(
            [
                Live('<h4 style="margin-top:14px">Blind vote</h4>'),
                fields.field(self.prompts, help_text, width=_FULL),
                fields.row(self.start),
                self.result,
            ]
        )

    @property
    def models(self) -> tuple[str, str]:
        """The two models by the names that the service knows."""
        return self.left.value.strip(), self.right.value.strip()

    @property
    def asked(self) -> tuple[str, ...]:
        """The models that a request goes to: the two, and the third and fourth if they are named."""
        return (*self.models, *filter(None, (self.third.value.strip(), self.fourth.value.strip())))

    def request(self, prompt: str | None = None) -> PromptRequest:
        """Return what the fields hold; a given prompt takes the place of the field's."""
        text, seed = self.prompt.value if prompt is None else prompt, self.seed.value.strip()
        if not text.strip():
            raise ValueError("there is no prompt yet. Write one.")
        try:
            number = int(seed) if seed else None
        except ValueError:
            raise ValueError(f'the seed must be a whole number, or empty: "{seed}"') from None
        system = self.system.value if self.system.value.strip() else ""
        return PromptRequest(text, system, self.temperature.value, self.max_tokens.value, number)

    def show(self, *models: str) -> None:
        """Show the form with these models in its fields."""
        for i, field in enumerate(self.model_fields):
            field.options = self._choices
            field.value = models[i] if i < len(models) else ""
        self._display("")

    def hide(self) -> None:
        """Hide the form and clear every name of a model, out of hidden parts too."""
        for field in self.model_fields:
            field.options = ()
            field.value = ""
        for part in (*self.sides, self.history, self.notice, self.result):
            part.html = ""
        self._display("none")

    def follow_models(self) -> None:
        """Show as many columns as there are models, and their number on the button."""
        n = len(self.asked)
        self.go.description = self.go.tooltip = "Ask both" if n == 2 else f"Ask all {n}"
        for i, side in enumerate(self.sides):
            side.layout.display = "" if i < n else "none"

    def _display(self, value: str) -> None:
        for box in (self.top, self.answers, self.blind):
            box.layout.display = value


def _column(control: ipywidgets.Widget, help_text: str, width: str) -> ipywidgets.VBox:
    column = fields.field(control, help_text, width=width)
    column.layout.width, column.layout.max_width = width, "100%"  # a long help text must not make it wider
    return column


def named_models(models: Sequence[str] | Mapping[str, str]) -> list[tuple[str, str]]:
    """Return pairs of a name and a model, from a mapping or a list of models that are their own names."""
    if isinstance(models, str):
        models = [models]
    pairs = list(models.items()) if isinstance(models, Mapping) else [(model, model) for model in models]
    for name, model in pairs:
        if not isinstance(model, str) or not model:
            raise FtwidgetsError(f'the model "{name}" is {model!r}, not a name. Has its job succeeded? job.wait() will tell.')
    return [(str(name), model) for name, model in pairs]


def list_models(client: openai.OpenAI) -> list[str]:
    """Return the service's models: first the base of the latest tuned one, then that one, then the others."""
    found = sorted(client.models.list(), key=lambda model: model.created or 0, reverse=True)
    names = [model.id for model in found]
    tuned = next((name for name in names if name.startswith("ft:") and ":ckpt-" not in name), None)
    base = tuned.split(":")[1] if tuned else None
    first = [name for name in (base, tuned) if name in names]
    return [*first, *(name for name in names if name not in first)]
