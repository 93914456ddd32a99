"""What DatasetPrep shows of a dataset: examples as conversations, findings and fixes, a histogram of tokens, the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import ipywidgets

from ftwidgets.data import Report
from ftwidgets.data.cost import cost, format_usd, prices
from ftwidgets.data.render import charts, summary
from ftwidgets.data.rows import Example
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.lengths import Lengths, bins
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live

_MAX_CHARACTERS = 600  # shown of a message
_MAX_OF_A_KIND = 5  # findings shown one by one
_MAX_PLACES = 12  # named of the others

_EDGES = {"system": "#8e6bbf", "user": "#9e9e9e", "assistant": "#2e7d32"}
_FILL = "var(--jp-brand-color1, #1976d2)"
_HEADER = ("Provider", "Model", "USD for a million tokens", "Price read on", "This training")
_CAUTION = (
    "The tokens are counted by the sandbox's tokenizer. Another model's tokenizer cuts text differently, so its count and its "
    "sum differ: treat the costs shown for other providers as rough estimates, and look at their price lists before you pay."
)


class Pager(ipywidgets.VBox):
    """Shows a long list a page of `size` items at a time; only that page is sent to the browser.

    `noun` is the plural of an item; `draw` returns the HTML of the items from one position up to another.
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
        """The number of pages, at least one."""
        return max(1, -(-self._total // self._size))

    def fill(self, total: int) -> None:
        """Set the number of items and show the first page."""
        self._total = total
        self.number.max = self.pages
        self._bar.layout.display = "none" if self.pages == 1 else ""
        if self.number.value == 1:
            self.redraw()
        else:
            self.number.value = 1

    def turn(self, pages: int) -> None:
        """Go some pages forwards or backwards, at most to the last or first one."""
        self.number.value = min(max(1, self.number.value + pages), self.pages)

    def redraw(self) -> None:
        """Draw the present page."""
        start = (self.number.value - 1) * self._size
        stop = min(start + self._size, self._total)
        self.content.html = self._draw(start, stop)
        self.where.html = f"<p>of {self.pages:,}: {self._noun} {start + 1:,} to {stop:,} of {self._total:,}</p>"


def conversation(example: Example, title: str) -> str:
    """Return one example as a conversation in escaped HTML, under a title."""
    parts = [f'<div style="font-weight:600;margin:2px 0">{escape(title)}</div>']
    for role, text in turns(example):
        cut = text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]} … ({len(text):,} characters)"
        edge = f"border-left:4px solid {_EDGES.get(role, '#9e9e9e')};padding-left:8px"
        parts.append(
            f'<div style="display:flex;{edge};margin-bottom:2px">'
            f'<div style="flex:0 0 76px;font-style:italic">{escape(role)}</div>'
            f'<div dir="auto" style="flex:1;max-width:75ch;white-space:pre-wrap;overflow-wrap:anywhere">{escape(cut)}</div>'
            "</div>"
        )
    return f'<section aria-label="{escape(title, quote=True)}" style="margin:0 0 12px">{"".join(parts)}</section>'


