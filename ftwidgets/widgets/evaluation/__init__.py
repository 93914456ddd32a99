"""Measure models: the widget and its parts."""

from ftwidgets.widgets.evaluation.evaluation_widget import Evaluation as Evaluation

__all__ = ["Evaluation"]
