"""What a monitor shows of a job: header, buttons, progress, chart with its legend, diagnosis, losses by epoch, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.monitor import chart, status_text
from ftwidgets.widgets.monitor.comparison import OtherJob, labels
from ftwidgets.widgets.monitor.job_progress import VALIDATION, Losses, n_epochs
from ftwidgets.widgets.monitor.live_chart import LiveChart
from ftwidgets.widgets.monitor.scale import fit_scale

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

    from ftwidgets.jobs.diagnosis import Diagnosis

Others = Mapping[str, OtherJob]


class JobView:
    """The parts, and the job as they show it: its `details` (None before the first answer) and its `losses`."""

    def __init__(self) -> None:
        self.details: FineTuningJob | None = None
        self.losses = Losses()
        self.header, self.progress, self.legend, self.table, self.events = Live(), Live(), Live(), Live(), Live()
        self.headline, self.diagnosis = Live(role="status"), Live(role="status")
        self.watch_button = button("Watch again", tooltip="Go on watching after an outage")
        self.resume_button = button("Resume", tooltip="Ask the service to go on with the job")
        self.cancel_button = button("Cancel the job", tooltip="Ask the service to stop the job")
        self.watch_button.layout.display = self.resume_button.layout.display = "none"
        self.cancel_button.disabled = True
        self.header.layout.flex, self.header.layout.min_width = "1 1 240px", "0"
        self.chart = LiveChart("Press one to ask the model as it was then.")
        self.chart.layout.width, self.chart.layout.max_width = f"{chart.WIDEST}px", "100%"
        self.legend.html = status_text.legend_html([("training", "")])

    def show(self, details: FineTuningJob, events: Sequence[FineTuningJobEvent]) -> None:
        """Show what a look at the job has found, but for the losses."""
        self.details = details
        self.losses.add(events)
        self.header.html = status_text.header_html(details)
        self.headline.html = status_text.headline_html(details, self.losses)
        self.progress.html = status_text.progress_html(details, self.losses)
        self.events.html = status_text.events_html(events)
        self.cancel_button.disabled = details.status in TERMINAL_STATUSES
        self.resume_button.layout.display = "" if str(details.status) == "paused" else "none"

    def show_diagnosis(self, diagnosis: Diagnosis | None, steps: Sequence[int]) -> None:
        """Show what the curve says, and what to do about it; `steps` have a model to ask."""
        best = self.checkpoint_names(steps).get(diagnosis.step, "") if diagnosis else ""
        self.diagnosis.html = status_text.diagnosis_html(diagnosis, best)

    def draw(self, steps: Sequence[int], others: Others) -> None:
        """Draw the losses; `steps` have a model to ask. With other jobs: the validation loss of each."""
        epochs = n_epochs(self.details)
        lines, words, dots, last = self._lines(steps, others)
        if any(lines.values()):
            self.chart.show(lines, last=last, dots=dots, checkpoints=self.checkpoint_names(steps))
            self.legend.html = status_text.legend_html(words)
        if self.losses.last:
            self.table.html = markup.fold("Losses as a table", self.losses.table_html(epochs))

    def static_lines(self, diagnosis: Diagnosis | None) -> list[str]:
        """Return the status, the losses and the diagnosis, a line each."""
        if self.details is None:
            return []
        lines = [status_text.headline(self.details, self.losses)]
        if self.losses.last:
            lines.append(chart.summary(self.losses.series()))
        return lines + (status_text.diagnosis_text(diagnosis) if diagnosis else [])

    def static_page(self, steps: Sequence[int], others: Others) -> str:
        """Return the status, the chart as a picture, the diagnosis and the table as HTML for a page without a kernel."""
        if self.details is None:
            return ""
        parts = [f"<p>{escape(status_text.headline(self.details, self.losses))}</p>"]
        lines, words, dots, last = self._lines(steps, others)
        if any(lines.values()):
            parts.append(chart.loss_chart(lines, last=last, dots=dots, marks=steps))
            parts += [f"<p>{escape(f'{name}: {text}')}.</p>" for name, text in words if text]
        return "".join([*parts, self.diagnosis.html, self.table.html])

    def checkpoint_names(self, steps: Sequence[int]) -> dict[int, str]:
        """Return what the checkpoints are called, by step: by the epoch that they end, where that is known."""
        epochs = n_epochs(self.details)
        ended = {step: self.losses.epoch_of(step, epochs) for step in steps}
        return {step: "base" if not step else f"epoch {ended[step]}" if ended[step] else f"step {step}" for step in steps}

    def _lines(
        self, steps: Sequence[int], others: Others
    ) -> tuple[chart.Series, list[tuple[str, str]], list[str], float | None]:
        """Return the lines to draw, what the legend says of each, those with marked points, and the last step."""
        if not others:
            series, last = self.losses.series(), self.losses.total
            scale = fit_scale(series.values(), last)
            words = {name: chart.hidden_text(points, scale) for name, points in series.items()}
            words[VALIDATION] = status_text.best_text(self.losses, n_epochs(self.details), steps)
            return series, [(name, words[name]) for name in series], [VALIDATION], last
        shown = [(self.details, self.losses), *((other.details, other.losses) for other in others.values())]
        ids = [self.details.id if self.details else "", *others]
        names = labels([(job_id, details) for job_id, (details, _) in zip(ids, shown, strict=True)])
        series = {name: losses.to_compare for name, (_, losses) in zip(names, shown, strict=True)}
        legend = [
            (name, status_text.best_text(losses, n_epochs(details)) or _without_validation(losses))
            for name, (details, losses) in zip(names, shown, strict=True)
        ]
        dots = [name for name, (_, losses) in zip(names, shown, strict=True) if losses.lowest_validation()]
        return series, legend, dots, _latest(losses.total for _, losses in shown)


def _without_validation(losses: Losses) -> str:
    return "training loss, as no validation loss was measured" if losses.last else "nothing measured yet"


def _latest(totals: Iterable[int | None]) -> float | None:
    return max((total for total in totals if total), default=None)


def code(job_id: str) -> str:
    """Return the code that waits for a job and diagnoses its curve."""
    lines = [
        "from ftwidgets import Job",
        "from ftwidgets.errors import JobError",
        "from ftwidgets.jobs import diagnose",
        "",
        f"job = Job(client, {job_id!r})",
        "try:",
        "    job.wait(on_event=lambda event: print(event.message))",
        "except JobError as error:",
        "    print(error)",
        "curve = job.curve",
        "reading = diagnose(curve) if len(curve) else None",
    ]
    return "\n".join(lines) + "\n"
