"""What is installed against what is asked for."""

from collections.abc import Sequence
from importlib import metadata

import pytest
from packaging.specifiers import SpecifierSet

from ftwidgets.health import versions
from ftwidgets.health.health_report import HealthCheck

NEEDS = {"openai": SpecifierSet(">=3.50"), "ipywidgets": SpecifierSet(">=8.1"), "jupyterlab": SpecifierSet(">=4.2")}
NEW = {"ftwidgets": "0.1.0", "openai": "3.54.0", "ipywidgets": "8.1.9", "jupyterlab": "4.6.6"}


def faults(lines: Sequence[HealthCheck]) -> list[HealthCheck]:
    return [line for line in lines if line.verdict != "ok"]


@pytest.mark.parametrize(
    ("changed", "said", "fix"),
    [
        ({"openai": "1.30.0"}, "openai 1.30.0 is too old; ftwidgets needs >=3.50", '"openai>=3.50"'),
        ({"ipywidgets": "7.7.2"}, "ipywidgets 7.7.2 is too old", '"ipywidgets>=8.1"'),
        ({"ipywidgets": None}, "ipywidgets is not installed", '"ipywidgets>=8.1"'),
        ({"jupyterlab": None}, "jupyterlab is not installed", '"ftwidgets[lab]"'),
        ({"jupyterlab": "3.6.0"}, "jupyterlab 3.6.0 is too old", '"jupyterlab>=4.2"'),
    ],
)
def test_what_is_too_old_or_missing_is_named_with_its_fix(changed: dict[str, str | None], said: str, fix: str) -> None:
    """One line for each such package, with the command to type."""
    found = {**NEW, **changed}
    (fault,) = faults(versions.check_versions(version=found.get, wanted=lambda: NEEDS))
    assert fault.verdict == "wrong"
    assert fault.message.startswith(said)
    assert fix in fault.fix


def test_new_enough_is_fine_and_told() -> None:
    """The versions stand in the report; a pre-release of a later version is new enough."""
    lines = versions.check_versions(version={**NEW, "openai": "4.0.0rc1"}.get, wanted=lambda: NEEDS)
    assert faults(lines) == []
    assert "openai 4.0.0rc1, jupyterlab 4.6.6" in lines[1].message


def test_in_a_kernel_jupyterlab_may_live_elsewhere() -> None:
    """A kernel of an environment of its own needs no JupyterLab in it: good to know, not wrong."""
    (note,) = faults(versions.check_versions(in_kernel=True, version={**NEW, "jupyterlab": None}.get, wanted=lambda: NEEDS))
    assert note.verdict == "note"
    assert "another" in note.message


def test_the_wanted_versions_are_the_packages_own() -> None:
    """They are read from the metadata that pip goes by, those of JupyterLab's side included, the lint tools not."""
    wanted = versions.requirements()
    assert wanted["openai"] == SpecifierSet(">=3.50")
    assert "jupyterlab" in wanted
    assert not {"ruff", "torch", "pytest"} & set(wanted)


def test_a_folder_on_the_path_is_no_installation() -> None:
    """Where there is no metadata the check says so instead of guessing."""

    def none() -> dict[str, SpecifierSet]:
        raise metadata.PackageNotFoundError("ftwidgets")

    (note,) = faults(versions.check_versions(wanted=none))
    assert "not installed" in note.message
