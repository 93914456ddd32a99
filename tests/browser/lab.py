"""A private JupyterLab and a headless Chromium on it, for the browser tests and for pictures.

Nothing of the user's is read or written: every Jupyter folder is a temporary one. Waits are for states, never for times.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]

SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page, seen or not
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/extensionmanager-extension/plugin": {"enabled": False},
}

IDLE = """() => {
    const widget = window.jupyterapp?.shell.currentWidget;
    const kernel = widget?.context?.isReady && widget.sessionContext?.session?.kernel;
    return !!kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def server(root: Path) -> Iterator[str]:
    """Run JupyterLab on a folder; gives the address up to the path, with a way in."""
    with tempfile.TemporaryDirectory(prefix="lab-") as name, socket.socket() as probe:
        private = Path(name)
        probe.bind(("127.0.0.1", 0))
        port, token = probe.getsockname()[1], secrets.token_hex(16)
        probe.close()
        for setting, value in SETTINGS.items():
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
        }
        command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"]
        command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}", "--ServerApp.port_retries=0"]
        command += ["--LabApp.expose_app_in_browser=True"]
        log = private / "server.log"
        with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=root) as process:
            try:
                _wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", process, log)
                yield f"http://127.0.0.1:{port}/lab/tree/{{path}}?token={token}&reset"
            finally:
                process.terminate()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


@contextmanager
def page(width: int = 1300, height: int = 900) -> Iterator[Any]:
    """A page in headless Chromium; its `complaints` list what the console called an error."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        shown = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce").new_page()
        shown.complaints = []
        shown.on("console", lambda message: message.type == "error" and shown.complaints.append(message.text))
        shown.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.set_default_timeout(60_000)
        try:
            yield shown
        finally:
            browser.close()


def open_notebook(shown: Any, address: str, path: str) -> None:
    """Open a notebook and wait until its kernel is ready."""
    shown.goto(address.format(path=path), wait_until="domcontentloaded")
    shown.wait_for_function(IDLE)


def run_all(shown: Any) -> bool:
    """Run all cells; True when every one succeeded."""
    done = shown.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    shown.wait_for_function(IDLE)
    return bool(done)
