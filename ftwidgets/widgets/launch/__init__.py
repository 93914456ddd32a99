"""Launch a job: the widget and its parts."""

from ftwidgets.widgets.launch.widget import JobLauncher as JobLauncher

__all__ = ["JobLauncher"]
