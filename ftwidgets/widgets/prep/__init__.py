"""Prepare a dataset: the widget and its parts."""

from ftwidgets.widgets.prep.widget import DatasetPrep as DatasetPrep

__all__ = ["DatasetPrep"]
