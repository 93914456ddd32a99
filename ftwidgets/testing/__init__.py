"""For tests of other people's code: a sandbox in a temporary folder, a client on it, a clock that is turned by hand.

Left out: pytest, which only the plugin (`ftwidgets.testing.plugin`) needs.
"""

from ftwidgets.testing.contexts import client as client
from ftwidgets.testing.contexts import sandbox as sandbox
from ftwidgets.testing.manual_clock import ManualClock as ManualClock

__all__ = ["ManualClock", "client", "sandbox"]
