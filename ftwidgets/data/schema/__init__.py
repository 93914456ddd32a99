"""The form of a JSON row: its kind, whether a service would take it, safe repairs. Left out: what its texts say."""

from ftwidgets.data.schema.parse import Form as Form
from ftwidgets.data.schema.parse import read as read
from ftwidgets.data.schema.repair import REPAIRS as REPAIRS
from ftwidgets.data.schema.repair import mend as mend

__all__ = ["REPAIRS", "Form", "mend", "read"]
