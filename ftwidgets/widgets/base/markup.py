"""Escaped HTML that several widgets need: a table, a block of Python code with a copy button."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape


def literal(value: object) -> str:
    """Return a text or a number as Python code, texts in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def code_block(code: str) -> str:
    """Return Python code as HTML, with a button that copies it."""
    button = '<button data-copy="code">Copy</button>'
    block = f'<pre tabindex="0" role="group" aria-label="Python code"><code>{escape(code)}</code></pre>'
    return f'<div class="ftw-code">{button}{block}</div>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> str:
    """Return an HTML table of cells as escaped text; `numbers` are the positions of the columns to align to the right."""

    def cell(tag: str, position: int, value: object) -> str:
        kind = ' class="ftw-number"' if position in numbers else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{kind}>{escape(str(value))}</{tag}>"

    head = "".join(cell("th", i, name) for i, name in enumerate(header))
    body = "".join(f"<tr>{''.join(cell('td', i, value) for i, value in enumerate(row))}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
