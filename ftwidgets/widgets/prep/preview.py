"""Examples as the conversations the model will see, and finding after finding, a page at a time.

Left out: reading or changing the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import ipywidgets

from ftwidgets.data import Finding, Report
from ftwidgets.data.render import summary
from ftwidgets.data.rows import Example
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live

_LONGEST = 600  # characters shown of a message
_OF_A_KIND = 5  # findings of one kind shown one by one
_PLACES = 12  # places named of the others

_EDGES = {"system": "#8e6bbf", "user": "#9e9e9e", "assistant": "#2e7d32"}


class Pager(ipywidgets.VBox):
    """Shows a long list a page at a time; only the page goes to the browser.

    Parameters
    ----------
    noun
        What the list holds, in the plural.
    size
        How many of them a page shows.
    draw
        Makes the HTML of the items from one position up to another.
    """

    def __init__(self, noun: str, size: int, draw: Callable[[int, int], str]) -> None:
        self._noun, self._size, self._draw = noun, size, draw
        self._total = 0
        self.content = Live()
        self.where = Live(role="status")
        self.previous = button("Previous page", tooltip=f"The {noun} before these")
        self.next = button("Next page", tooltip=f"The {noun} after these")
        self.number = ipywidgets.BoundedIntText(value=1, min=1, max=1, description="Page")
        self.number.layout.width, self.number.style.description_width = "130px", "40px"
        self.previous.on_click(lambda _button: self.turn(-1))
        self.next.on_click(lambda _button: self.turn(+1))
        self.number.observe(lambda _change: self.redraw(), names="value")
        self._bar = row(self.previous, self.number, self.next, self.where)
        super().__init__([self.content, self._bar])

    @property
    def pages(self) -> int:
        """How many pages there are; one if there is nothing to show."""
        return max(1, -(-self._total // self._size))

    def fill(self, total: int) -> None:
        """Say how many items there are now, and show the first page."""
        self._total = total
        self.number.max = self.pages
        self._bar.layout.display = "none" if self.pages == 1 else ""
        if self.number.value == 1:
            self.redraw()
        else:
            self.number.value = 1

    def turn(self, pages: int) -> None:
        """Go forwards or backwards, as far as there are pages."""
        self.number.value = min(max(1, self.number.value + pages), self.pages)

    def redraw(self) -> None:
        """Send the present page to the browser."""
        start = (self.number.value - 1) * self._size
        stop = min(start + self._size, self._total)
        self.content.html = self._draw(start, stop)
        self.where.html = f"<p>of {self.pages:,}: {self._noun} {start + 1:,} to {stop:,} of {self._total:,}</p>"


def conversation(example: Example, title: str) -> str:
    """Show one example as a conversation; `title` says which one it is. Every text is escaped."""
    shown = "".join(_turn(role, text) for role, text in turns(example))
    head = f'<div style="font-weight:600;margin:2px 0">{escape(title)}</div>'
    return f'<section aria-label="{escape(title, quote=True)}" style="margin:0 0 12px">{head}{shown}</section>'


def turns(example: Example) -> Iterator[tuple[str, str]]:
    """Yield who says what, in a chat or a preference row; tool calls and pictures are told in words."""
    for message in example.get("messages") or example.get("input", {}).get("messages", []):
        yield str(message["role"]), _said(message)
    for name, key in (("preferred", "preferred_output"), ("not preferred", "non_preferred_output")):
        for message in example.get(key, []):
            yield name, _said(message)


class Entry(NamedTuple):
    """A line of the table of findings: one finding, or what is said of many of one kind."""

    level: str
    where: str
    what: str
    todo: str


def entries(report: Report) -> list[Entry]:
    """Return what the table of findings shows: errors first, of a kind the first few, and one line for the others."""
    shown = []
    for kind in summary.kinds(report):
        first = kind.first[:_OF_A_KIND]
        shown += [Entry(kind.level, summary.where(found), found.message, _todo(found)) for found in first]
        if rest := kind.count - len(first):
            others = [summary.where(found) for found in kind.first[len(first) :]]
            more = ", …" if rest > _PLACES else ""
            shown.append(
                Entry(kind.level, ", ".join(others[:_PLACES]) + more, f"and {rest:,} more of this kind ({kind.id})", "")
            )
    return shown


def findings_table(shown: Sequence[Entry]) -> str:
    """Show entries in a table, in the order given."""
    if not shown:
        return "<p>Nothing found.</p>"
    return markup.table("Findings, errors first", ("Level", "Where", "What is wrong", "What to do"), shown)


def fixes(report: Report) -> str:
    """Say which automatic fixes there are and how they are made; empty if there are none."""
    if not report.fixes:
        return ""
    listed = "".join(f"<li>{escape(str(fix))}</li>" for fix in report.fixes)
    call = '<code>prep.report.apply("mended.jsonl")</code>'
    return (
        f"<p>Fixes that can be made for you; {call} writes a new file with them (those to be named: give "
        f"it their names), and a log of each change:</p><ul>{listed}</ul>"
    )


def _todo(found: Finding) -> str:
    return f"{found.fix} Automatic fix: {found.repair}." if found.repair else found.fix


def _said(message: Mapping[str, Any]) -> str:
    """Return what a message says, with what is not text told in brackets."""
    content = message.get("content") or ""
    pieces = [content] if isinstance(content, str) else [part.get("text") or f"[{part.get('type')}]" for part in content]
    calls = [call["function"] for call in message.get("tool_calls") or []]
    calls += [message["function_call"]] if message.get("function_call") else []
    pieces += [f"[calls {call['name']}({call.get('arguments', '')})]" for call in calls]
    pieces += ["[not trained on: weight 0]"] if message.get("weight") == 0 else []
    return " ".join(piece for piece in pieces if piece)


def _turn(role: str, text: str) -> str:
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text):,} characters)"
    return (
        f'<div style="display:flex;border-left:4px solid {_EDGES.get(role, "#9e9e9e")};padding-left:8px;margin-bottom:2px">'
        f'<div style="flex:0 0 76px;font-style:italic">{escape(role)}</div>'
        f'<div dir="auto" style="flex:1;max-width:75ch;white-space:pre-wrap;overflow-wrap:anywhere">{escape(cut)}</div></div>'
    )
