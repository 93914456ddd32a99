"""Launch a job: the widget and its parts."""

from ftwidgets.widgets.launch.job_launcher import JobLauncher as JobLauncher

__all__ = ["JobLauncher"]
