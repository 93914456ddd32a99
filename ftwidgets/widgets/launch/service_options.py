"""What a service offers for a job: its models and uploaded files, and its last jobs, by which the time is estimated.

Nothing here changes anything at the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.launch import estimate
from ftwidgets.widgets.launch.estimate import FileCount, TrainingSpeed

if TYPE_CHECKING:
    import openai
    from openai.types import FileObject, Model
    from openai.types.fine_tuning import FineTuningJob

    from ftwidgets.widgets.launch.job_settings import JobFile

_TIMEOUT = 15.0  # seconds for a list
_LARGEST = 8 * 2**20  # bytes of an uploaded file that is fetched to be counted
_OWNER = "ftwidgets"


class ServiceOptions:
    """The lists of one service, as of the last `refresh`; empty where it did not answer, and `error` says why."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client.with_options(timeout=_TIMEOUT, max_retries=0)
        self._models: list[Model] = []
        self._files: list[FileObject] = []
        self._jobs: list[FineTuningJob] = []
        self._counts: dict[JobFile, FileCount | None] = {}
        self.error = ""

    def refresh(self) -> None:
        """Request all lists anew."""
        import openai

        self.error = ""
        self._counts.clear()
        try:
            with explain_wrong_service():
                self._models = list(self._client.models.list())
                self._files = list(self._client.files.list(purpose="fine-tune", limit=100).data or ())
                self._jobs = list(self._client.fine_tuning.jobs.list(limit=20).data or ())
        except (openai.OpenAIError, FtwidgetsError) as error:
            self.error = failure_text(error)

    @property
    def models(self) -> list[str]:
        """The names of the models; tuned ones come last."""
        return sorted((model.id for model in self._models), key=lambda name: name.startswith("ft:"))

    @property
    def files(self) -> dict[str, str]:
        """The ids of the uploaded files, newest first, by what they are called in the form."""
        return {f"{file.filename} ({file.id})": file.id for file in self._files}

    def is_sandbox(self, model: str) -> bool:
        """Return whether a model is one of the sandbox, or was tuned from one: it trains here and costs nothing."""
        bases = [listed.id for listed in self._models if listed.owned_by == _OWNER]
        return model in bases or any(model.startswith(f"ft:{base}:") for base in bases)

    def training_speed(self, model: str) -> TrainingSpeed | None:
        """Return how fast the last jobs on a model ran; None if nothing is known."""
        return estimate.training_speed(self._jobs, model, sandbox=self.is_sandbox(model))

    def n_waiting(self) -> int:
        """Return the number of jobs that a new one would wait for."""
        return estimate.n_waiting(self._jobs)

    def count(self, file: JobFile) -> FileCount | None:
        """Return what is in a file, counted once until `refresh`; None if it is unreadable, or uploaded and large."""
        if file not in self._counts:
            self._counts[file] = self._read(file)
        return self._counts[file]

    def _read(self, file: JobFile) -> FileCount | None:
        import openai

        if file.path is not None:
            try:
                with file.path.open("rb") as lines:
                    return estimate.count_file(lines)
            except OSError:
                return None
        uploaded = next((uploaded for uploaded in self._files if uploaded.id == file.name), None)
        if uploaded is None or (uploaded.bytes or 0) > _LARGEST:
            return None
        try:
            return estimate.count_file(self._client.files.content(file.name).read().splitlines())
        except openai.OpenAIError:
            return None
