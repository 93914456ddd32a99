"""Write JSON Lines: one example a line, non-ASCII text left readable, the file complete or not there at all.

Left out: other formats (`export`).
"""

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

    The text goes to a file beside it that is renamed at the end, so that a reader never sees half of it.

    Parameters
    ----------
    examples
        Objects that JSON can hold.
    path
        Where to; a file that is there is replaced.
    bom
        Begin with a byte order mark, as Azure's documentation asks for. Other readers stumble over one.
    """
    with writing(path) as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        for example in examples:
            file.write(line(example))
    return Path(path)


def line(example: Mapping[str, Any]) -> bytes:
    """Return one example as a line of JSON, its line break included.

    Half a character (a lone surrogate), which UTF-8 cannot hold, is written as its escape, with the rest of its row.
    """
    try:
        return (json.dumps(example, ensure_ascii=False, allow_nan=False).translate(_LINE_BREAKS) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(example, allow_nan=False) + "\n").encode()


@contextmanager
def writing(path: "str | os.PathLike[str]") -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of `path` when all went well and vanishes when not.

    Raises
    ------
    DataError
        If something is there that is no file: a folder, a device, a pipe.
    """
    target = Path(path)
    if not target.name or (target.exists() and not target.is_file()):
        raise DataError(f"{str(target)!r} is no file and cannot be written. Give the name of a file.")
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with aside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
