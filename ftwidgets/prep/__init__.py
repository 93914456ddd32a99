"""From a CSV or a DataFrame to findings, token counts, a cost and chat JSONL. Left out, for now: JSONL and XLSX input."""

from ftwidgets.prep.check import check as check
from ftwidgets.prep.findings import Finding as Finding
from ftwidgets.prep.jsonl import write_jsonl as write_jsonl
from ftwidgets.prep.prepare import Prepared as Prepared
from ftwidgets.prep.prepare import prepare as prepare
from ftwidgets.prep.report import Report as Report

__all__ = ["Finding", "Prepared", "Report", "check", "prepare", "write_jsonl"]
