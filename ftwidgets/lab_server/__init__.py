"""The server half of the JupyterLab extension: jobs go on when a notebook is closed, and the page reaches the sandbox.

Jupyter Server imports this package at its start, so it stays light: what reads data, trains or answers runs in a process of its
own (`process`), which `ftwidgets.lab_server.supervisor` starts when it is needed and which ends when it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftwidgets.lab_server.extension import FtwidgetsLab as FtwidgetsLab


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter Server what to load."""
    from ftwidgets.lab_server.extension import FtwidgetsLab

    return [{"module": "ftwidgets.lab_server", "app": FtwidgetsLab}]
