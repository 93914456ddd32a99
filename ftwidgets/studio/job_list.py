"""The list of jobs and models: names, dates, rows, scores, and buttons that take one of them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ftwidgets.jobs.labels import job_label
from ftwidgets.jobs.times import seconds_of, when
from ftwidgets.widgets.base import markup

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob

MOST = 20
"""How many jobs are listed, the newest first."""

_KINDS = {"succeeded": "ok", "failed": "wrong", "cancelled": "wrong", "running": "busy"}


@dataclass(frozen=True)
class JobEntry:
    """A job, with the rows that it was trained on and the score of its model where they are known."""

    job: FineTuningJob
    n_rows: int | None
    score: Mapping[str, Any] | None

    @property
    def label(self) -> str:
        """What to call it."""
        return job_label(self.job)

    @property
    def made(self) -> str:
        """When it was launched, in local time."""
        return when(self.job.created_at)

    @property
    def score_text(self) -> str:
        """The score with its interval and the number of held-out examples."""
        if not self.score:
            return "not measured"
        return "{score:.2f} ({low:.2f} to {high:.2f}), {n} held out".format(**self.score)


def read_jobs(client: openai.OpenAI, rows: Mapping[str, int], scores: Mapping[str, Mapping[str, Any]]) -> list[JobEntry]:
    """Return the last jobs of a service, the newest first. `rows` are by job id, `scores` by model id."""
    jobs = list(client.with_options(timeout=15.0, max_retries=0).fine_tuning.jobs.list(limit=MOST).data or ())
    jobs = [job for job in jobs if job.id]
    jobs.sort(key=lambda job: seconds_of(job.created_at), reverse=True)
    return [JobEntry(job, rows.get(job.id), scores.get(job.fine_tuned_model or "")) for job in jobs]


def jobs_html(entries: list[JobEntry], *, buttons: bool = True) -> str:
    """Return the list as a table; the buttons send `job:ID`, `model:ID` or `export:ID`."""
    if not entries:
        return markup.empty("No job yet. Write training files in step 1, then train a model on them in step 2.")
    header = ("Model", "State", "Launched", "Rows", "Score")
    rows = "".join(_row(entry, buttons=buttons) for entry in entries)
    head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in header)
    return f"<table><caption>Jobs and models, newest first</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(entry: JobEntry, *, buttons: bool) -> str:
    job = entry.job
    take_up = f'<tr><td colspan="5" style="text-align:left">{_buttons(entry)}</td></tr>' if buttons else ""
    cells = [
        escape(entry.label),
        markup.chip(str(job.status), _KINDS.get(job.status, "")),
        escape(entry.made),
        "" if entry.n_rows is None else f"{entry.n_rows:,}",
        escape(entry.score_text if job.fine_tuned_model else ""),
    ]
    joined = ' class="ftw-joined"' if buttons else ""
    return f"<tr{joined}>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>" + take_up


def _buttons(entry: JobEntry) -> str:
    """Return what can be done with a job: in a row under its name, which a narrow page has in view."""
    acts = {"job": "Watch", **({"model": "Try", "export": "Export"} if entry.job.fine_tuned_model else {})}
    made = [
        f'<button data-press="{act}:{escape(entry.job.id)}" aria-label="{name} {escape(entry.label)}">{name}</button>'
        for act, name in acts.items()
    ]
    return " ".join([*made, markup.identifier(entry.job.fine_tuned_model or entry.job.id)])
