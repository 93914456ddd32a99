"""Prepare a dataset: the widget and its parts."""

from ftwidgets.widgets.prep.dataset_prep import DatasetPrep as DatasetPrep

__all__ = ["DatasetPrep"]
