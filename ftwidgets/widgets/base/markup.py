"""How the widgets put things: a failure as a sentence, code as a block, a table. All of it escaped.

Left out: anything that knows what the words are about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape


def failure(error: BaseException) -> str:
    """Say what went wrong, for someone who did not write the code: our and the service's own words where there are any."""
    import openai

    from ftwidgets.errors import FtwidgetsError

    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        said = body.get("message") or error.message
        return f"The service refused ({error.status_code}): {said}"
    if isinstance(error, openai.APIConnectionError):
        return "The service does not answer. Check the address and the network, then try again."
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        text = f'"{error.filename}": {error.strerror}. Check the path and its permissions.'
    spoken = (FtwidgetsError, openai.OpenAIError, ValueError, TypeError, OSError, IndexError)  # these come with a sentence
    if isinstance(error, spoken) and text:
        return text[0].upper() + text[1:]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def literal(value: object) -> str:
    """Write a text or a number as Python code, texts in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def code_block(code: str) -> str:
    """Show Python code with a button that copies it."""
    button = '<button data-copy="code">Copy</button>'
    block = f'<pre tabindex="0" role="group" aria-label="Python code"><code>{escape(code)}</code></pre>'
    return f'<div class="ftw-code">{button}{block}</div>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> str:
    """Make an HTML table with a caption and header cells.

    Parameters
    ----------
    caption
        What the table shows; a screen reader says it first.
    header, rows
        Plain texts (or what `str` makes of them); they are escaped.
    numbers
        Positions of the columns to align to the right.
    """

    def cell(tag: str, position: int, value: object) -> str:
        kind = ' class="ftw-number"' if position in numbers else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{kind}>{escape(str(value))}</{tag}>"

    head = "".join(cell("th", i, name) for i, name in enumerate(header))
    body = "".join(f"<tr>{''.join(cell('td', i, value) for i, value in enumerate(row))}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
