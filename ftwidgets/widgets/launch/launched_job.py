"""The job that a form has launched, with the form as it was then: it says whether the same form may launch another one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ftwidgets.jobs.job import Job
from ftwidgets.jobs.times import when
from ftwidgets.providers import TERMINAL_STATUSES
from ftwidgets.widgets.launch.job_settings import JobSettings


@dataclass
class LaunchedJob:
    """A job, the settings it was made from, and the texts that the fields held; `base` is what the form calls its model."""

    job: Job
    settings: JobSettings
    texts: list[str]
    base: str
    made: float = field(default_factory=time.time)

    @property
    def label(self) -> str:
        """What it is called here: its suffix and its base model, and when it was launched."""
        suffix = self.settings.suffix
        return f"{f'{suffix} ({self.base})' if suffix else self.base}, {when(self.made)}"

    def has_no_model(self) -> bool:
        """Return whether the job ended without a model or is gone, so that the same settings may be tried again."""
        import openai

        try:
            return self.job.status in TERMINAL_STATUSES - {"succeeded"}
        except openai.NotFoundError:
            return True
