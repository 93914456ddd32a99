"""What a form of the studio hands over once it is done: the state keeps it, and the later steps begin anew with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.jobs.job import Job
from ftwidgets.widgets import DatasetPrep, Evaluation, JobLauncher, PromptTester
from ftwidgets.widgets.prep.source_fields import BUNDLED

if TYPE_CHECKING:
    from ftwidgets.studio.state import StudioState
    from ftwidgets.widgets.base.panel import Panel


def hand_over(form: Panel, state: StudioState) -> list[str] | None:
    """Keep in a state what a form has made; return the steps whose forms are to be made anew, None if it has made nothing."""
    match form:
        case DatasetPrep(prepared=prepared) if prepared is not None:
            file, is_bundled = form.source.file, form.source.kind.value == BUNDLED
            state.source = str(file.resolve()) if file is not None else form.source.bundled.value if is_bundled else ""
            state.train_file = str(prepared.train_file.resolve())
            state.validation_file = str(prepared.validation_file.resolve()) if prepared.validation_file else ""
            state.n_train, state.n_validation = prepared.n_train, prepared.n_validation
            state.columns = dict(form.columns.arguments)
            return ["train"]
        case PromptTester(has_asked=False):
            return None
        case JobLauncher(job=Job() as job):
            state.rows[job.id] = state.n_train
            return take_up_job(job.id, state, ["watch", "try", "measure"])
        case Evaluation(result=result) if result is not None:
            _keep_scores(form, state)
    return []


def take_up_job(job_id: str, state: StudioState, steps: list[str]) -> list[str]:
    """Let a state be about a job; return `steps`, which are about it, if it was about another one."""
    if job_id == state.job:
        return []
    state.job, state.model = job_id, ""
    return steps


def _keep_scores(form: Evaluation, state: StudioState) -> None:
    assert form.result is not None
    metric, named = form.result.metric, form.named_models()
    for row in form.result.scores.to_dict("records"):
        if model := named.get(str(row["model"])):
            low, high = row[f"{metric}_low"], row[f"{metric}_high"]
            state.scores[model] = {"score": row[metric], "low": low, "high": high, "n": row["n"], "metric": metric}
