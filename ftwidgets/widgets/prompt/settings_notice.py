"""The line under the buttons: the settings, or a warning of another system prompt than in training, with its cure."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.prompt.history import settings_line
from ftwidgets.widgets.prompt.prompt_form import PromptForm
from ftwidgets.widgets.prompt.trained_prompts import TrainedPrompts

_CURE = '<button data-press="cure">Use the training system prompt</button>'


class SettingsNotice:
    """Shows the line in `form.notice`; looks up in the background how the chosen models were trained.

    Parameters
    ----------
    form
        The form that the line is about.
    trained
        The system prompts in training.
    label_of
        Returns what to call a model.
    """

    def __init__(self, form: PromptForm, trained: TrainedPrompts, label_of: Callable[[str], str]) -> None:
        self._form, self._trained, self._label_of = form, trained, label_of
        self._task: BackgroundTask[None] = BackgroundTask("look at the training", on_error=lambda _error: None)

    def refresh(self) -> None:
        """Show the line for what the form holds now, and look up what is not known about its models."""
        self._show()
        if not all(map(self._trained.is_done, self._form.asked)):
            self._task.start(self.look_up)

    def look_up(self) -> None:
        """Request the system prompts that the models were trained with; the models may change meanwhile."""
        while new := [model for model in self._form.asked if not self._trained.is_done(model)]:
            self._trained.look_up(new[0])
            self._show()

    def warnings(self) -> list[str]:
        """Return a sentence for each model that was trained with another system prompt."""
        return self._trained.warnings(self._form.system.value, self._named())

    def use_training_prompt(self) -> None:
        """Set the system prompt to the one that the models were trained with; an error where there is none, or several."""
        cure = self._trained.cure(self._form.system.value, self._named())
        if cure is None:
            raise FtwidgetsError("no single system prompt is known for these models. Write one under Settings.")
        self._form.system.value = cure

    def _named(self) -> dict[str, str]:
        return {self._label_of(model): model for model in self._form.asked}

    def _show(self) -> None:
        system, models = self._form.system.value, self._named()
        if warning := self._trained.summary(system, models):
            whole = escape(" ".join(self.warnings()))
            cure = _CURE if self._trained.cure(system, models) is not None else ""
            self._form.notice.html = f'<p class="ftw-warning" title="{whole}">{escape(warning)} {cure}</p>'
            return
        try:
            line, kind = settings_line(self._form.settings(), most=60), "help"
        except ValueError as error:
            line, kind = str(error), "wrong"
        self._form.notice.html = f'<p class="ftw-{kind}">{escape(line[0].upper() + line[1:])}</p>'
