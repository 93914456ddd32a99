"""One path without code: data, train, watch, try and measure in one widget."""

from ftwidgets.studio.studio import Studio as Studio

__all__ = ["Studio"]
