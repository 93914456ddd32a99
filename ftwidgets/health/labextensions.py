"""Check that JupyterLab finds the two extensions that draw widgets, and that neither is disabled.

It reads the same folders and settings as `jupyter labextension list`, without loading JupyterLab, which takes seconds.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ftwidgets.health.health_report import HealthCheck

MANAGER, ANYWIDGET = "@jupyter-widgets/jupyterlab-manager", "anywidget"
PACKAGES = {MANAGER: "jupyterlab_widgets", ANYWIDGET: "anywidget"}
OLDEST_MANAGER = 5  # the one for ipywidgets 8

_RESTART = "then restart JupyterLab and reload the page."


def check_labextensions(
    *, in_kernel: bool = False, folders: Sequence[Path] | None = None, settings: Sequence[Path] | None = None
) -> Sequence[HealthCheck]:
    """Check that the two extensions that draw the kit's widgets are installed and enabled.

    Parameters
    ----------
    in_kernel
        Whether this is a notebook's kernel: JupyterLab may then run from another environment.
    folders
        Where JupyterLab looks for extensions; by default the folders of this environment.
    settings
        The files that disable extensions; later ones override earlier ones. By default those of this environment.
    """
    if folders is None or settings is None:
        if importlib.util.find_spec("jupyter_core") is None or importlib.util.find_spec("jupyterlab") is None:
            elsewhere = HealthCheck("widgets", "note", "drawn by a notebook server of another environment")
            return [elsewhere] if in_kernel else []
        from jupyter_core.paths import jupyter_path

        folders, settings = [Path(folder) for folder in jupyter_path("labextensions")], _settings_files()
    off = _disabled_extensions(settings)
    problems = [problem for name in PACKAGES if (problem := _find_problem(name, _find_version(name, folders), off))]
    if problems:
        return problems
    there = " and ".join(f"{name} {_find_version(name, folders)}" for name in PACKAGES)
    return [HealthCheck("widgets", "ok", f"JupyterLab finds {there}, both switched on")]


def _find_problem(name: str, version: str | None, off: set[str]) -> HealthCheck | None:
    package = PACKAGES[name]
    install = f"python -m pip install --force-reinstall --no-deps {package}, {_RESTART}"
    if version is None:
        return HealthCheck("widgets", "wrong", f"JupyterLab does not find {name}, which draws widgets", install)
    if name == MANAGER and version.split(".")[0].isdecimal() and int(version.split(".")[0]) < OLDEST_MANAGER:
        message = f"{name} {version} is older than ipywidgets 8 needs ({OLDEST_MANAGER}.0)"
        return HealthCheck("widgets", "wrong", message, f'python -m pip install --upgrade "jupyterlab_widgets>=3", {_RESTART}')
    if disabled := sorted(entry for entry in off if entry.split(":")[0] == name):
        message = f"switched off in JupyterLab: {', '.join(disabled)}"
        fix = " && ".join(f'jupyter labextension enable "{entry}"' for entry in disabled)
        return HealthCheck("widgets", "wrong", message, f"{fix}, {_RESTART}")
    return None


def _find_version(name: str, folders: Iterable[Path]) -> str | None:
    """Return the version in the first folder that has the extension; None if none has it or it cannot be read."""
    for folder in folders:
        described = _read_json(folder / name / "package.json")
        if described.get("name") == name:
            return str(described.get("version", "?"))
    return None


def _disabled_extensions(files: Iterable[Path]) -> set[str]:
    """Return the disabled extensions, and single plugins of one as `name:plugin`."""
    off: dict[str, bool] = {}
    for file in files:
        disabled = _read_json(file).get("disabledExtensions", {})
        off |= disabled if isinstance(disabled, dict) else dict.fromkeys(disabled, True)
    return {name for name, is_off in off.items() if is_off}


def _settings_files() -> list[Path]:
    """List the settings files in JupyterLab's order: the application's, then `labconfig` of each level, the user's last."""
    from jupyter_core.paths import jupyter_config_path

    files = [Path(sys.prefix) / "share/jupyter/lab/settings/page_config.json"]
    for level in reversed(jupyter_config_path()):
        labconfig = Path(level) / "labconfig"
        files += [*sorted(labconfig.glob("page_config.d/*.json")), labconfig / "page_config.json"]
    return files


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
