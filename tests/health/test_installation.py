"""What is installed against what is required, and whether JupyterLab would draw widgets, in environments of all kinds."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from ftwidgets.health import installation
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
    (fault,) = faults(installation.check_versions(version=found.get, wanted=lambda: NEEDS))
    assert fault.verdict == "wrong"
    assert fault.message.startswith(said)
    assert fix in fault.fix


def test_new_enough_is_fine_and_told() -> None:
    """The versions stand in the report; a pre-release of a later version is new enough."""
    lines = installation.check_versions(version={**NEW, "openai": "4.0.0rc1"}.get, wanted=lambda: NEEDS)
    assert faults(lines) == []
    assert "openai 4.0.0rc1, jupyterlab 4.6.6" in lines[1].message


def test_in_a_kernel_jupyterlab_may_live_elsewhere() -> None:
    """A kernel of an environment of its own needs no JupyterLab in it: good to know, not wrong."""
    (note,) = faults(installation.check_versions(in_kernel=True, version={**NEW, "jupyterlab": None}.get, wanted=lambda: NEEDS))
    assert note.verdict == "note"
    assert "another" in note.message


def test_the_wanted_versions_are_the_packages_own() -> None:
    """They are read from the metadata that pip goes by, those of JupyterLab's side included, the lint tools not."""
    wanted = installation.requirements()
    assert wanted["openai"] == SpecifierSet(">=3.50")
    assert "jupyterlab" in wanted
    assert not {"ruff", "torch", "pytest"} & set(wanted)


def test_a_folder_on_the_path_is_no_installation() -> None:
    """Where there is no metadata the check says so instead of guessing."""

    def none() -> dict[str, SpecifierSet]:
        raise metadata.PackageNotFoundError("ftwidgets")

    (note,) = faults(installation.check_versions(wanted=none))
    assert "not installed" in note.message


def extension(folder: Path, name: str, version: str = "5.0.16") -> None:
    path = folder / name / "package.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"name": "{name}", "version": "{version}"}}', encoding="utf-8")


def both(folder: Path) -> None:
    for name in installation.PACKAGES:
        extension(folder, name)


def test_extensions_are_found_in_any_of_the_folders(tmp_path: Path) -> None:
    """One in the user's folder and one in the environment's is fine."""
    extension(tmp_path / "user", installation.MANAGER)
    extension(tmp_path / "env", installation.ANYWIDGET, "0.11.0")
    (line,) = installation.check_labextensions(folders=[tmp_path / "user", tmp_path / "env"], settings=[])
    assert line.verdict == "ok"
    assert "anywidget 0.11.0" in line.message


@pytest.mark.parametrize("name", installation.PACKAGES)
def test_a_missing_extension_is_named_with_its_package(tmp_path: Path, name: str) -> None:
    """Widgets that do not draw and say nothing are what learners meet; here the line says which package to install."""
    both(tmp_path)
    (tmp_path / name / "package.json").write_text("not JSON", encoding="utf-8")
    (line,) = installation.check_labextensions(folders=[tmp_path, tmp_path / "none"], settings=[])
    assert line.verdict == "wrong"
    assert name in line.message
    assert installation.PACKAGES[name] in line.fix


def test_an_extension_of_the_time_before_is_too_old(tmp_path: Path) -> None:
    """With the extension for ipywidgets 7, those of ipywidgets 8 are not drawn."""
    both(tmp_path)
    extension(tmp_path, installation.MANAGER, "3.1.4")
    (line,) = installation.check_labextensions(folders=[tmp_path], settings=[])
    assert "3.1.4 is older" in line.message
    assert "jupyterlab_widgets>=3" in line.fix


@pytest.mark.parametrize(
    ("files", "off"),
    [
        (['{"disabledExtensions": {"anywidget": true}}'], ["anywidget"]),
        (
            ['{"disabledExtensions": ["@jupyter-widgets/jupyterlab-manager:plugin"]}'],
            ["@jupyter-widgets/jupyterlab-manager:plugin"],
        ),
        (['{"disabledExtensions": {"anywidget": true}}', '{"disabledExtensions": {"anywidget": false}}'], []),
        (['{"disabledExtensions": {"anywidget-other": true}}', "[]", "{"], []),
    ],
)
def test_an_extension_that_is_switched_off_is_named(tmp_path: Path, files: list[str], off: list[str]) -> None:
    """As a whole or a plugin of it, in either form of the setting, the last word last."""
    both(tmp_path)
    settings = [tmp_path / f"{number}.json" for number in range(len(files))]
    for path, text in zip(settings, files, strict=True):
        path.write_text(text, encoding="utf-8")
    lines = installation.check_labextensions(folders=[tmp_path], settings=settings)
    assert [line.message.split(": ")[1] for line in lines if line.verdict != "ok"] == off
    assert all(f'jupyter labextension enable "{name}"' in line.fix for name, line in zip(off, lines, strict=False))
