"""From a source (a file, a DataFrame, a list of records) to rows that can be used. Left out: judging what they say."""

from ftwidgets.prep.sources.columns import DEFAULTS as DEFAULTS
from ftwidgets.prep.sources.opened import Opened as Opened
from ftwidgets.prep.sources.opening import Source as Source
from ftwidgets.prep.sources.opening import column_names as column_names
from ftwidgets.prep.sources.opening import open_source as open_source

__all__ = ["DEFAULTS", "Opened", "Source", "column_names", "open_source"]
