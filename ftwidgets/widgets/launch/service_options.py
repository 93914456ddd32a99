"""What a service offers for a job: its models and uploaded files, and its last jobs, by which the time is estimated.

Nothing here changes anything at the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.data.model_specs import find_model
from ftwidgets.errors import FtwidgetsError
from ftwidgets.models.known import KNOWN
from ftwidgets.providers import provider_at
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.launch import estimate
from ftwidgets.widgets.launch.base_facts import BaseFacts, read_facts
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
        self._counts: dict[tuple[JobFile, str], FileCount | None] = {}
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

    def is_bundled(self, model: str) -> bool:
        """Return whether a model is the sandbox's own small one, or was tuned from it."""
        return self.is_sandbox(model) and base_of(model).startswith("nano") and self.facts(model) is None

    def training_speed(self, model: str, *, whole: bool = False) -> TrainingSpeed | None:
        """Return how fast the last jobs on a model ran, or are expected to; None if nothing is known."""
        sandbox, facts = self.is_sandbox(model), self.facts(model)
        return estimate.training_speed(self._jobs, model, sandbox=sandbox, facts=facts, whole=whole)

    def n_waiting(self) -> int:
        """Return the number of jobs that a new one would wait for."""
        return estimate.n_waiting(self._jobs)

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
