"""From a file or a DataFrame to findings, fixes, token counts, a cost and the files that a fine-tuning job takes."""

from ftwidgets.data.check import check as check
from ftwidgets.data.export import export as export
from ftwidgets.data.export import write_jsonl as write_jsonl
from ftwidgets.data.findings import Finding as Finding
from ftwidgets.data.prepare import Prepared as Prepared
from ftwidgets.data.prepare import prepare as prepare
from ftwidgets.data.report import Report as Report
from ftwidgets.data.results import Applied as Applied
from ftwidgets.data.results import Fix as Fix

__all__ = ["Applied", "Finding", "Fix", "Prepared", "Report", "check", "export", "prepare", "write_jsonl"]
