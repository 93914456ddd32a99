"""Fine-tuning jobs on any `openai` client: upload a file, launch, follow, read the curve."""

from ftwidgets.jobs.job import Job as Job
from ftwidgets.jobs.job import launch as launch
from ftwidgets.jobs.upload import upload as upload

__all__ = ["Job", "launch", "upload"]
