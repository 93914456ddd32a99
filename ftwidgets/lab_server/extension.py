"""The extension that Jupyter Server loads: its settings, its routes, and the look for jobs that nobody trains."""

from __future__ import annotations

from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import PeriodicCallback
from traitlets import Unicode

from ftwidgets.clients import state_folder
from ftwidgets.lab_server.handlers import ApiHandler, EventsHandler, OverviewHandler, StatusHandler
from ftwidgets.lab_server.overview import Overview
from ftwidgets.lab_server.supervisor import Supervisor

LOOK_EVERY = 2.0  # seconds between two looks for jobs that nobody trains


class FtwidgetsLab(ExtensionApp):
    """Settings, for `jupyter_server_config.py`: `c.FtwidgetsLab.home = "/shared/ftwidgets"`."""

    name = "ftwidgets"
    description = "Fine-tuning in JupyterLab: jobs that go on without a notebook."

    home = Unicode("", config=True, help="The state folder; by default what FTWIDGETS_HOME names, else the usual one.")

    def initialize_settings(self) -> None:
        """Make the supervisor and the overview, which the handlers find in the settings."""
        home = state_folder(self.home or None)
        self.supervisor, self.overview = Supervisor(home), Overview(home)
        self.settings |= {"ftwidgets_supervisor": self.supervisor, "ftwidgets_overview": self.overview}

    def initialize_handlers(self) -> None:
        """Add the routes; the server puts its own base address before them."""
        self.handlers.extend(
            [
                (r"/ftwidgets/status", StatusHandler),
                (r"/ftwidgets/overview", OverviewHandler),
                (r"/ftwidgets/events", EventsHandler),
                (r"/ftwidgets/(v1/.+)", ApiHandler),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Begin to look for jobs, once the server's loop runs."""
        self._look = PeriodicCallback(self.supervisor.look, LOOK_EVERY * 1000)
        self._look.start()

    async def stop_extension(self) -> None:
        """Let a job that is training save its place; the next server, or the next `connect()`, goes on with it."""
        self._look.stop()
        await self.supervisor.close()
        self.overview.close()
