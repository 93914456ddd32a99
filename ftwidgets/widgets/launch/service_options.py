"""What there is for a job: a service's models and files, the files here, and the last jobs, by which the time is estimated.

Nothing here changes anything at the service.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data.model_specs import find_model
from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.labels import model_label
from ftwidgets.jobs.times import seconds_of
from ftwidgets.models.known import KNOWN
from ftwidgets.providers import provider_at
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.launch import estimate, file_names
from ftwidgets.widgets.launch.base_facts import BUNDLED_MEMORY, BaseFacts, read_facts, usual_batch
from ftwidgets.widgets.launch.estimate import Estimate, FileCount, Queue, TrainingSpeed
from ftwidgets.widgets.launch.job_settings import JobFile

if TYPE_CHECKING:
    import openai
    from openai.types import FileObject, Model
    from openai.types.fine_tuning import FineTuningJob

_TIMEOUT = 15.0  # seconds for a list
_LARGEST = 8 * 2**20  # bytes of an uploaded file that is fetched to be counted
_LARGEST_ROWS = 2**20  # bytes of a file in the sandbox whose rows stand in the menu
_MOST_ROWS = 20  # files of which that is done
_JOBS = 50  # the last ones, by which the time is estimated
_OWNER = "ftwidgets"


class ServiceOptions:
    """The lists of one service, as of the last `refresh`; empty where it did not answer, and `error` says why."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client.with_options(timeout=_TIMEOUT, max_retries=0)
        self._models: list[Model] = []
        self._files: list[FileObject] = []
        self._jobs: list[FineTuningJob] = []
        self._counts: dict[tuple[JobFile, str], FileCount | None] = {}
        self._rows: dict[str, str] = {}  # in words, by the id of a file, whose content never changes
        self.error = ""

    def refresh(self) -> None:
        """Request all lists anew."""
        import openai

        self.error = ""
        self._counts.clear()
        try:
            with explain_wrong_service():
                self._models = [model for model in self._client.models.list() if model.id]
                files = self._client.files.list(purpose="fine-tune", limit=100).data or ()
                self._files = [file for file in files if file.id]
                self._jobs = [job for job in self._client.fine_tuning.jobs.list(limit=_JOBS).data or () if job.id]
        except (openai.OpenAIError, FtwidgetsError) as error:
            self.error = failure_text(error)

    def refresh_queue(self) -> None:
        """Request the jobs and their files anew; if the service does not answer, what is known stays."""
        import openai

        with suppress(openai.OpenAIError):
            self._files = list(self._client.files.list(purpose="fine-tune", limit=100).data or ())
            self._jobs = list(self._client.fine_tuning.jobs.list(limit=_JOBS).data or ())

    @property
    def models(self) -> list[str]:
        """The names of the models; tuned ones come last."""
        return sorted((model.id for model in self._models), key=lambda name: name.startswith("ft:"))

    @property
    def files(self) -> dict[str, str]:
        """The paths of the files here and the ids of the uploaded ones, newest first, by what they are called in the menu."""
        here = [(file_names.name_local(path), path) for path in file_names.local_files(Path())]
        uploaded = [
            (f"{file.filename}, {self._size(file, place)}, uploaded {file_names.when(file.created_at)}", file.id)
            for place, file in enumerate(self._files)
        ]
        return file_names.unique([*here, *uploaded])

    @property
    def model_names(self) -> dict[str, str]:
        """The models by what they are called in the menu."""
        made = {model.id: model.created for model in self._models}
        return file_names.unique((model_label(model, made[model]), model) for model in self.models)

    def _size(self, file: FileObject, place: int) -> str:
        """Return the rows of an uploaded file where it costs nothing to look, else its size."""
        service = provider_at(str(self._client.base_url))
        here = service is not None and service.name == "sandbox"
        if not here or place >= _MOST_ROWS or (file.bytes or 0) > _LARGEST_ROWS:
            return file_names.size_text(file.bytes or 0)
        if file.id not in self._rows:
            self._rows[file.id] = file_names.row_count(self._client.files.content(file.id).read())
        return self._rows[file.id]

    def is_sandbox(self, model: str) -> bool:
        """Return whether a model is one of the sandbox, or was tuned from one: it trains here and costs nothing."""
        bases = [listed.id for listed in self._models if listed.owned_by == _OWNER]
        return model in bases or any(model.startswith(f"ft:{base}:") for base in bases)

    def facts(self, model: str) -> BaseFacts | None:
        """Return what the service says about a base model that was added, or about the one that a tuned model came from."""
        listed = next((listed for listed in self._models if listed.id == base_of(model)), None)
        return None if listed is None else read_facts(listed)

    def missing_models(self) -> list[str]:
        """Return the models that a sandbox could train if they were added; none for another service."""
        if not any(listed.owned_by == _OWNER for listed in self._models):
            return []
        return [name for name in KNOWN if name not in {listed.id for listed in self._models}]

    @property
    def takes_lora(self) -> bool:
        """Whether a job can ask for an adapter; of an unknown service nobody knows, so it may."""
        service = provider_at(str(self._client.base_url))
        return service is None or service.lora

    @property
    def takes_factor(self) -> bool:
        """Whether the learning rate multiplier is a factor, and not the learning rate itself."""
        service = provider_at(str(self._client.base_url))
        return service is None or service.learning_rate_multiplier == "factor"

    def is_bundled(self, model: str) -> bool:
        """Return whether a model is the sandbox's own small one, or was tuned from it."""
        return self.is_sandbox(model) and base_of(model).startswith("nano") and self.facts(model) is None

    def training_speed(self, model: str, *, whole: bool = False) -> TrainingSpeed | None:
        """Return how fast the last jobs on a model ran, or are expected to; None if nothing is known."""
        sandbox, base = self.is_sandbox(model), self.facts(model)
        return estimate.training_speed(self._jobs, model, sandbox=sandbox, base=base, whole=whole)

    def estimate(
        self,
        file: JobFile,
        model: str,
        *,
        n_epochs: int | None,
        batch_size: int | None,
        lora: bool | None,
        lora_r: int | None,
        own_job: str = "",
    ) -> Estimate | None:
        """Estimate a job; None if its file cannot be counted from here. `own_job` is this job's id if it waits already."""
        count, base = self.count(file, model), self.facts(model)
        if count is None or not count.tokens:
            return None
        bundled, whole = self.is_bundled(model), lora is False
        memory = BUNDLED_MEMORY if bundled else None
        if base is not None:
            batch_size = batch_size or usual_batch(count.examples)
            memory = base.need(count.lengths, batch_size=batch_size, rank=lora_r, whole=whole)
        return estimate.estimate(
            count,
            n_epochs,
            model,
            self.training_speed(model, whole=whole),
            sandbox=self.is_sandbox(model),
            queue=self.queue(model, own_job),
            memory=memory,
            small=bundled and not lora,
        )

    def queue(self, model: str, own_job: str = "") -> Queue:
        """Return the jobs that a new one waits for; not among them is `own_job`.

        Only the sandbox trains one after the other, so only there it is known how long they take.
        """
        before = [job for job in estimate.waiting(self._jobs) if job.id != own_job]
        seconds = [self._seconds_left(job) if self.is_sandbox(model) else None for job in before]
        known = [each for each in seconds if each is not None]
        return Queue(len(before), sum(known) if len(known) == len(before) else None)

    def _seconds_left(self, job: FineTuningJob) -> float | None:
        """Return how long a job of the sandbox still takes, by the service or else by its file; None if that is not known."""
        if job.status == "running" and (end := seconds_of(job.estimated_finish)):
            return max(0.0, end - time.time())
        chosen: Any = job.method.supervised.hyperparameters if job.method and job.method.supervised else None
        lora = getattr(chosen, "lora", None)
        count, speed = self.count(JobFile(job.training_file), job.model), self.training_speed(job.model, whole=lora is False)
        if count is None or speed is None:
            return None
        n_epochs = getattr(chosen, "n_epochs", None)
        small = self.is_bundled(job.model) and not lora
        epochs = estimate.epochs_of(count, n_epochs if isinstance(n_epochs, int) else None, small=small)
        return count.tokens * epochs / speed.tokens_per_second

    def count(self, file: JobFile, model: str) -> FileCount | None:
        """Return what is in a file, counted for a model; None if it is unreadable, or uploaded and large.

        It is counted once until `refresh`.
        """
        key = file, base_of(model)
        if key not in self._counts:
            self._counts[key] = self._read(*key)
        return self._counts[key]

    def _read(self, file: JobFile, base: str) -> FileCount | None:
        import openai

        facts = self.facts(base)
        context = facts.context if facts else context_of(base)
        if file.path is not None:
            try:
                with file.path.open("rb") as lines:
                    return estimate.count_file(lines, base, context)
            except OSError:
                return None
        uploaded = next((uploaded for uploaded in self._files if uploaded.id == file.name), None)
        if uploaded is None or (uploaded.bytes or 0) > _LARGEST:
            return None
        try:
            return estimate.count_file(self._client.files.content(file.name).read().splitlines(), base, context)
        except openai.OpenAIError:
            return None


def base_of(model: str) -> str:
    """Return the base model that a tuned model came from; another name as it is."""
    return model.split(":")[1] if model.startswith("ft:") and model.count(":") > 1 else model


def context_of(model: str) -> int | None:
    """Return how many tokens of an example a model reads; None if that is not known here."""
    try:
        return find_model(model).limit
    except ValueError:
        return None
