"""The line under the buttons: the settings, or a warning of another system prompt than in training, with its cure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from ftwidgets.widgets.prompt.history import settings_line
from ftwidgets.widgets.prompt.streaming import PromptRequest
from ftwidgets.widgets.prompt.trained_prompts import TrainedPrompts

_CURE = '<button data-press="cure">Use the training system prompt</button>'


def notice_html(
    trained: TrainedPrompts, system: str, models: Mapping[str, str], find_settings: Callable[[], PromptRequest]
) -> str:
    """Return the line; `models` are by what they are called, `find_settings` may raise a ValueError to be shown."""
    if warning := trained.summary(system, models):
        whole = escape(" ".join(trained.warnings(system, models)))
        cure = _CURE if trained.cure(system, models) is not None else ""
        return f'<p class="ftw-warning" title="{whole}">{escape(warning)} {cure}</p>'
    try:
        line, kind = settings_line(find_settings(), most=60), "help"
    except ValueError as error:
        line, kind = str(error), "wrong"
    return f'<p class="ftw-{kind}">{escape(line[0].upper() + line[1:])}</p>'
