"""Find the system prompts that a tuned model was trained with, in the training file of its job, and warn of another one.

Where a service does not give out training files, they are not known and there is no warning.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

MAX_LINES = 20  # of the training file that are read
MAX_JOBS = 500  # that are searched for the one that made a model, from the latest on

SystemPrompts = frozenset[str]
"""The system prompts in training; the empty text stands for examples without one."""

_SYSTEM_ROLES = ("system", "developer")


class TrainedPrompts:
    """The system prompts of each model, looked up once; if that of the training is `given`, nothing is looked up."""

    def __init__(self, client: openai.OpenAI, given: str | None = None) -> None:
        self._client, self._given = client, given
        self._lock = threading.Lock()
        self._found: dict[str, SystemPrompts | None] = {}

    def is_done(self, model: str) -> bool:
        """Return whether a model needs no looking up, or none any more."""
        return self._given is not None or not model or model in self._found

    def warnings(self, system: str, models: Mapping[str, str]) -> list[str]:
        """Return a sentence for each model that was trained, as far as is known, with other system prompts than `system`.

        `models` are by what they are called in the sentence.
        """
        return [_warning(name, system, known) for name, known in self._other(system, models).items()]

    def summary(self, system: str, models: Mapping[str, str]) -> str:
        """Return the warnings in few words, such as "tuned was trained with another system prompt."; empty without any."""
        names = list(self._other(system, models))
        if not names:
            return ""
        were = "was" if len(names) == 1 else "were"
        return f"{' and '.join(names)} {were} trained with {'another' if system.strip() else 'a'} system prompt."

    def cure(self, system: str, models: Mapping[str, str]) -> str | None:
        """Return the system prompt that leaves nothing to warn of; None if there is none, or several."""
        prompts = list(self._other(system, models).values())
        common = frozenset.intersection(*prompts) if prompts else frozenset[str]()
        return next(iter(common)) if len(common) == 1 else None

    def _other(self, system: str, models: Mapping[str, str]) -> dict[str, SystemPrompts]:
        """Return the known system prompts of those models for which `system` is none of them."""
        trained: dict[str, SystemPrompts | None] = {name: self._found.get(model) for name, model in models.items()}
        if self._given is not None:
            trained = {"The model": frozenset({self._given.strip()})}
        return {name: known for name, known in trained.items() if known and system.strip() not in known}

    def look_up(self, model: str) -> SystemPrompts | None:
        """Request what is not known yet; None if no job of this client made the model, or anything goes wrong."""
        with self._lock:
            if model not in self._found:
                try:
                    self._found[model] = system_prompts(self._client, model)
                except Exception:  # not only openai's errors: the stream may break off. A warning is not worth a failure
                    self._found[model] = None
            return self._found[model]


def system_prompts(client: openai.OpenAI, model: str) -> SystemPrompts | None:
    """Return the system prompts of the first examples that a model, or a checkpoint of it, was trained with.

    None if they cannot be known: a base model, somebody else's job, a deleted file. Other failures of the service are raised.
    """
    import openai

    try:
        jobs = islice(client.fine_tuning.jobs.list(limit=100), MAX_JOBS)
        job = next((job for job in jobs if _is_from(client, model, job)), None)
        if job is None:
            return None
        with client.files.with_streaming_response.content(job.training_file) as response:
            return read_system_prompts(list(islice(response.iter_lines(), MAX_LINES)))
    except (openai.NotFoundError, openai.PermissionDeniedError, openai.BadRequestError):
        return None  # the service has no such list, or does not give out the file


def _warning(name: str, system: str, trained: SystemPrompts) -> str:
    now = "another one" if system.strip() else "none"
    if trained == {""}:
        return f"{name} was trained without a system prompt, and there is one now."
    if len(trained) == 1:
        return f'{name} was trained with the system prompt "{next(iter(trained))}", and there is {now} now.'
    return f"{name} was trained with {len(trained)} different system prompts, and this is none of them."


def _is_from(client: openai.OpenAI, model: str, job: FineTuningJob) -> bool:
    """Return whether a job made a model. A checkpoint has an id of its own: `ft:base:who:suffix:aB3dE6gH:ckpt-step-7`."""
    made = job.fine_tuned_model or ""
    name, checkpoint, _step = model.partition(":ckpt-")
    if not checkpoint or made.rpartition(":")[0] != name.rpartition(":")[0]:
        return made == model
    return any(point.fine_tuned_model_checkpoint == model for point in client.fine_tuning.jobs.checkpoints.list(job.id))


def read_system_prompts(lines: list[str]) -> SystemPrompts | None:
    """Return the system prompts of the examples in some lines of a training file; None if no line is an example."""
    found = set()
    for line in lines:
        try:
            example = json.loads(line)
        except ValueError:
            continue  # cut off, or not JSON
        messages = example.get("messages") if isinstance(example, Mapping) else None
        if isinstance(messages, list):
            system = [message for message in messages if isinstance(message, Mapping) and message.get("role") in _SYSTEM_ROLES]
            contents = (message.get("content") for message in system)
            found.add("\n".join(text if isinstance(text, str) else "" for text in contents).strip())
    return frozenset(found) or None
