"""Service and key: the widget and its parts."""

from ftwidgets.widgets.key.widget import ApiKey as ApiKey

__all__ = ["ApiKey"]
