"""Faults on demand, a journal of requests, and a verdict on how a client coped with them."""

from ftwidgets.sandbox.faults.faults import FaultRoutes as FaultRoutes
from ftwidgets.sandbox.faults.faults import Faults as Faults
from ftwidgets.sandbox.faults.journal import Journal as Journal
from ftwidgets.sandbox.faults.journal import JournalEntry as JournalEntry
from ftwidgets.sandbox.faults.journal import JournalMiddleware as JournalMiddleware
from ftwidgets.sandbox.faults.middleware import FaultMiddleware as FaultMiddleware
from ftwidgets.sandbox.faults.middleware import SocketCloser as SocketCloser
from ftwidgets.sandbox.faults.rules import RuleError as RuleError
from ftwidgets.sandbox.faults.verdict import CheckResult as CheckResult
from ftwidgets.sandbox.faults.verdict import Verdict as Verdict
from ftwidgets.sandbox.faults.verdict import judge as judge

__all__ = [
    "CheckResult",
    "FaultMiddleware",
    "FaultRoutes",
    "Faults",
    "Journal",
    "JournalEntry",
    "JournalMiddleware",
    "RuleError",
    "SocketCloser",
    "Verdict",
    "judge",
]
