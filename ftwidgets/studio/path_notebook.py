"""The whole path as one notebook: the code of each step that was done, so that it runs from top to bottom on its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftwidgets.data.text import whole_characters
from ftwidgets.errors import FtwidgetsError
from ftwidgets.studio.state import STEPS
from ftwidgets.widgets.base.markup import literal

_TITLES = {
    "data": "Check the data, hold rows out, write the training files",
    "train": "Start the job",
    "watch": "Wait for its end and read its curve",
    "try": "Ask the base model and the tuned one",
    "measure": "Measure both on the rows that were held out",
}
_JOB_ID = re.compile(r"Job\(client, ['\"][^'\"]+['\"]\)")


def path_cells(connect: str, code: Mapping[str, str], model: str = "") -> list[tuple[str, str]]:
    """Return the cells of the path: a title and its code.

    The job and its model are new each time the cells run, so the code names them by their variables, not by their ids. A path
    without the training, on a job that was there before, keeps the ids.

    Parameters
    ----------
    connect
        The line that makes the client.
    code
        By step, the code of its form.
    model
        The id of the model that the job made.
    """
    cells = [("Make a client", f"import ftwidgets\n\n{connect}")]
    for step in STEPS:
        if step in code:
            text = code[step]
            if "train" in code:
                text = _JOB_ID.sub("Job(client, job.id)", text)
                if model and step in ("try", "measure"):
                    text = text.replace(literal(model), "job.model").replace(repr(model), "job.model")
            cells.append((_TITLES[step], text))
            if step == "train" and "watch" not in code:
                cells.append((_TITLES["watch"], "job = ftwidgets.Job(client, job.id).wait()"))
    return cells


def write_notebook(path: Path, cells: list[tuple[str, str]]) -> None:
    """Write cells as a notebook; an FtwidgetsError says why it cannot be written. A file that is there already is kept."""
    made: list[dict[str, Any]] = []
    for i, (title, code) in enumerate(cells):
        common: dict[str, Any] = {"metadata": {}}
        made.append({"cell_type": "markdown", "id": f"title-{i}", "source": f"## {title}", **common})
        made.append({"cell_type": "code", "id": f"code-{i}", "source": code, "execution_count": None, "outputs": [], **common})
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}
    text = whole_characters(json.dumps(notebook, indent=1, ensure_ascii=False))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        raise FtwidgetsError(f'there is a file "{path}" already. Give the notebook another name.') from None
    except OSError as error:
        raise FtwidgetsError(f'"{path}" cannot be written: {error.strerror}. Choose another folder or name.') from error
