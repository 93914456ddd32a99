"""Which models a form offers, and what to call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.times import seconds_of
from ftwidgets.widgets.base.failures import explain_wrong_service

if TYPE_CHECKING:
    import openai


def named_models(models: Sequence[str] | Mapping[str, str]) -> list[tuple[str, str]]:
    """Return pairs of a name and a model, from a mapping or a list of models that are their own names."""
    if isinstance(models, str):
        models = [models]
    if not isinstance(models, Iterable):
        what = "a model's id, a list of ids, or a mapping from what to call them to their ids"
        raise ValueError(f'"models" must be {what}: {models!r:.60}')
    pairs = list(models.items()) if isinstance(models, Mapping) else [(model, model) for model in models]
    for name, model in pairs:
        if not isinstance(model, str) or not model:
            raise FtwidgetsError(f'the model "{name}" is {model!r}, not a name. Has its job succeeded? job.wait() will tell.')
    return [(str(name), model) for name, model in pairs]


def list_models(client: openai.OpenAI) -> list[str]:
    """Return the service's models: first the base of the latest tuned one, then that one, then the others."""
    with explain_wrong_service():
        found = sorted(client.models.list(), key=lambda model: seconds_of(model.created), reverse=True)
        names = [str(model.id) for model in found if model.id]
    tuned = next((name for name in names if name.startswith("ft:") and ":ckpt-" not in name), None)
    base = tuned.split(":")[1] if tuned else None
    first = [name for name in (base, tuned) if name in names]
    return [*first, *(name for name in names if name not in first)]
