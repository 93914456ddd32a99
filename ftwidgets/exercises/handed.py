"""What learners hand in, also in other forms than the one asked for: a job in the place of its id, "170" in that of 170.

Left out: judging any of it.
"""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING

import openai

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_ID = re.compile(r"[\w-]+", re.ASCII)


def find_job(client: openai.OpenAI, answer: object) -> FineTuningJob | None:
    """Look up a job by its id, or by the job itself; None if there is none."""
    name = answer if isinstance(answer, str) else getattr(answer, "id", None)
    if not isinstance(name, str) or not _ID.fullmatch(name.strip()):  # anything else would be another address
        return None
    try:
        return client.fine_tuning.jobs.retrieve(name.strip())
    except openai.NotFoundError:
        return None


def number(answer: object) -> float | None:
    """Read a number, also a text of one or NumPy's; None if it is none, or not finite."""
    if isinstance(answer, bool) or not isinstance(answer, str | Real):
        return None
    try:
        found = float(answer)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def hyperparameter(job: FineTuningJob, name: str) -> object:
    """Read what a job was asked to do, wherever the service puts it."""
    supervised = job.method.supervised if job.method else None
    found = supervised.hyperparameters if supervised else None
    return getattr(found or job.hyperparameters, name)


def content(client: openai.OpenAI, file_id: str | None) -> bytes | None:
    """Read a file of a job; None if there is none, or it was deleted since."""
    try:
        return None if file_id is None else client.files.content(file_id).read()
    except openai.NotFoundError:
        return None
