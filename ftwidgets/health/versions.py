"""Compare the versions of installed packages with the requirements in the metadata of ftwidgets."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

from ftwidgets.health.health_report import HealthCheck

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

REPORTED = ("ftwidgets", "openai", "jupyterlab", "ipywidgets", "anywidget", "ipykernel")
_LAB = ("jupyterlab", "ipykernel")  # from the extra `lab`, and its dependency
_INSTALL_LAB = 'python -m pip install "ftwidgets[lab]" (in a checkout: pip install -e ".[lab]")'


def installed(package: str) -> str | None:
    """Return the version of an installed package; None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def requirements() -> dict[str, SpecifierSet]:
    """Return the versions that ftwidgets requires of its dependencies and of JupyterLab.

    Raises
    ------
    PackageNotFoundError
        If it runs from a folder without being installed.
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

    Parameters
    ----------
    in_kernel
        Whether this is a notebook's kernel: JupyterLab may then run from another environment.
    version, wanted
        Where the installed and the required versions come from.
    """
    try:
        needs = wanted()
    except metadata.PackageNotFoundError:
        message = "ftwidgets runs from a folder and is not installed, so what it needs is not known"
        return [
            HealthCheck("Python", "ok", platform.python_version()),
            HealthCheck("packages", "note", message, "pip install -e . in its folder"),
        ]
    found = {name: version(name) for name in (*REPORTED, *needs)}
    problems = [
        problem for name, specifier in needs.items() if (problem := _find_problem(name, found[name], specifier, in_kernel))
    ]
    shown = ", ".join(f"{name} {found[name]}" for name in REPORTED if found[name])
    return [HealthCheck("Python", "ok", platform.python_version()), HealthCheck("packages", "ok", shown), *problems]


def _find_problem(name: str, version: str | None, wanted: SpecifierSet, in_kernel: bool) -> HealthCheck | None:
    if version is not None and wanted.contains(version, prereleases=True):
        return None
    if version is None and name in _LAB and in_kernel:
        return HealthCheck(
            "packages", "note", f"{name} is not in this kernel's environment; the notebook server may run from another"
        )
    if version is None and name in _LAB:
        return HealthCheck("packages", "wrong", f"{name} is not installed", _INSTALL_LAB)
    message = f"{name} is not installed" if version is None else f"{name} {version} is too old; ftwidgets needs {wanted}"
    fix = f'python -m pip install --upgrade "{name}{wanted}", then restart JupyterLab and the kernel.'
    return HealthCheck("packages", "wrong", message, fix)
