"""Which models there are to choose from: those that were handed in, or those that the service lists.

Left out: asking whether one is still there; the first question tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError

if TYPE_CHECKING:
    import openai


def named(models: Sequence[str] | Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Give what each model is called, and the models."""
    if isinstance(models, str):
        models = [models]
    pairs = models.items() if isinstance(models, Mapping) else [(model, model) for model in models]
    for name, model in pairs:
        if not isinstance(model, str) or not model:
            raise FtwidgetsError(f'the model "{name}" is {model!r}, not a name. Has its job succeeded? job.wait() tells.')
    return {model: str(name) for name, model in pairs}, [model for _name, model in pairs]


def listed(client: openai.OpenAI) -> list[str]:
    """List the service's models: first the base of the latest tuned one, then that one, then the others."""
    found = sorted(client.models.list(), key=lambda model: model.created or 0, reverse=True)
    names = [model.id for model in found]
    tuned = next((name for name in names if name.startswith("ft:") and ":ckpt-" not in name), None)
    base = tuned.split(":")[1] if tuned else None
    first = [name for name in (base, tuned) if name in names]
    return [*first, *(name for name in names if name not in first)]
