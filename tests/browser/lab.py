"""A private JupyterLab and a headless Chromium on it, for the browser tests and for pictures.

Nothing of the user's is read or written: every Jupyter folder is a temporary one. Waits are for states, never for times.
Left out: looking at what is shown, which is in `look.py` (`lab.axe`, `lab.wide` and the others are imported from there).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from .look import PANEL as PANEL
from .look import axe as axe
from .look import errors as errors
from .look import output as output
from .look import press_tab_to as press_tab_to
from .look import resize as resize
from .look import select as select
from .look import shoot as shoot
from .look import wide as wide

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]

BUNDLE = Path(__file__).parents[2] / "ftwidgets" / "labextension"

SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page, seen or not
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/extensionmanager-extension/plugin": {"enabled": False},
}
DARK = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}}
SAVE_STATE = {"@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True}}

IDLE = """() => {
    const widget = window.jupyterapp?.shell.currentWidget;
    const kernel = widget?.context?.isReady && widget.sessionContext?.session?.kernel;
    return !!kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""

OPENED = "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"

THEMED = "dark => document.body.dataset.jpThemeLight === (dark ? 'false' : 'true')"


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    base
        Its address, without a path.
    token
        What lets a browser in.
    root
        The folder it shows.
    private
        Where everything else of it lies: settings, workspaces, the kernels' history, the state of `ftwidgets`.
    """

    base: str
    token: str
    root: Path
    private: Path

    def address(self, path: str) -> str:
        """Where the browser finds a notebook."""
        return f"{self.base}/lab/tree/{path}?token={self.token}&reset"

    def log(self, characters: int = 3000) -> str:
        """The end of what the server and its kernels wrote."""
        return (self.private / "server.log").read_text(encoding="utf-8", errors="replace")[-characters:]


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def server(
    root: Path,
    *,
    dark: bool = False,
    save_state: bool = False,
    kernel_env: Mapping[str, str] | None = None,
    command: Sequence[str] = ("jupyter", "lab"),
) -> Iterator[Lab]:
    """Run JupyterLab on a folder.

    Parameters
    ----------
    root
        The folder.
    dark
        Begin in the dark theme (`theme` changes it later).
    save_state
        Turn on "Save Widget State Automatically".
    kernel_env
        Environment variables for the kernels.
    command
        What `python -m` starts in that folder; `ftwidgets lab` starts JupyterLab too.
    """
    with tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as name:
        private = Path(name)
        settings = {**SETTINGS, **(DARK if dark else {}), **(SAVE_STATE if save_state else {})}
        for setting, value in settings.items():
            path = private / "settings" / f"{setting}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value), encoding="utf-8")
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(private / "config"),
            "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
            "JUPYTER_DATA_DIR": str(private / "data"),
            "JUPYTERLAB_SETTINGS_DIR": str(private / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(private / "workspaces"),
            "IPYTHONDIR": str(private / "ipython"),
            "FTWIDGETS_HOME": str(private / "ftwidgets"),
            **(kernel_env or {}),
        }
        port, token = _free_port(), secrets.token_hex(16)
        line = [sys.executable, "-m", *command, "--no-browser", "--allow-root", f"--port={port}"]
        line += [f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True"]
        running = Lab(f"http://127.0.0.1:{port}", token, root, private)
        with (private / "server.log").open("wb") as log:
            process = subprocess.Popen(line, stdout=log, stderr=log, env=environment, cwd=root)
            try:
                _wait_for(running, process)
                yield running
            finally:
                _end(process)


def with_our_extension(folder: Path) -> dict[str, str]:
    """Variables with which JupyterLab loads the extension as this repository has it, however ftwidgets was installed.

    For `kernel_env` of `server`; what they name is made in the folder.
    """
    extensions = folder / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "ftwidgets-labextension").symlink_to(BUNDLE)
    return {"JUPYTER_PATH": str(folder)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(running: Lab, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{running.base}/api/status?token={running.token}", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{running.log()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # it takes its kernels with it
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def page(width: int = 1300, height: int = 900, *, scale: float = 1) -> Iterator[Any]:
    """A page in headless Chromium; its `complaints` list what the console called an error. `scale` 2 makes sharper pictures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", device_scale_factor=scale
        )
        shown = context.new_page()
        shown.complaints, shown.lab, shown.anew = [], None, True
        shown.on("console", lambda message: message.type == "error" and shown.complaints.append(message.text))
        shown.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.set_default_timeout(60_000)
        try:
            yield shown
        finally:
            browser.close()


def notebook(folder: Path, *cells: str, name: str = "page.ipynb") -> str:
    """Write a notebook of code cells; returns its name."""
    written = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    written.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(written, folder / name)
    return name


def open_notebook(shown: Any, running: Lab, path: str) -> None:
    """Open a notebook and wait until its kernel is ready."""
    shown.lab, shown.anew = running, False
    shown.goto(running.address(path), wait_until="domcontentloaded")
    shown.wait_for_function(OPENED, arg=path)
    shown.wait_for_function(IDLE)


def reload(shown: Any) -> None:
    """Load the page anew. JupyterLab may go on restoring its tabs, so the next notebook has to be opened by its address."""
    shown.reload()
    shown.wait_for_function(IDLE)
    shown.anew = True


def close_all(shown: Any) -> None:
    """Close the notebooks without saving and end their kernels; the page stays, for the next `open_another`."""
    shown.evaluate(
        """async () => {
            for (const widget of [...window.jupyterapp.shell.widgets('main')])
                if (widget.context) { widget.context.model.dirty = false; widget.close(); }
            await window.jupyterapp.serviceManager.sessions.shutdownAll();
        }"""
    )
    shown.complaints.clear()


def open_another(shown: Any, path: str) -> None:
    """Open one more notebook in a page that has JupyterLab already, which is quicker."""
    opening = "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' }); }"
    shown.evaluate(opening, path)  # the command gives the widget itself, which cannot travel
    shown.wait_for_function(OPENED, arg=path)
    shown.wait_for_function(IDLE)


def run_all(shown: Any) -> bool:
    """Run all cells; True when every one succeeded."""
    done = shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    shown.wait_for_function(IDLE)
    return bool(done)


def save(shown: Any) -> dict[str, Any]:
    """Save the notebook and give what then stands in its file."""
    shown.evaluate("() => window.jupyterapp.shell.currentWidget.context.save().then(() => null)")
    path = shown.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    return dict(json.loads((shown.lab.root / path).read_text(encoding="utf-8")))


def theme(shown: Any, *, dark: bool) -> None:
    """Change the theme of the page."""
    name = "JupyterLab Dark" if dark else "JupyterLab Light"
    shown.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }).then(() => null)", name)
    shown.wait_for_function(THEMED, arg=dark)
