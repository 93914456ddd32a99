"""Write JSON Lines: one example a line, non-ASCII text left readable, the file complete or not there at all."""

import codecs
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ftwidgets.errors import DataError

# Valid inside JSON, yet taken for line breaks by str.splitlines and some editors: written as escapes.
_LINE_BREAKS = str.maketrans({c: f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"})


def write_jsonl(examples: Iterable[Mapping[str, Any]], path: "str | os.PathLike[str]", *, bom: bool = False) -> Path:
    """Write `examples` to `path`, one JSON object a line, in UTF-8; return the path.

    The text goes to a file beside it that is renamed at the end, so a reader never sees half of it.

    Parameters
    ----------
    examples
        Objects that JSON can hold.
    path
        Where to; a file that is there is replaced.
    bom
        Begin with a byte order mark, as Azure's documentation asks for. Other readers may reject one.
    """
    with atomic_write(path) as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        for example in examples:
            file.write(json_line(example))
    return Path(path)


def json_line(example: Mapping[str, Any]) -> bytes:
    """Return one example as a line of JSON, its line break included.

    A lone surrogate, which UTF-8 cannot hold, is escaped, and so is all non-ASCII text of its row.
    """
    try:
        return (json.dumps(example, ensure_ascii=False, allow_nan=False).translate(_LINE_BREAKS) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(example, allow_nan=False) + "\n").encode()


@contextmanager
def atomic_write(path: "str | os.PathLike[str]") -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` at the end, or is deleted if an exception is raised.

    Raises
    ------
    DataError
        If the path is a folder, a device or a pipe.
    """
    target = Path(path)
    if not target.name or (target.exists() and not target.is_file()):
        raise DataError(f"{str(target)!r} is no file and cannot be written. Give the name of a file.")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
