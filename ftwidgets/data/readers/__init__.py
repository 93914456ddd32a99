"""From a source (a file, a DataFrame, a list of records) to rows that can be used. Left out: judging what they say."""

from ftwidgets.data.readers.columns import DEFAULTS as DEFAULTS
from ftwidgets.data.readers.open import Source as Source
from ftwidgets.data.readers.open import column_names as column_names
from ftwidgets.data.readers.open import open_source as open_source
from ftwidgets.data.readers.source import Opened as Opened

__all__ = ["DEFAULTS", "Opened", "Source", "column_names", "open_source"]
