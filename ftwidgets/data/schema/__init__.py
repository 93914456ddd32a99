"""The format of a row of JSON: which one it is, whether a service would take the row, and safe fixes."""

from ftwidgets.data.schema.formats import EXAMPLE_KINDS as EXAMPLE_KINDS
from ftwidgets.data.schema.parse import ParsedRow as ParsedRow
from ftwidgets.data.schema.parse import parse_row as parse_row
from ftwidgets.data.schema.row_repair import REPAIRS as REPAIRS
from ftwidgets.data.schema.row_repair import repair_row as repair_row

__all__ = ["EXAMPLE_KINDS", "REPAIRS", "ParsedRow", "parse_row", "repair_row"]
