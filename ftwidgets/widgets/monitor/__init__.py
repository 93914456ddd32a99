"""Follow a job: the widget and its parts."""

from ftwidgets.widgets.monitor.job_monitor import JobMonitor as JobMonitor

__all__ = ["JobMonitor"]
