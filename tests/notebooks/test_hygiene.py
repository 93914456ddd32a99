"""What every lesson's file must be, whoever saved it last. That it runs is nbval's part (`pytest notebooks`)."""

import itertools
import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted(
    path for path in (Path(__file__).parents[2] / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
)

WIDGET = "application/vnd.jupyter.widget-view+json"
KEY = re.compile(r"sk-(?!sandbox)[A-Za-z0-9_-]{16,}")
ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:root|home|tmp|Users|work|var|opt)/|[A-Z]:\\\\Users")


def unread_pictures(cells: list[dict]) -> list[str]:
    """Pictures that no words follow. JupyterLab's pictures have no alternative text, so the words after them must serve."""
    found = []
    for number, (cell, after) in enumerate(itertools.pairwise([*cells, {"cell_type": "none", "source": []}])):
        picture = any("image/png" in out.get("data", {}) for out in cell.get("outputs", []))
        if picture and "**What you see:**" not in "".join(after["source"]):
            found.append(f"cell {number} shows a picture and the next one does not say **What you see:**")
    return found


def faults(notebook: dict) -> list[str]:
    """Everything wrong with a notebook, all at once."""
    text = json.dumps(notebook, ensure_ascii=False)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found = []
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel must be python3")
    if "widgets" in notebook["metadata"]:
        found.append("widget state in the metadata")
    if KEY.search(text):
        found.append("something that looks like an API key")
    if match := ABSOLUTE.search(text):
        found.append(f"an absolute path: {text[max(0, match.start() - 20) : match.end() + 30]!r}")
    if not "".join(notebook["cells"][0]["source"]).startswith("# "):
        found.append("the first cell must be the title")
    for number, cell in enumerate(code):
        lines = "".join(cell["source"]).splitlines()
        if len(lines) > 10:
            found.append(f"code cell {number} has {len(lines)} lines; ten are the most")
        if cell["execution_count"] != number + 1:
            found.append(f"code cell {number} was not run in order: {cell['execution_count']}")
        if any(out["output_type"] == "error" for out in cell["outputs"]):
            found.append(f"code cell {number} stores an error")
        if any(WIDGET in out.get("data", {}) for out in cell["outputs"]):
            found.append(f"code cell {number} stores a widget's view, which is an error where no kernel is")
    found += unread_pictures(notebook["cells"])
    if not any(cell["outputs"] for cell in code):
        found.append("no outputs are stored")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_file_is_fit_to_share(path: Path) -> None:
    """Outputs stored, run top to bottom, no error, no key, no absolute path, no widget state or view, short cells."""
    assert faults(json.loads(path.read_text(encoding="utf-8"))) == []


def test_there_is_a_first_lesson() -> None:
    """The lessons were found at all."""
    assert "00_start_here" in [path.stem for path in NOTEBOOKS]


def test_each_fault_is_found() -> None:
    """A notebook with every fault has every one of them named."""

    def shown(kind: str) -> dict:
        return {"output_type": "display_data", "data": {kind: "x"}}

    bad = {
        "metadata": {"kernelspec": {"name": "conda"}, "widgets": {}},
        "cells": [
            {"cell_type": "markdown", "source": ["no title"]},
            {"cell_type": "code", "source": ["x\n"] * 11, "execution_count": 3, "outputs": [{"output_type": "error"}]},
            {"cell_type": "code", "source": ["'sk-" + "a" * 20 + " /home/me'"], "execution_count": 2, "outputs": []},
            {"cell_type": "code", "source": [], "execution_count": 3, "outputs": [{"output_type": "x", "data": {WIDGET: 1}}]},
            {
                "cell_type": "code",
                "source": [],
                "execution_count": 4,
                "outputs": [{"output_type": "x", "data": {"image/png": 1}}],
            },
        ],
    }
    assert len(faults(bad)) == 10
