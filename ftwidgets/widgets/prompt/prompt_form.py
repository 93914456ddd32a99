"""The form of the prompt tester: models, prompt and buttons, which keep their places, and the settings, folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ipywidgets

from ftwidgets.widgets.base import fields, markup
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.model_menu import ModelMenu
from ftwidgets.widgets.prompt.prompt_box import PromptBox
from ftwidgets.widgets.prompt.streaming import PromptRequest

_PLACEHOLDER = "Ask the models something. Ctrl+Enter sends it; the arrow up brings back the last question."
_HELP = """<ul>
<li><strong>System prompt</strong>: an instruction that is sent before the conversation. If it is empty, none is sent.
A tuned model answers best with the one of its training.</li>
<li><strong>Temperature</strong>: 0 always takes the likeliest word; higher values draw more freely.</li>
<li><strong>Max tokens</strong>: the answer is cut off there. It does not make a model brief.</li>
<li><strong>Seed</strong>: the same number gives the same draw again. It may be empty.</li>
<li><strong>Third and fourth model</strong>: are asked too, beside the other two.</li></ul>"""


class PromptForm:
    """The fields in one box, `box`; they begin as `request`, and the menus offer the models of `labels` (by id)."""

    def __init__(self, request: PromptRequest, labels: Mapping[str, str]) -> None:
        self.left, self.right = ModelMenu("Left model", labels), ModelMenu("Right model", labels)
        self.third = ModelMenu("Third model", labels, empty="None")
        self.fourth = ModelMenu("Fourth model", labels, empty="None")
        self.model_menus = (self.left, self.right, self.third, self.fourth)
        self.prompt = PromptBox(value=request.prompt, placeholder=_PLACEHOLDER)
        self.send_button = fields.button("Send", primary=True, tooltip="Ask all models this prompt")
        self.send_button.classes = "ftw-send"
        self.stop_button = fields.button("Stop", tooltip="Stop the answers that are being written")
        self.stop_button.disabled = True
        self.new_button = fields.button(
            "New conversation", tooltip="Begin again: the next prompt goes without the earlier turns"
        )
        self.vote_button = fields.button(
            "Blind vote on these two", tooltip="Judge the answers of both without knowing whose they are"
        )
        self.marks = ipywidgets.Checkbox(description="Mark differences", indent=False)
        self.marks.layout = ipywidgets.Layout(width="auto")
        self.system = ipywidgets.Textarea(request.system, rows=3, continuous_update=False, description="System prompt")
        self.temperature = ipywidgets.BoundedFloatText(request.temperature, min=0, max=2, step=0.1, description="Temperature")
        self.max_tokens = ipywidgets.BoundedIntText(request.max_tokens, min=1, max=100_000, description="Max tokens")
        self.seed = ipywidgets.Text("" if request.seed is None else str(request.seed), description="Seed")
        self.seed.continuous_update = False
        self.settings_fold = fields.Fold(
            "Settings",
            [
                _field(self.system, "What is sent before the conversation; empty: nothing", flex="1 1 100%"),
                fields.row(
                    _field(self.temperature, "0: always the likeliest word"),
                    _field(self.max_tokens, "Cuts the answer off"),
                    _field(self.seed, "Fixes the draw; may be empty"),
                ),
                fields.row(self.third, self.fourth),
                Live(markup.fold("What do these fields mean?", _HELP)),
            ],
        )
        self.notice = Live(role="status")
        self.notice.add_class("ftw-notice")
        buttons = fields.row(self.send_button, self.stop_button, self.new_button, self.vote_button, self.marks)
        parts = [fields.row(self.left, self.right), self.prompt, buttons, self.settings_fold, self.notice]
        self.box = ipywidgets.VBox(parts)
        self.box.add_class("ftw-ask")

    @property
    def controls(self) -> tuple[ipywidgets.Widget, ...]:
        """Everything that decides what is asked, apart from the prompt."""
        return (*self.model_menus, self.system, self.temperature, self.max_tokens, self.seed)

    @property
    def inputs(self) -> list[ipywidgets.Widget]:
        """The same down to the single inputs, whose values a press can bring."""
        menus = [field for menu in self.model_menus for field in (menu.menu, menu.typed)]
        return [*menus, self.system, self.temperature, self.max_tokens, self.seed]

    @property
    def models(self) -> tuple[str, str]:
        """The two models by the names that the service knows."""
        return self.left.value, self.right.value

    @property
    def asked(self) -> tuple[str, ...]:
        """The models that a request goes to: the two, and the third and fourth if they are chosen."""
        return (*self.models, *filter(None, (self.third.value, self.fourth.value)))

    def settings(self) -> PromptRequest:
        """Return what the fields hold, without the prompt."""
        seed = self.seed.value.strip()
        try:
            number = int(seed) if seed else None
        except ValueError:
            raise ValueError(f'the seed must be a whole number, or empty: "{seed}"') from None
        system = self.system.value if self.system.value.strip() else ""
        return PromptRequest("", system, self.temperature.value, self.max_tokens.value, number)

    def request(self, otherwise: str = "") -> PromptRequest:
        """Return what the fields hold; `otherwise` is the prompt where the box is empty."""
        prompt = self.prompt.value if self.prompt.value.strip() else otherwise
        if not prompt:
            raise ValueError("there is no prompt yet. Write one.")
        return replace(self.settings(), prompt=prompt)

    def show_models(self, models: Sequence[str]) -> None:
        """Choose these models, at most four."""
        for menu, model in zip(self.model_menus, models, strict=False):
            menu.value = model


def _field(control: ipywidgets.Widget, tooltip: str, *, flex: str = "1 1 200px") -> ipywidgets.Widget:
    control.tooltip = tooltip
    control.style.description_width = "104px"
    control.layout = ipywidgets.Layout(flex=flex, width="auto", min_width="0")
    return control