def turns(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the role and text of each message of a chat or a preference row; tool calls and pictures become words."""
    for message in example.get("messages") or example.get("input", {}).get("messages", []):
        yield str(message["role"]), _message_text(message)
    for name, key in (("preferred", "preferred_output"), ("not preferred", "non_preferred_output")):
        for message in example.get(key, []):
            yield name, _message_text(message)


class FindingRow(NamedTuple):
    """A row of the table of findings: one finding, or a summary of several of one kind."""

    level: str
    where: str
    what: str
    todo: str


def finding_rows(report: Report) -> list[FindingRow]:
    """Return the rows of the table of findings: errors first, the first few of each kind, and one row for its others."""
    rows = []
    for kind in summary.kinds(report):
        first = kind.first[:_MAX_OF_A_KIND]
        for found in first:
            todo = f"{found.fix} Automatic fix: {found.repair}." if found.repair else found.fix
            rows.append(FindingRow(kind.level, summary.where(found), found.message, todo))
        if rest := kind.count - len(first):
            others = [summary.where(found) for found in kind.first[len(first) :]]
            places = ", ".join(others[:_MAX_PLACES]) + (", …" if rest > _MAX_PLACES else "")
            rows.append(FindingRow(kind.level, places, f"and {rest:,} more of this kind ({kind.id})", ""))
    return rows


def findings_table(rows: Sequence[FindingRow]) -> str:
    """Return the rows as an HTML table."""
    if not rows:
        return "<p>Nothing found.</p>"
    return markup.table("Findings, errors first", ("Level", "Where", "What is wrong", "What to do"), rows)


def fixes_html(report: Report) -> str:
    """Return the automatic fixes and the call that makes them; empty if there are none."""
    if not report.fixes:
        return ""
    listed = "".join(f"<li>{escape(str(fix))}</li>" for fix in report.fixes)
    call = '<code>prep.report.apply("repaired.jsonl")</code>'
    return (
        f"<p>Fixes that can be made for you; {call} writes a new file with them (those to be named: give "
        f"it their names), and a log of each change:</p><ul>{listed}</ul>"
    )


def _message_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message; what is not text is named in brackets."""
    content = message.get("content") or ""
    pieces = [content] if isinstance(content, str) else [part.get("text") or f"[{part.get('type')}]" for part in content]
    calls = [call["function"] for call in message.get("tool_calls") or []]
    calls += [message["function_call"]] if message.get("function_call") else []
    pieces += [f"[calls {call['name']}({call.get('arguments', '')})]" for call in calls]
    pieces += ["[not trained on: weight 0]"] if message.get("weight") == 0 else []
    return " ".join(piece for piece in pieces if piece)


def histogram(lengths: Lengths) -> str:
    """Return how many examples have how many tokens as HTML: a summary, a labelled picture, and a table to open."""
    sentence = str(lengths)
    if not lengths.tokens:
        return f"<p>{escape(sentence)}</p>"
    found = bins(lengths.tokens)
    rows = [(f"{first:,} to {last:,}" if last > first else f"{first:,}", n) for first, last, n in found]
    numbers = markup.table("Examples by tokens", ("Tokens", "Examples"), rows, numbers=(1,))
    title = "Histogram of tokens per example"
    picture = charts.columns(found, title=title, summary=sentence, axis="tokens of an example", fill=_FILL)
    return f"<p>{escape(sentence)}</p>{picture}<details><summary>The numbers</summary>{numbers}</details>"


def cost_sentence(tokens: int, n_epochs: int, *, exact: bool = True) -> str:
    """Return how many tokens are trained on and what the sandbox charges for it, as plain text."""
    about = "" if exact else "about "
    trained = f"{about}{tokens:,} tokens x {pluralize(n_epochs, 'epoch')} = {about}{tokens * n_epochs:,} trained tokens"
    return f"Training file: {trained}. In the sandbox they cost {format_usd(cost(tokens, n_epochs, prices()[0]))}."


def cost_table(tokens: int, n_epochs: int, *, exact: bool = True) -> str:
    """Return what training would cost at each provider, as HTML.

    `tokens` are those of the training file, by the sandbox's tokenizer; `exact` is False if only a sample was counted.
    """
    rows, notes = [], []
    for price in prices():
        amount = format_usd(cost(tokens, n_epochs, price)) + (" (expired)" if price.expired() else "")
        rows.append((price.provider, price.model, f"{price.usd_per_million_tokens:g}", price.as_of, amount))
        note = f"{price.availability()} {price.note}" if price.expired() else price.note
        notes.append(f"<li>{escape(f'{price.provider}, {price.model}: {note} Source: {price.source}.')}</li>")
    table = markup.table("What training would cost", _HEADER, rows, numbers=(2, 4))
    sources = f"<details><summary>Where these prices are from</summary><ul>{''.join(notes)}</ul></details>"
    return f"<p>{escape(cost_sentence(tokens, n_epochs, exact=exact))}</p>{table}<p>{escape(_CAUTION)}</p>{sources}"
