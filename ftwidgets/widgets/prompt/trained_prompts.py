"""Which system prompts a tuned model was trained with, read from the file of the job that made it.

Left out: services that hand out no training files; there it is simply not known.
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

LINES = 20
"""So many examples of the training file are looked at."""

JOBS = 500
"""So many of the latest jobs are looked through for the one that made a model."""

Prompts = frozenset[str]
"""The system prompts in training; the empty text stands for examples without one."""


class TrainedWith:
    """Remembers what it found for each model, so that a model is looked up once."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, Prompts | None] = {}

    def has_seen(self, model: str) -> bool:
        """Tell whether a model was looked up, or there is nothing to look up."""
        return not model or model in self._known

    def known(self, model: str) -> Prompts | None:
        """Tell what was found already; None if nothing was."""
        return self._known.get(model)

    def look_up(self, model: str) -> Prompts | None:
        """Find out; None if no job of this client made the model, its file is gone, or anything else goes wrong."""
        with self._lock:
            if model not in self._known:
                try:
                    self._known[model] = system_prompts(self._client, model)
                except Exception:  # a line that breaks off is no error of openai's; no warning is worth a failure
                    self._known[model] = None
            return self._known[model]


def system_prompts(client: openai.OpenAI, model: str) -> Prompts | None:
    """Give the system prompts of the first examples that a model, or a checkpoint of it, was trained with.

    Parameters
    ----------
    client
        Any `openai` client.
    model
        The name of the model.

    Returns
    -------
    frozenset[str] | None
        None if that cannot be known: a base model, a job of somebody else, a file that was deleted.

    Raises
    ------
    openai.OpenAIError
        If the service fails otherwise than by not having such a list or file.
    """
    import openai

    try:
        jobs = islice(client.fine_tuning.jobs.list(limit=100), JOBS)
        job = next((job for job in jobs if _made(client, job, model)), None)
        if job is None:
            return None
        with client.files.with_streaming_response.content(job.training_file) as response:
            return _read(list(islice(response.iter_lines(), LINES)))
    except (openai.NotFoundError, openai.PermissionDeniedError, openai.BadRequestError):
        return None  # the service has no such list, or does not give the file


def differs(system: str, trained: Prompts | None) -> bool:
    """Tell whether a system prompt is known not to be one from training."""
    return bool(trained) and system.strip() not in (trained or ())


def _made(client: openai.OpenAI, job: FineTuningJob, model: str) -> bool:
    """Tell whether a job made a model. A checkpoint has letters of its own: `ft:base:who:suffix:aB3dE6gH:ckpt-step-7`."""
    made = job.fine_tuned_model or ""
    name, checkpoint, _step = model.partition(":ckpt-")
    if not checkpoint or made.rpartition(":")[0] != name.rpartition(":")[0]:
        return made == model
    return any(point.fine_tuned_model_checkpoint == model for point in client.fine_tuning.jobs.checkpoints.list(job.id))


def _read(lines: list[str]) -> Prompts | None:
    found = set()
    for line in lines:
        try:
            example = json.loads(line)
        except ValueError:
            continue  # a line cut short, or no JSON: not ours to judge here
        messages = example.get("messages") if isinstance(example, Mapping) else None
        if isinstance(messages, list):
            found.add("\n".join(_system(message) for message in messages if _is_system(message)).strip())
    return frozenset(found) or None


def _is_system(message: object) -> bool:
    return isinstance(message, Mapping) and message.get("role") in ("system", "developer")


def _system(message: Mapping[str, object]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""
