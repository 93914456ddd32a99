"""The rules that look for faults in training data, a file for each."""

from ftwidgets.data.rules.duplicates import Repeats as Repeats
from ftwidgets.data.rules.labels import Labels as Labels
from ftwidgets.data.rules.leakage import leaks as leaks
from ftwidgets.data.rules.leakage import shared_groups as shared_groups
from ftwidgets.data.rules.near_duplicates.rule import Near as Near
from ftwidgets.data.rules.outliers.outlier_rule import SetTexts as SetTexts
from ftwidgets.data.rules.row_texts import REPAIRS as REPAIRS
from ftwidgets.data.rules.row_texts import RowTexts as RowTexts
from ftwidgets.data.rules.system_prompts import Systems as Systems

__all__ = ["REPAIRS", "Labels", "Near", "Repeats", "RowTexts", "SetTexts", "Systems", "leaks", "shared_groups"]
