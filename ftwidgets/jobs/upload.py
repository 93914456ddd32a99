"""Upload training files to a service, with a clear error if there is no such file.

Left out: the chunked upload of files over 512 MB.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.paths import require_path

if TYPE_CHECKING:
    import openai
    from openai.types import FileObject

_TABLES = frozenset({".csv", ".tsv", ".xls", ".xlsx", ".parquet"})


def upload(client: openai.OpenAI, path: str | Path) -> FileObject:
    """Upload a JSONL file for fine-tuning.

    Parameters
    ----------
    client
        Any `openai` client.
    path
        The file, as `ftwidgets.prepare` writes it.

    Returns
    -------
    FileObject
        The uploaded file; a job is launched with its `.id`.

    Raises
    ------
    DataError
        If there is no such file, or it is a table that still has to become JSONL.
    """
    return client.files.create(file=_check_jsonl(require_path(path, "the file")), purpose="fine-tune")


def upload_path(client: openai.OpenAI, file: str | Path) -> str:
    """Upload a file if it is named by its path, and return the id; an id is returned as it is."""
    path = find_path(file)
    return str(file) if path is None else returned_id(upload(client, path), "file")


def returned_id(answer: object, what: str) -> str:
    """Return the id in a service's answer; an FtwidgetsError if it has none, as a web page has none."""
    found = getattr(answer, "id", None)
    if not isinstance(found, str) or not found:
        raise FtwidgetsError(f"the service answered without the id of the {what}. Check its address; it often ends in /v1.")
    return found


def find_path(file: str | Path) -> Path | None:
    """Return the path of a local file; None for a text that can only be the id of an uploaded one.

    Raises `DataError` if it is a path and there is no such file, or a table that still has to become JSONL.
    """
    if not isinstance(file, str | Path):
        raise DataError(f"a training file is named by its path, or by its id if it is uploaded, not by {file!r:.60}")
    if "\n" in str(file):
        raise DataError(f"a training file is named by its path or id, not by what is in it: {str(file)!r:.60}")
    path = require_path(file, "the training file")
    if isinstance(file, Path) or path.is_file():
        return _check_jsonl(path)
    if path.suffix or len(path.parts) > 1 or path.is_dir():
        raise DataError(_no_such_file(path))
    return None


def _check_jsonl(file: Path) -> Path:
    if file.suffix.lower() in _TABLES:
        raise DataError(f'"{file}" is a table; fine-tuning takes chat JSONL. ftwidgets.prepare("{file}", "folder") writes it.')
    if not file.is_file():
        raise DataError(_no_such_file(file))
    return file


def _no_such_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f'there is no file "{path}": the folder "{folder}" does not exist.'
    if path.is_dir():
        return f'"{path}" is a folder; name the JSONL file in it.'
    near = difflib.get_close_matches(path.name, [other.name for other in folder.iterdir()], n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f'there is no file "{path}" (looked in {folder.resolve()}).{hint}'
