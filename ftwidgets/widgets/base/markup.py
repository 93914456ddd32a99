"""The parts of the design as escaped HTML: tables, code, chips, bubbles, folded sections, empty and loading states.

How each looks is in `ftwidgets/design`; docs/design.md shows them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape


def literal(value: object) -> str:
    """Return a text, a number or a list of them as Python code, texts in double quotes."""
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def code_block(code: str) -> str:
    """Return Python code as HTML, with a button that copies it."""
    button = '<button data-copy="code">Copy</button>'
    block = f'<pre tabindex="0" role="group" aria-label="Python code"><code>{escape(code)}</code></pre>'
    return f'<div class="ftw-code">{button}{block}</div>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> str:
    """Return an HTML table of cells as escaped text; `numbers` are the positions of the columns to align to the right."""

    def cell(tag: str, position: int, value: object) -> str:
        # The alignment stands in the cell too, for saved pages without our style: Jupyter aligns every cell to the right.
        kind = ' class="ftw-number"' if position in numbers else ' style="text-align:left"'
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{kind}>{escape(str(value))}</{tag}>"

    head = "".join(cell("th", i, name) for i, name in enumerate(header))
    body = "".join(f"<tr>{''.join(cell('td', i, value) for i, value in enumerate(row))}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def chip(text: str, kind: str = "") -> str:
    """Return a state in a word or two; `kind` is `ok`, `wrong`, `warning`, `busy` or empty."""
    return f'<span class="ftw-chip{f" ftw-chip-{kind}" if kind else ""}">{escape(text)}</span>'


def bubble(
    role: str, text: str, *, who: str = "", note: str = "", trained: bool = False, body: str = "", newest: str = ""
) -> str:
    """Return a message of a conversation.

    Parameters
    ----------
    role
        `system`, `user` or `assistant`.
    text
        What is said.
    who
        A name for the one who speaks, in place of the role.
    note
        A few words after the name, such as the number of tokens.
    trained
        Whether a model learns this message: it gets a coloured edge.
    body
        HTML in place of the text, such as a text with marked words.
    newest
        Marks it as the newest one, which comes into view; another mark is another message.
    """
    head = " · ".join(escape(part) for part in (who or role, note) if part)
    kinds = f"ftw-bubble ftw-bubble-{escape(role)}{' ftw-bubble-trained' if trained else ''}"
    said = body or f'<p dir="auto">{escape(text)}</p>'
    mark = f' data-newest="{escape(newest)}"' if newest else ""
    return f'<div class="{kinds}"{mark}><p class="ftw-who">{head}</p>{said}</div>'


def chat(bubbles: Iterable[str]) -> str:
    """Return bubbles under one another, the user's on the right."""
    return f'<div class="ftw-chat">{"".join(bubbles)}</div>'


def fold(title: str, body: str, *, is_open: bool = False) -> str:
    """Return HTML under a line that opens it."""
    return f"<details{' open' if is_open else ''}><summary>{escape(title)}</summary>{body}</details>"


def figures(facts: Iterable[tuple[str, object]]) -> str:
    """Return a row of cards, each with a name and its figure."""
    return (
        '<dl class="ftw-figures">'
        + "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts)
        + "</dl>"
    )


def empty(text: str) -> str:
    """Return what stands where nothing is yet: how to get something there."""
    return f'<p class="ftw-empty">{escape(text)}</p>'


def loading(text: str) -> str:
    """Return a line for something that is being fetched."""
    return f'<p class="ftw-busy ftw-loading">{escape(text)}</p>'


def progress(name: str, figures_html: str, done: float | None, total: float | None) -> str:
    """Return a progress bar beside its figures (HTML); without `done` it moves, as something of unknown length."""
    value = "" if done is None or not total else f' value="{done:g}" max="{total:g}"'
    return f'<p class="ftw-progress"><progress aria-label="{escape(name)}"{value}></progress> <span>{figures_html}</span></p>'


def identifier(text: str) -> str:
    """Return an id as a button that copies it: long ids need not be read."""
    return (
        f'<button class="ftw-copy" data-copy-text="{escape(text)}" title="{escape(text)}" '
        f'aria-label="Copy the id {escape(text)}">Copy id</button>'
    )
