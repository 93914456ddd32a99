"""Which models a form offers, what code calls them, and what people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.labels import model_label
from ftwidgets.jobs.times import seconds_of
from ftwidgets.widgets.base.failures import explain_wrong_service

if TYPE_CHECKING:
    import openai

_TIMEOUT = 5.0  # seconds to ask when models were made, which only the labels need


class ModelNames:
    """The models of a form.

    Parameters
    ----------
    client
        Any `openai` client; it lists the models if none are given, and says when tuned ones were made.
    models
        Ids, or a mapping from what to call them to their ids; None stands for all that the service lists.
    """

    def __init__(self, client: openai.OpenAI, models: Sequence[str] | Mapping[str, str] | None) -> None:
        made = list_models(client) if models is None else {}
        pairs = named_models(list(made) if models is None else models)
        if models is not None and any(model_label(model) != model for _name, model in pairs):
            with suppress(Exception):  # then the labels have letters of the ids in place of the times
                made = list_models(client.with_options(timeout=_TIMEOUT, max_retries=0))
        self.ids = [model for _name, model in pairs]
        self._names = {model: name for name, model in pairs}
        self._labels = _short_labels({model: made.get(model, 0.0) for model in (*self.ids, *made)})

    def name(self, model: str) -> str:
        """Return what code calls a model: the name that was given, else its id."""
        return self._names.get(model, model)

    def label(self, model: str) -> str:
        """Return what to call a model where people read: the name that was given, else a short label."""
        return self._short(self.name(model))

    @property
    def menu(self) -> dict[str, str]:
        """The labels of the models in a menu, by id: a given name with what it stands for; the id, where two are the same."""
        texts = [self._short(id_) if name == id_ else f"{name}: {self._short(id_)}" for id_, name in self._names.items()]
        unique = [text if texts.count(text) == 1 else f"{text} {id_}" for text, id_ in zip(texts, self._names, strict=True)]
        return dict(zip(self._names, unique, strict=True))

    def _short(self, model: str) -> str:
        return self._labels.get(model) or model_label(model)


def _short_labels(made: Mapping[str, float]) -> dict[str, str]:
    """Return a label for each model, with the time when it was made; with letters of its id where two have one minute."""
    timed = {model: model_label(model, time) for model, time in made.items()}
    labels = list(timed.values())
    return {model: label if labels.count(label) == 1 else model_label(model) for model, label in timed.items()}


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


def list_models(client: openai.OpenAI) -> dict[str, float]:
    """Return when each of the service's models was made: first the base of the latest tuned one, that one, then the others."""
    with explain_wrong_service():
        found = sorted(client.models.list(), key=lambda model: seconds_of(model.created), reverse=True)
        made = {str(model.id): seconds_of(model.created) for model in found if model.id}
    tuned = next((name for name in made if name.startswith("ft:") and ":ckpt-" not in name), None)
    base = tuned.split(":")[1] if tuned else None
    first = {name: made[name] for name in (base, tuned) if name in made}
    return {**first, **made}
