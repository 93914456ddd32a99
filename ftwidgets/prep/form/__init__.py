"""The form of a JSON row: its kind, whether a service would take it, safe repairs. Left out: what its texts say."""

from ftwidgets.prep.form.mending import REPAIRS as REPAIRS
from ftwidgets.prep.form.mending import mend as mend
from ftwidgets.prep.form.reading import Form as Form
from ftwidgets.prep.form.reading import read as read

__all__ = ["REPAIRS", "Form", "mend", "read"]
