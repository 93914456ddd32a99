"""Write chat JSONL: one example a line, non-ASCII text left readable, the file complete or not there at all.

Left out: other formats, and a byte order mark.
"""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Valid inside JSON, yet taken for line breaks by str.splitlines and some editors: written as escapes.
_LINE_BREAKS = str.maketrans({c: f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"})


def write_jsonl(examples: Iterable[Mapping[str, Any]], path: "str | os.PathLike[str]") -> Path:
    """Write `examples` to `path`, one JSON object a line, in UTF-8 without byte order mark; return the path.

    The text goes to a file beside it that is renamed at the end, so that a reader never sees half of it.
    """
    target = Path(path)
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with aside.open("x", encoding="utf-8", newline="\n") as file:
            for example in examples:
                file.write(json.dumps(example, ensure_ascii=False, allow_nan=False).translate(_LINE_BREAKS) + "\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target
