"""Check the models to start from: which are installed, which are damaged, which can be added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.health.health_report import HealthCheck

if TYPE_CHECKING:
    from ftwidgets.models import ModelEntry


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
