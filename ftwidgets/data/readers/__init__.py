"""From a source (a file, a DataFrame, a list of records) to rows that can be trained on. Left out: judging their texts.

Files of twelve rows and of a million are read in the same way: a row at a time, in `text_file`, `csv` and `json_files`. What is
kept of a row is its place, so that `OpenSource.reread` finds it again; `scan` decides when rows are too many to keep.
"""

from ftwidgets.data.readers.columns import DEFAULT_COLUMNS as DEFAULT_COLUMNS
from ftwidgets.data.readers.columns import guess_columns as guess_columns
from ftwidgets.data.readers.open import Source as Source
from ftwidgets.data.readers.open import column_names as column_names
from ftwidgets.data.readers.open import open_source as open_source
from ftwidgets.data.readers.source import OpenSource as OpenSource

__all__ = ["DEFAULT_COLUMNS", "OpenSource", "Source", "column_names", "guess_columns", "open_source"]
