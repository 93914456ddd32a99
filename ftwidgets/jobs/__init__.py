"""Fine-tuning jobs on any `openai` client: upload a file, launch a job, follow it, read and diagnose its curve."""

from ftwidgets.jobs.diagnosis import Diagnosis as Diagnosis
from ftwidgets.jobs.diagnosis import diagnose as diagnose
from ftwidgets.jobs.job import Job as Job
from ftwidgets.jobs.job import launch as launch
from ftwidgets.jobs.upload import upload as upload

__all__ = ["Diagnosis", "Job", "diagnose", "launch", "upload"]
