"""What a service has to choose from when a job is made: its models, the files uploaded, and how fast its jobs ran.

Each list is asked for once and again on demand; a service that does not answer leaves empty lists and a sentence.
Left out: everything that changes something there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.launch.estimate import Contents, Pace, contents, pace, waiting

if TYPE_CHECKING:
    import openai
    from openai.types import FileObject, Model
    from openai.types.fine_tuning import FineTuningJob

    from ftwidgets.widgets.launch.job_form import File

_PATIENCE = 15.0  # seconds for a list
_LARGEST = 8 * 2**20  # bytes of an uploaded file that is fetched to be counted
_OWNER = "ftwidgets"


class Offers:
    """The lists of one service.

    Parameters
    ----------
    client
        A client of it.
    """

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client.with_options(timeout=_PATIENCE, max_retries=0)
        self._models: list[Model] = []
        self._files: list[FileObject] = []
        self._jobs: list[FineTuningJob] = []
        self._counted: dict[File, Contents | None] = {}
        self.trouble = ""

    def ask(self) -> None:
        """Ask for all lists anew; what goes wrong is told by `trouble`."""
        import openai

        self.trouble = ""
        self._counted.clear()
        try:
            with explain_wrong_service():
                self._models = list(self._client.models.list())
                self._files = list(self._client.files.list(purpose="fine-tune", limit=100).data or ())
                self._jobs = list(self._client.fine_tuning.jobs.list(limit=20).data or ())
        except (openai.OpenAIError, FtwidgetsError) as error:
            self.trouble = failure_text(error)

    @property
    def models(self) -> list[str]:
        """The names of the models, those tuned here last."""
        return sorted((model.id for model in self._models), key=lambda name: name.startswith("ft:"))

    @property
    def files(self) -> dict[str, str]:
        """The ids of the uploaded files by what they are called in the form, newest first."""
        return {f"{file.filename} ({file.id})": file.id for file in self._files}

    def called(self, file: str | Path | None) -> str | Path | None:
        """Give what an uploaded file is called in the form, for its id; anything else stays what it is."""
        return next((name for name, id_ in self.files.items() if id_ == file), file)

    def is_sandbox(self, model: str) -> bool:
        """Tell whether a model is one of the sandbox, which trains here and costs nothing."""
        return any(known.id == model and known.owned_by == _OWNER for known in self._models) or self._tuned_here(model)

    def _tuned_here(self, model: str) -> bool:
        bases = [known.id for known in self._models if known.owned_by == _OWNER]
        return any(model.startswith(f"ft:{base}:") for base in bases)

    def pace(self, model: str) -> Pace | None:
        """Tell how fast jobs ran here; see `estimate.pace`."""
        return pace(self._jobs, model, sandbox=self.is_sandbox(model))

    def waiting(self) -> int:
        """Count the jobs a new one would wait for."""
        return waiting(self._jobs)

    def contents(self, file: File) -> Contents | None:
        """Count what is in a file, once until `ask`; None for one that cannot be read, or is uploaded and large."""
        if file not in self._counted:
            self._counted[file] = self._read(file)
        return self._counted[file]

    def _read(self, file: File) -> Contents | None:
        import openai

        if file.path is not None:
            try:
                with file.path.open("rb") as lines:
                    return contents(lines)
            except OSError:
                return None
        known = next((uploaded for uploaded in self._files if uploaded.id == file.name), None)
        if known is None or (known.bytes or 0) > _LARGEST:
            return None
        try:
            return contents(self._client.files.content(file.name).read().splitlines())
        except openai.OpenAIError:
            return None
