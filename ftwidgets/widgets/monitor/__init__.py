"""Follow a job: the widget and its parts."""

from ftwidgets.widgets.monitor.widget import JobMonitor as JobMonitor

__all__ = ["JobMonitor"]
