"""Faults on demand, a journal of requests, and a verdict on the client. Left out: the real service's reasons to fail."""

from ftwidgets.sandbox.faults.checks import Check as Check
from ftwidgets.sandbox.faults.fault_routes import FaultRoutes as FaultRoutes
from ftwidgets.sandbox.faults.faults import Faults as Faults
from ftwidgets.sandbox.faults.journal import Entry as Entry
from ftwidgets.sandbox.faults.journal import Journal as Journal
from ftwidgets.sandbox.faults.journal import JournalLayer as JournalLayer
from ftwidgets.sandbox.faults.middleware import FaultLayer as FaultLayer
from ftwidgets.sandbox.faults.middleware import SocketCloser as SocketCloser
from ftwidgets.sandbox.faults.rule import RuleError as RuleError
from ftwidgets.sandbox.faults.verdict import Verdict as Verdict
from ftwidgets.sandbox.faults.verdict import judge as judge

__all__ = [
    "Check",
    "Entry",
    "FaultLayer",
    "FaultRoutes",
    "Faults",
    "Journal",
    "JournalLayer",
    "RuleError",
    "SocketCloser",
    "Verdict",
    "judge",
]
