"""For tests of other people's code: a sandbox in a temporary folder, a client on it, a clock that is turned by hand.

Left out: pytest, which only the plugin (`ftwidgets.testing.plugin`) needs.
"""

from ftwidgets.testing.clock import ManualClock as ManualClock
from ftwidgets.testing.opened import client as client
from ftwidgets.testing.opened import sandbox as sandbox

__all__ = ["ManualClock", "client", "sandbox"]
