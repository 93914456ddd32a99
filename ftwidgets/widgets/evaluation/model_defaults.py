"""What an evaluation begins with where nothing is given: the latest tuned model, its base, its job's validation file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ftwidgets.jobs.times import seconds_of

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

_LISTED = 100  # jobs that are searched
_TIMEOUT = 10.0  # seconds: a form must not keep its cell waiting


@dataclass(frozen=True)
class ValidationFile:
    """The rows of a file that a service holds."""

    file_id: str
    name: str
    rows: Sequence[Mapping[str, Any]]

    @property
    def text(self) -> str:
        """What the field shows: the name of the file and what it is."""
        return f"{self.name} ({len(self.rows)} rows, the job's validation file)"

    def code(self, variable: str) -> list[str]:
        """Return the lines that read the rows into a variable."""
        return [
            f"lines = client.files.content({self.file_id!r}).text.splitlines()",
            f"{variable} = [json.loads(line) for line in lines if line.strip()]",
        ]


class ModelDefaults:
    """Looks up jobs and files, once; a service that does not answer, or has no such thing, gives nothing."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client.with_options(timeout=_TIMEOUT, max_retries=0)

    def latest_models(self) -> dict[str, str]:
        """Return the latest tuned model that is still there and its base, by what to call them; empty if there is none."""
        here = {model.id for model in self._client.models.list()}
        for job in self._jobs():
            if job.fine_tuned_model in here:
                return {name: model for name, model in (("base", job.model), ("tuned", job.fine_tuned_model)) if model in here}
        return {}

    def validation_file(self, models: Sequence[str]) -> ValidationFile | None:
        """Return the validation file of the job that made the last of these models, if it had one that can be read."""
        made_by = {job.fine_tuned_model: job for job in reversed(self._jobs())}
        job = next((made_by[model] for model in reversed(models) if model in made_by), None)
        if job is None or not job.validation_file:
            return None
        name = self._client.files.retrieve(job.validation_file).filename
        lines = self._client.files.content(job.validation_file).text.splitlines()
        return ValidationFile(job.validation_file, name, [json.loads(line) for line in lines if line.strip()])

    def _jobs(self) -> list[FineTuningJob]:
        found = self._client.fine_tuning.jobs.list(limit=_LISTED).data or []
        return sorted(found, key=lambda job: seconds_of(job.created_at), reverse=True)
