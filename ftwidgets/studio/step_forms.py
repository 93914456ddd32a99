"""The form of each step, made from what the steps before it handed over; an error says which step makes what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import Job
from ftwidgets.jobs.labels import suffix_from
from ftwidgets.studio.export_form import ExportForm
from ftwidgets.studio.held_out import first_questions, has_long_answers
from ftwidgets.widgets import DatasetPrep, Evaluation, JobLauncher, JobMonitor, PromptTester
from ftwidgets.widgets.base.failures import explain_wrong_service
from ftwidgets.widgets.monitor.probe_prompts import PROMPTS

if TYPE_CHECKING:
    import openai

    from ftwidgets.data.readers import Source
    from ftwidgets.studio.state import StudioState
    from ftwidgets.widgets.base.panel import Panel

SEED = 1
"""The seed of the jobs: the same path gives the same model when its notebook runs again."""

N_PROBES = 3
"""How many held-out questions the checkpoints are asked."""

_TRAINED = 'choose a job: train one in step 2, or take one from "Jobs and models" below.'


class StepForms:
    """Makes the forms.

    Parameters
    ----------
    client
        Any `openai` client.
    state
        What the steps handed over.
    source
        The data to begin with; None for what was chosen last.
    folder
        Where the training files go.
    """

    def __init__(self, client: openai.OpenAI, state: StudioState, source: Source | None, folder: str | Path) -> None:
        self._client, self._state, self._folder = client, state, folder
        self._source = source if source is not None else from_here(state.source) or None

    def make(self, step: str) -> Panel:
        """Return a new form of a step."""
        makers: dict[str, Callable[[], Panel]] = {
            "data": self._make_prep,
            "train": self._make_launcher,
            "watch": self._make_monitor,
            "try": self._make_tester,
            "measure": self._make_evaluation,
        }
        return makers[step]()

    def export(self, job_id: str) -> ExportForm:
        """Return a form that exports the model of a job."""
        model, details = self._model_of(job_id), Job(self._client, job_id).details
        return ExportForm(self._client, model, made=details.finished_at or details.created_at)

    def _make_prep(self) -> Panel:
        known = isinstance(self._source, str) and self._source == from_here(self._state.source)
        columns: dict[str, Any] = self._state.columns if known else {}
        return DatasetPrep(self._source, folder=self._folder, **columns)

    def _make_launcher(self) -> Panel:
        if not self._state.train_file:
            raise FtwidgetsError("there are no training files yet: choose your data in step 1 and press Write.")
        files = [from_here(file) or None for file in (self._state.train_file, self._state.validation_file)]
        launcher = JobLauncher(self._client, *files, seed=SEED, suffix=suffix_from(self._state.source))
        launcher.advanced.show(False)  # the seed and the name from here are nothing to look at
        return launcher

    def _make_monitor(self) -> Panel:
        """Return the monitor; checkpoints of a job that was launched here are asked its first held-out questions."""
        job_id = self._job_id()
        held_out = self._state.validation_file if job_id in self._state.rows else ""
        prompts = first_questions(Path(held_out), N_PROBES) if held_out else []
        return JobMonitor(self._client, job_id, prompts=prompts or PROMPTS)

    def _make_tester(self) -> Panel:
        return PromptTester(self._client, self._models())

    def _make_evaluation(self) -> Panel:
        if not self._state.validation_file:
            raise FtwidgetsError("no rows were held out, so there is nothing to measure on. Hold some out in step 1.")
        file = from_here(self._state.validation_file)
        metric = "token_f1" if has_long_answers(Path(self._state.validation_file)) else "exact_match"
        return Evaluation(self._client, self._models(), file, metric=metric)

    def _job_id(self) -> str:
        if not self._state.job:
            raise FtwidgetsError(_TRAINED)
        return self._state.job

    def _model_of(self, job_id: str) -> str:
        with explain_wrong_service():
            details = Job(self._client, job_id).details
            status = str(details.status)
        if not details.fine_tuned_model:
            raise FtwidgetsError(f"this job is {status} and has no model yet. Watch it in step 3.")
        return details.fine_tuned_model

    def _models(self) -> dict[str, str]:
        """Return the base model and the tuned one, by what to call them; the state gets to know the tuned one."""
        job_id = self._job_id()
        self._state.model = self._model_of(job_id)
        return {"base": Job(self._client, job_id).details.model, "tuned": self._state.model}


def from_here(path: str) -> str:
    """Return a path as it is called from the notebook's folder: short where it lies in it."""
    here = notebook_folder()
    return Path(path).relative_to(here).as_posix() if path and Path(path).is_relative_to(here) else path


def notebook_folder() -> Path:
    """Return the notebook's folder; an FtwidgetsError says that it is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise FtwidgetsError(
            "the folder in which this notebook runs was deleted or renamed. Restart the kernel in a folder that exists."
        ) from None
