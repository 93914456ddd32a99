"""Check what is installed: package versions against the requirements of ftwidgets, extensions that draw widgets, base models.

The extensions are read from the same folders and settings as `jupyter labextension list` reads, without loading JupyterLab,
which takes seconds.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.health.health_report import HealthCheck

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from ftwidgets.models import ModelEntry

REPORTED = ("ftwidgets", "openai", "jupyterlab", "ipywidgets", "anywidget", "ipykernel")
_LAB = ("jupyterlab", "ipykernel")  # from the extra `lab`, and its dependency
_INSTALL_LAB = 'python -m pip install "ftwidgets[lab]" (in a checkout: pip install -e ".[lab]")'

MANAGER, ANYWIDGET = "@jupyter-widgets/jupyterlab-manager", "anywidget"
PACKAGES = {MANAGER: "jupyterlab_widgets", ANYWIDGET: "anywidget"}
MIN_MANAGER = 5  # the one for ipywidgets 8
_RESTART = "then restart JupyterLab and reload the page."


def installed(package: str) -> str | None:
    """Return the version of an installed package; None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def requirements() -> dict[str, SpecifierSet]:
    """Return the versions that ftwidgets requires of its dependencies and of JupyterLab.

    Raises `PackageNotFoundError` if it runs from a folder without being installed.
    """
    from packaging.requirements import Requirement

    wanted = [Requirement(text) for text in metadata.requires("ftwidgets") or ()]
    kept = [item for item in wanted if item.marker is None or item.marker.evaluate({"extra": ""}) or item.name in _LAB]
    return {item.name: item.specifier for item in kept}


def check_versions(
    *,
    in_kernel: bool = False,
    version: Callable[[str], str | None] = installed,
    wanted: Callable[[], dict[str, SpecifierSet]] = requirements,
) -> Sequence[HealthCheck]:
    """Report the most important versions, and every package that is missing or too old.

    In a notebook's kernel a missing JupyterLab is only a note: it may run from another environment.
    """
    python = HealthCheck("Python", "ok", platform.python_version())
    try:
        needs = wanted()
    except metadata.PackageNotFoundError:
        message = "ftwidgets runs from a folder and is not installed, so what it needs is not known"
        return [python, HealthCheck("packages", "note", message, "pip install -e . in its folder")]
    found = {name: version(name) for name in (*REPORTED, *needs)}
    shown = ", ".join(f"{name} {found[name]}" for name in REPORTED if found[name])
    checks = [python, HealthCheck("packages", "ok", shown)]
    for name, specifier in needs.items():
        has = found[name]
        if has is not None and specifier.contains(has, prereleases=True):
            continue
        if has is None and name in _LAB and in_kernel:
            message = f"{name} is not in this kernel's environment; the notebook server may run from another"
            checks.append(HealthCheck("packages", "note", message))
        elif has is None and name in _LAB:
            checks.append(HealthCheck("packages", "wrong", f"{name} is not installed", _INSTALL_LAB))
        else:
            old = f"{name} {has} is too old; ftwidgets needs {specifier}"
            fix = f'python -m pip install --upgrade "{name}{specifier}", then restart JupyterLab and the kernel.'
            checks.append(HealthCheck("packages", "wrong", f"{name} is not installed" if has is None else old, fix))
    return checks


def check_labextensions(
    *, in_kernel: bool = False, folders: Sequence[Path] | None = None, settings: Sequence[Path] | None = None
) -> Sequence[HealthCheck]:
    """Check that JupyterLab finds both extensions that draw widgets in `folders`, and that no file of `settings` disables one.

    By default these are the folders and files of this environment; of the files, later ones override earlier ones. In a
    notebook's kernel JupyterLab may run from another environment.
    """
    if folders is None or settings is None:
        if importlib.util.find_spec("jupyter_core") is None or importlib.util.find_spec("jupyterlab") is None:
            elsewhere = HealthCheck("widgets", "note", "drawn by a notebook server of another environment")
            return [elsewhere] if in_kernel else []
        from jupyter_core.paths import jupyter_path

        folders, settings = [Path(folder) for folder in jupyter_path("labextensions")], _settings_files()
    off: dict[str, bool] = {}  # extensions, and single plugins of one as `name:plugin`
    for file in settings:
        disabled = _read_json(file).get("disabledExtensions", {})
        off |= disabled if isinstance(disabled, dict) else dict.fromkeys(disabled, True)
    found: dict[str, str | None] = {}
    for name in PACKAGES:  # the first folder that has an extension counts; a version that cannot be read is "?"
        packages = [_read_json(folder / name / "package.json") for folder in folders]
        found[name] = next((str(package.get("version", "?")) for package in packages if package.get("name") == name), None)
    problems: list[HealthCheck] = []
    for name, version in found.items():
        disabled = sorted(entry for entry, is_off in off.items() if is_off and entry.split(":")[0] == name)
        if version is None:
            fix = f"python -m pip install --force-reinstall --no-deps {PACKAGES[name]}, {_RESTART}"
            problems.append(HealthCheck("widgets", "wrong", f"JupyterLab does not find {name}, which draws widgets", fix))
        elif name == MANAGER and version.split(".")[0].isdecimal() and int(version.split(".")[0]) < MIN_MANAGER:
            message = f"{name} {version} is older than ipywidgets 8 needs ({MIN_MANAGER}.0)"
            fix = f'python -m pip install --upgrade "jupyterlab_widgets>=3", {_RESTART}'
            problems.append(HealthCheck("widgets", "wrong", message, fix))
        elif disabled:
            fix = " && ".join(f'jupyter labextension enable "{entry}"' for entry in disabled)
            message = f"switched off in JupyterLab: {', '.join(disabled)}"
            problems.append(HealthCheck("widgets", "wrong", message, f"{fix}, {_RESTART}"))
    if problems:
        return problems
    there = " and ".join(f"{name} {version}" for name, version in found.items())
    return [HealthCheck("widgets", "ok", f"JupyterLab finds {there}, both switched on")]


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


def check_models(entries: Sequence[ModelEntry] | None = None) -> HealthCheck:
    """Check every installed model's files; by default those of this computer."""
    from ftwidgets.models import default_folder, list_models

    entries = list_models() if entries is None else entries
    names = ", ".join(entry.name for entry in entries if entry.installed)
    missing = [entry.name for entry in entries if entry.folder is None]
    more = f"; {', '.join(missing)} can be added: ftwidgets models add {missing[0]}" if missing else ""
    place = str(default_folder())
    damaged = [entry for entry in entries if entry.problem]
    if not damaged:
        return HealthCheck("models", "ok", f"installed: {names}{more}", place=place)
    problem = damaged[0].problem.replace(str(Path.home()), "~")  # a notebook, where this is shown, may be shared
    fix = f"ftwidgets models remove {damaged[0].name}, then add it again. The lessons use nano-2026-11 and need no other."
    return HealthCheck("models", "wrong", f"{damaged[0].name} is damaged: {problem}", fix, place=place)
