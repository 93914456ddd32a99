"""From a file or a DataFrame to findings, fixes, token counts, a cost and the files that a fine-tuning job takes."""

from ftwidgets.prep.check import check as check
from ftwidgets.prep.export import export as export
from ftwidgets.prep.findings import Finding as Finding
from ftwidgets.prep.fixes import Applied as Applied
from ftwidgets.prep.fixes import Fix as Fix
from ftwidgets.prep.jsonl import write_jsonl as write_jsonl
from ftwidgets.prep.prepare import Prepared as Prepared
from ftwidgets.prep.prepare import prepare as prepare
from ftwidgets.prep.report import Report as Report

__all__ = ["Applied", "Finding", "Fix", "Prepared", "Report", "check", "export", "prepare", "write_jsonl"]
