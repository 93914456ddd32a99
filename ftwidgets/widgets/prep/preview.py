"""Examples as conversations, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

import ipywidgets

from ftwidgets.data.rows import Example
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.live import Live

_MAX_CHARACTERS = 600  # shown of a message


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
        self._bar.layout.visibility = "hidden" if self.pages == 1 else "visible"  # its place is kept
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


def conversation(example: Example, *, title: str, note: str, held_out: bool) -> str:
    """Return one example as bubbles: `title` and `note` above, a chip if it is held out, what is trained on marked."""
    bubbles = []
    for role, text, learned in turns(example):
        cut = text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]} … ({len(text):,} characters)"
        trained = learned and not held_out
        shown = "assistant" if role.endswith("answer") else role
        bubbles.append(markup.bubble(shown, cut, who=role, note="the model learns this" if trained else "", trained=trained))
    chip = markup.chip("held out" if held_out else "to train on", "busy" if held_out else "ok")
    head = f'<p class="ftw-turn-head">{escape(title)} {chip} <span class="ftw-soft">{escape(note)}</span></p>'
    side = "held out" if held_out else "to train on"
    return f'<section aria-label="{escape(f"{title}, {side}", quote=True)}">{head}{markup.chat(bubbles)}</section>'


class Turn(NamedTuple):
    """A message of an example: who says what, and whether a model learns it."""

    role: str
    text: str
    learned: bool


def turns(example: Example) -> Iterator[Turn]:
    """Yield each message of a chat or a preference row; tool calls and pictures become words."""
    is_chat = "messages" in example
    for message in example.get("messages") or example.get("input", {}).get("messages", []):
        role = str(message["role"])
        yield Turn(role, _message_text(message), is_chat and role == "assistant" and message.get("weight") != 0)
    for name, key in (("preferred answer", "preferred_output"), ("other answer", "non_preferred_output")):
        for message in example.get(key, []):
            yield Turn(name, _message_text(message), key == "preferred_output")


def _message_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message; what is not text is named in brackets."""
    content = message.get("content") or ""
    pieces = [content] if isinstance(content, str) else [part.get("text") or f"[{part.get('type')}]" for part in content]
    calls = [call["function"] for call in message.get("tool_calls") or []]
    calls += [message["function_call"]] if message.get("function_call") else []
    pieces += [f"[calls {call['name']}({call.get('arguments', '')})]" for call in calls]
    pieces += ["[not trained on: weight 0]"] if message.get("weight") == 0 else []
    return " ".join(piece for piece in pieces if piece)
