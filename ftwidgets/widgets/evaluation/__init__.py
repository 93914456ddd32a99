"""Measure models: the widget and its parts."""

from ftwidgets.widgets.evaluation.widget import Evaluation as Evaluation

__all__ = ["Evaluation"]
