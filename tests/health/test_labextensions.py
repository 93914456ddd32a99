"""Whether JupyterLab would draw widgets, in environments of all kinds."""

from pathlib import Path

import pytest

from ftwidgets.health import labextensions


def extension(folder: Path, name: str, version: str = "5.0.16") -> None:
    path = folder / name / "package.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"name": "{name}", "version": "{version}"}}', encoding="utf-8")


def both(folder: Path) -> None:
    for name in labextensions.PACKAGES:
        extension(folder, name)


def test_extensions_are_found_in_any_of_the_folders(tmp_path: Path) -> None:
    """One in the user's folder and one in the environment's is fine."""
    extension(tmp_path / "user", labextensions.MANAGER)
    extension(tmp_path / "env", labextensions.ANYWIDGET, "0.11.0")
    (line,) = labextensions.check_labextensions(folders=[tmp_path / "user", tmp_path / "env"], settings=[])
    assert line.verdict == "ok"
    assert "anywidget 0.11.0" in line.message


@pytest.mark.parametrize("name", labextensions.PACKAGES)
def test_a_missing_extension_is_named_with_its_package(tmp_path: Path, name: str) -> None:
    """Widgets that do not draw and say nothing are what learners meet; here the line says which package to install."""
    both(tmp_path)
    (tmp_path / name / "package.json").write_text("not JSON", encoding="utf-8")
    (line,) = labextensions.check_labextensions(folders=[tmp_path, tmp_path / "none"], settings=[])
    assert line.verdict == "wrong"
    assert name in line.message
    assert labextensions.PACKAGES[name] in line.fix


def test_an_extension_of_the_time_before_is_too_old(tmp_path: Path) -> None:
    """With the extension for ipywidgets 7, those of ipywidgets 8 are not drawn."""
    both(tmp_path)
    extension(tmp_path, labextensions.MANAGER, "3.1.4")
    (line,) = labextensions.check_labextensions(folders=[tmp_path], settings=[])
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
    lines = labextensions.check_labextensions(folders=[tmp_path], settings=settings)
    assert [line.message.split(": ")[1] for line in lines if line.verdict != "ok"] == off
    assert all(f'jupyter labextension enable "{name}"' in line.fix for name, line in zip(off, lines, strict=False))
