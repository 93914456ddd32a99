"""Test your own fine-tuning code: a sandbox in a temporary folder, a client of it, a clock that a test moves by hand.

Only the plugin (`ftwidgets.testing.plugin`) needs pytest.
"""

from ftwidgets.testing.contexts import client as client
from ftwidgets.testing.contexts import sandbox as sandbox
from ftwidgets.testing.manual_clock import ManualClock as ManualClock

__all__ = ["ManualClock", "client", "sandbox"]
