"""What the words themselves show: marks that do not belong, secrets, personal data, and rows unlike the rest of the set."""

from ftwidgets.prep.texts.repairs import REPAIRS as REPAIRS
from ftwidgets.prep.texts.row_texts import RowTexts as RowTexts
from ftwidgets.prep.texts.set_texts import SetTexts as SetTexts

__all__ = ["REPAIRS", "RowTexts", "SetTexts"]
