"""The documents are true of the code: names, commands, datasets, links."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ftwidgets
from ftwidgets import datasets

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(path for path in ROOT.glob("**/*.md") if not {".git", ".venv", "node_modules"} & set(path.parts))


def test_readme_has_the_two_commands() -> None:
    """One sets up and does the main job, one sets up and passes the tests; each on a line of its own, to be pasted."""
    lines = README.splitlines()
    assert 'pip install -e ".[lab]" && ftwidgets demo' in lines
    assert 'pip install -e ".[test]" && pytest -n auto --dist loadfile' in lines


def test_readme_names_every_public_name() -> None:
    """Whoever reads the README has met all of the package's face."""
    assert [name for name in ftwidgets.__all__ if not re.search(rf"ftwidgets\.{name}\b", README)] == []


def test_readme_names_every_command_and_option() -> None:
    """Every subcommand that `--help` knows stands in the README, and so does every option of the demo."""
    usage = subprocess.run([sys.executable, "-m", "ftwidgets", "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^    ([a-z]+) {2,}", usage, re.MULTILINE)
    assert {"demo", "lab"} <= set(commands)
    assert [name for name in commands if f"`ftwidgets {name}`" not in README] == []
    demo = subprocess.run([sys.executable, "-m", "ftwidgets", "demo", "--help"], capture_output=True, text=True, check=True)
    options = set(re.findall(r"--[a-z]+", demo.stdout)) - {"--help"}
    assert [option for option in options if option not in README] == []


def test_the_settings_of_an_adapter_are_those_of_job_and_terminal() -> None:
    """Each that `ftwidgets.launch` or `ftwidgets tune` takes stands in docs/models.md, and none that they do not take."""
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    arguments = {name for name in inspect.signature(ftwidgets.launch).parameters if name.startswith("lora")}
    assert set(re.findall(r"`(lora\w*)=", text)) == arguments
    usage = subprocess.run([sys.executable, "-m", "ftwidgets", "tune", "--help"], capture_output=True, text=True, check=True)
    options = set(re.findall(r"--lora[a-z-]*|--full", usage.stdout))
    assert options == {"--lora", "--full", "--lora-rank"} == set(re.findall(r"--lora[a-z-]*|--full", text))
    assert [option for option in options if f"`{option}" not in README] == []


def test_every_dataset_is_described() -> None:
    """Each bundled dataset has its section in datasets/README.md, with its true number of rows."""
    text = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")
    for name in datasets.names():
        rows = {split: len(datasets.load(name, split)) for split in ("train", "held-out")}
        assert f"## {name}.csv" in text
        assert f"| `{name}.csv` | {sum(rows.values())} | {rows['train']} / {rows['held-out']} |" in text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link and picture exists."""
    links = re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_nothing_is_left_to_fill_in() -> None:
    """No placeholder was forgotten."""
    assert [
        str(path) for path in DOCUMENTS if re.search(r"@[A-Z]{3,}@|\bTODO\b|\bTBD\b", path.read_text(encoding="utf-8"))
    ] == []
