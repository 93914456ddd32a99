"""Service and key: the widget and its parts."""

from ftwidgets.widgets.key.api_key import ApiKey as ApiKey

__all__ = ["ApiKey"]
