"""The folded list of a service's other jobs: a press adds the curve of one to the chart, another press takes it out."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.job import Job
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import Fold
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.monitor.comparison import Comparison, labels
from ftwidgets.widgets.monitor.job_progress import recent_jobs

if TYPE_CHECKING:
    import openai
    from openai.types.fine_tuning import FineTuningJob


class CompareFold(Fold):
    """The list is requested when it is opened; `watched` returns the id of the job that needs no place in it."""

    def __init__(
        self,
        client: openai.OpenAI,
        comparison: Comparison,
        *,
        watched: Callable[[], str | None],
        catch_errors: Callable[[Callable[[], object]], Callable[..., None]],
        on_error: Callable[[Exception], object],
    ) -> None:
        self._client, self._comparison, self._watched = client, comparison, watched
        self._listed: list[FineTuningJob] = []
        self._task: BackgroundTask[None] = BackgroundTask("list of jobs", on_error=on_error)
        self.choices = Live()
        self.choices.on_press(lambda job_id: catch_errors(lambda: self.switch(job_id))())
        super().__init__("Compare with other jobs", [self.choices])
        self.toggle.on_click(catch_errors(self._opened))

    def switch(self, job_id: str) -> None:
        """Add a job to the chart, or take it out."""
        if job_id in self._comparison.jobs:
            self._comparison.remove(job_id)
        else:
            self._comparison.add(Job(self._client, job_id))
        self.draw()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the list, after it was opened."""
        self._task.wait(timeout)

    def draw(self) -> None:
        """Show the jobs, with those that are compared pressed."""
        others = [job for job in self._listed if job.id != self._watched()]
        if not others:
            self.choices.html = markup.empty("There is no other job to compare with. Launch a second one, with other settings.")
            return
        names = labels([(job.id, job) for job in others])
        buttons = []
        for job, name in zip(others, names, strict=True):
            pressed = str(job.id in self._comparison.jobs).lower()
            text = escape(name if job.status == "succeeded" else f"{name}: {str(job.status).replace('_', ' ')}")
            buttons.append(f'<button data-press="{escape(job.id)}" aria-pressed="{pressed}">{text}</button>')
        help_text = '<p class="ftw-help">The chart then shows the validation losses alone, a line for each job.</p>'
        self.choices.html = f'{help_text}<div class="ftw-choices">{"".join(buttons)}</div>'

    def _opened(self) -> None:
        if self.toggle.expanded == "true" and not self._task.busy:
            self.choices.html = self.choices.html or markup.loading("Listing the jobs")
            self._task.start(self._list)

    def _list(self) -> None:
        try:
            self._listed = recent_jobs(self._client)
        except FtwidgetsError:
            self._listed = []
            raise
        finally:
            self.draw()
